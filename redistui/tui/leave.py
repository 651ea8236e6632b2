"""Asks once more before quitting while an operation runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.tui.asking import Asking
from redistui.tui.line import Line, inked
from redistui.tui.panel import bindings
from redistui.view.cells import Cell, show

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp


class Leave(ModalScreen[bool], inherit_bindings=False):
    """Only `y` leaves; enter and escape stay."""

    BINDINGS = bindings("dialog")
    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Leave { align: center middle; background: $house; }
    Leave > Vertical { width: 70; max-width: 100%; height: auto; background: $house-raised; border: round $warning;
        padding: 1 2; }
    """

    def __init__(self, app: RedistuiApp, running: Asking) -> None:
        super().__init__()
        self.dashboard, self._asking = app, running

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="first")
            yield Line(id="second")
            yield Line(id="third")

    def on_mount(self) -> None:
        app, action = self.dashboard, self._asking.action
        place = show(action.about(self._asking.aim), 32)
        base = app.dress.chrome("raised")
        said = (
            ("first", [Cell(f"{action.title} of {place} is running.", "title")]),
            ("second", [Cell("It will be stopped at the next safe point, or finished.")]),
            ("third", [Cell("y", "key"), Cell(" quit then   "), Cell("esc", "key"), Cell(" stay")]),
        )
        for name, cells in said:
            self.query_one(f"#{name}", Line).say(inked(cells, app.dress, app.signs.ascii), [], base)

    def on_key(self, event: events.Key) -> None:
        if event.key == "y":
            event.stop()
            self.dismiss(True)
        elif event.key == "enter":
            self.dismiss(False)

    def action_cancel(self) -> None:
        self.dismiss(False)

    def action_scroll(self, by: int) -> None:
        """Nothing to scroll."""

    action_scroll_page = action_scroll
