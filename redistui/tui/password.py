"""Asks for the password of whoever acts, before the first command. It is shown nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.tui.line import Line, inked
from redistui.tui.panel import bindings
from redistui.view.cells import Cell, Row, show

if TYPE_CHECKING:
    from redistui.model import Operator
    from redistui.tui.app import RedistuiApp

LONGEST = 512
STARS = 24


class Password(ModalScreen[bool], inherit_bindings=False):
    """Ends with True once a password was given. No text field: those keep and show what is typed."""

    BINDINGS = bindings("dialog")
    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Password { align: center middle; background: $house; }
    Password > Vertical { width: 70; max-width: 100%; height: auto; background: $house-raised; border: round $warning;
        padding: 1 2; }
    Password.ascii > Vertical { border: ascii $warning; }
    """

    def __init__(self, app: RedistuiApp, operator: Operator) -> None:
        super().__init__()
        self.dashboard, self._operator = app, operator
        self._typed: list[str] = []
        self.set_class(app.signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            for name in ("first", "second", "typed", "keys"):
                yield Line(id=name)

    def on_mount(self) -> None:
        self._say("first", (Cell(f"Password of {show(self._operator.user, 40)}", "title"),))
        self._say("second", (Cell(f"who acts on {show(self._operator.place, 48)}", "dim"),))
        keys = (
            Cell("enter", "key"), Cell(" gives it, for ten minutes   "), Cell("esc", "key"), Cell(" cancels"),
        )  # fmt: skip
        self._say("keys", keys)
        self._show()

    def _show(self) -> None:
        self._say("typed", (Cell("> ", "key"), Cell("*" * min(STARS, len(self._typed)) + "_")))

    def _say(self, name: str, cells: Row) -> None:
        app = self.dashboard
        base = app.dress.chrome("raised")
        self.query_one(f"#{name}", Line).say(inked(cells, app.dress, app.signs.ascii), [], base)

    def on_key(self, event: events.Key) -> None:
        """All but the keys of `dialog` are typed; none goes on to what is behind."""
        if event.key in {key for row in self.dashboard.keys if row.where == "dialog" for key in row.key.split(",")}:
            return
        event.stop()
        event.prevent_default()
        if event.key == "enter":
            self._give()
        elif event.key == "backspace":
            del self._typed[-1:]
        elif event.key == "ctrl+u":
            self._typed.clear()
        elif event.is_printable and event.character:
            self._type(event.character)
        self._show()

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self._type("".join(c for c in event.text.partition("\n")[0] if c.isprintable()))
        self._show()

    def _type(self, text: str) -> None:
        self._typed = (self._typed + list(text))[:LONGEST]

    def _give(self) -> None:
        if self._typed:
            self.dashboard.engine.logins.give(self._operator, "".join(self._typed))
            self._typed.clear()
            self.dismiss(True)

    def action_cancel(self) -> None:
        self._typed.clear()
        self.dismiss(False)

    def action_scroll(self, by: int) -> None:
        """Nothing to scroll."""

    action_scroll_page = action_scroll
