"""The palette (ctrl+p): every command by name, narrowed by typing; what cannot be done now is dim, with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from redistui.ops.actions import ACTIONS
from redistui.tui import commands
from redistui.tui.commandline import CommandLine, LineInput
from redistui.tui.line import Line
from redistui.tui.lists import Rows
from redistui.tui.widgets.strips import fit
from redistui.view.cells import Cell, Row, Tone

if TYPE_CHECKING:
    from redistui.tui.house import House

NAME_WIDTH = 26
WIDTH = 74
"""Cells between the borders."""


class Entry(NamedTuple):
    """A line that can be run, or begun: one that still wants an argument is put on the command line."""

    line: str
    what: str
    whole: bool
    reason: str
    """Why it cannot be done now."""
    action: bool = False
    """An operator action: the node under the cursor may be the argument that it wants."""


def entries(house: House) -> Iterable[Entry]:
    """Commands and actions, then the arguments of those whose candidates are few enough to list."""
    actions = {action.name for action in ACTIONS}
    rows = commands.commands(house)
    for row in rows:
        reason = house.dashboard.acting.refusal(row.name) if row.name in actions else ""
        whole = not row.usage or row.usage.startswith("[")
        yield Entry(row.name, row.what, whole, reason, row.name in actions)
    for row in rows:
        if row.name in {"group", "theme"}:
            yield from (Entry(f"{row.name} {name}", row.what, True, "") for name in row.candidates(house))


def matches(entry: Entry, text: str) -> bool:
    """Every word typed is somewhere in it."""
    whole = f"{entry.line} {entry.what}".lower()
    return all(word in whole for word in text.lower().split())


class PaletteInput(LineInput):
    """The same line; its keys move the choice."""


class Palette(ModalScreen[None], inherit_bindings=False):
    """Enter runs the chosen line; escape leaves."""

    DEFAULT_CSS = """
    Palette { align: center top; background: $house; }
    Palette > Vertical { width: 78; max-width: 100%; height: auto; max-height: 80%; margin-top: 2;
        background: $house-raised; border: round $house-border; padding: 0 1; }
    Palette.ascii > Vertical { border: ascii $house-border; }
    Palette Rows { height: auto; max-height: 16; }
    Palette PaletteInput { height: 1; border: none; padding: 0; background: $house-raised; color: $house-text; }
    Palette PaletteInput:focus { border: none; background-tint: transparent 0%; }
    """

    def __init__(self, house: House) -> None:
        super().__init__()
        self._house = house
        self._all = list(entries(house))
        self._found = self._all
        self._chosen = 0
        self.set_class(house.dashboard.signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield PaletteInput(compact=True, placeholder="a command")
            yield Line(id="rule")
            yield Rows()

    def on_mount(self) -> None:
        field = self.query_one(PaletteInput)
        field.cursor_blink = False
        self.set_focus(field, scroll_visible=False)
        self.query_one(Rows).can_focus = False
        app = self._house.dashboard
        base = app.dress.chrome("raised")
        self.query_one("#rule", Line).say([(app.signs.rule * WIDTH, base + app.dress.guide)], [], base)
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._found = [entry for entry in self._all if matches(entry, event.value)]
        self._chosen = 0
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(None)
        if not self._found:
            return
        entry = self._found[self._chosen]
        if entry.action:
            self.app.call_later(self._house.dashboard.acting.begin, entry.line)
        elif entry.whole:
            self.app.call_later(commands.run, self._house, entry.line)
        else:
            self.app.call_later(self._house.begin_line, f"{entry.line} ")

    def on_command_line_step(self, event: CommandLine.Step) -> None:
        event.stop()
        what, by = event.what, event.by
        if what == "cancel":
            self.dismiss(None)
        elif self._found:
            self._chosen = (self._chosen + (-by if what == "history" else by)) % len(self._found)
            self._draw()

    def _draw(self) -> None:
        app = self._house.dashboard
        rows = self.query_one(Rows)
        rows.show_rows([self._row(number, entry) for number, entry in enumerate(self._found)], app.dress, app.signs)
        rows.mark(self._chosen if self._found else None, app.dress.cursor)

    def _row(self, number: int, entry: Entry) -> Row:
        signs = self._house.dashboard.signs
        sign = signs.cursor if number == self._chosen else " "
        tone: Tone = "dim" if entry.reason else "text"
        name = f"{entry.line:<{NAME_WIDTH}} "
        what = fit(entry.reason or entry.what, WIDTH - len(name) - 1, ellipsis=signs.ellipsis)
        return (Cell(sign, "accent"), Cell(name, "dim" if entry.reason else "key"), Cell(what, tone))
