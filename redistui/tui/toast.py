"""Toast: news that stands over the first line under the header for some seconds, and moves nothing."""

from __future__ import annotations

from textual.screen import Screen
from textual.timer import Timer

from redistui.tui.line import Line, safe
from redistui.tui.themes import Theme
from redistui.view.cells import Tone
from redistui.view.glyphs import Glyphs

SHOWN = 10.0
"""Seconds for which it stands."""


class Toast(Line):
    """A line that lies over titles, and not where one types or reads what is newest."""

    DEFAULT_CSS = """
    Toast { layer: toast; dock: top; offset-y: 1; display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._until: Timer | None = None

    def pop(self, text: str, tone: Tone, theme: Theme, signs: Glyphs, below: int = 1) -> None:
        """`below`: so many lines stand above it."""
        base = theme.chrome("alarm" if tone == "bad" else "banner")
        mark = {"bad": signs.bad, "warn": signs.warn}.get(tone, signs.up)
        self.say([(safe(f" {mark} {text}", signs.ascii), base)], [], base)
        self.styles.offset = (0, below)
        self.display = True
        if self._until is not None:
            self._until.stop()
        self._until = self.set_timer(SHOWN, self.away)

    def away(self) -> None:
        self.display = False


def pop_over(screen: Screen[object], text: str, tone: Tone, theme: Theme, signs: Glyphs) -> None:
    """Over the upper edge of a dialog, where at most its border is."""
    known = next(iter(screen.query(Toast)), None)
    toast = known or Toast()
    if known is None:
        screen.styles.layers = "default toast"
        screen.mount(toast)
    screen.call_after_refresh(toast.pop, text, tone, theme, signs, 0)
