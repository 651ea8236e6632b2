"""Under 60x16 nothing is readable: one sentence stands over everything until the terminal grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip

from redistui.tui.line import strip_of
from redistui.tui.panel import bindings

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp

LEAST = (60, 16)
"""Columns and rows."""


class TooSmall(Screen[None], inherit_bindings=False):
    """Covers dialogs, too, so that nothing is confirmed unseen. Only leaving works."""

    BINDINGS = bindings("app", frozenset({"app.quit", "app.interrupt", "app.suspend"}))
    DEFAULT_CSS = "TooSmall { background: $house; }"

    def __init__(self, app: RedistuiApp) -> None:
        super().__init__()
        self.dashboard = app

    def render_lines(self, crop: Region) -> list[Strip]:
        return [self._line(y).crop(*crop.column_span) for y in crop.line_range]

    def _line(self, y: int) -> Strip:
        columns, rows = self.size
        style = self.dashboard.dress.style_of("warn")
        text = f"terminal {columns}x{rows}, needs {LEAST[0]}x{LEAST[1]}"[:columns] if y == rows // 2 else ""
        lead = " " * max(0, (columns - len(text)) // 2)
        return strip_of([(lead, Style.null()), (text, style)], columns, self.dashboard.dress.base)

    def action_leave(self) -> None:
        self.dashboard.acting.leave(0)

    def action_interrupt(self) -> None:
        self.dashboard.acting.leave(130)

    def action_suspend(self) -> None:
        self.dashboard.suspend_politely()


def guard_size(app: RedistuiApp, size: Size) -> None:
    """Puts the sentence up, or takes it down."""
    small = size.width < LEAST[0] or size.height < LEAST[1]
    up = isinstance(app.screen, TooSmall)
    if small and not up:
        app.push_screen(TooSmall(app))
    elif up and not small:
        app.pop_screen()
