"""Panel: what the dashboard shows one of at a time, under the header line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from redistui.model import Address
from redistui.tui.scene import Scene
from redistui.view.cells import Row
from redistui.view.keys import keys_at
from redistui.view.legends import LEGENDS


def bindings(where: str, only: frozenset[str] | None = None) -> list[BindingType]:
    """The rows of `redistui.view.keys.KEYS` for one place, as Textual wants them; `[keymap]` moves them by id."""
    rows = [row for row in keys_at(where) if only is None or row.id in only]
    return [Binding(row.key, row.action, row.what, show=bool(row.foot), id=row.id) for row in rows]


class Panel(Widget):
    """One of the screens. `show_scene` comes with each new snapshot, only while the panel is on the screen. It is drawn
    then, and when its size changes: what a subclass does for that is its `draw`."""

    NAME: ClassVar[str] = ""
    """Its id, and the first part of its bindings' ids: `topology`."""
    TITLE: ClassVar[str] = ""
    KEY: ClassVar[str] = ""
    """The digit that opens it."""
    WORDS: ClassVar[tuple[str, ...]] = ()
    """What may follow its name on the command line."""

    DEFAULT_CSS = """
    Panel { width: 1fr; height: 1fr; layout: vertical; }
    """

    class Goto(Message):
        """Asks the app to look somewhere else: at a group, at a node in it, on another panel. None: as it is."""

        def __init__(self, group: str | None = None, node: Address | None = None, panel: str | None = None) -> None:
            super().__init__()
            self.group = group
            self.node = node
            self.panel = panel

    class Wants(Message):
        """What only this panel wants of the engine, from now on: a cluster's survey (None: no more), with moves that
        servers make by themselves, and with samples of memory."""

        def __init__(self, survey: str | None = None, moves: bool = False, sample: bool = False) -> None:
            super().__init__()
            self.survey = survey
            self.moves = moves and survey is not None
            self.sample = sample and survey is not None

        def like(self, other: Panel.Wants) -> bool:
            return (self.survey, self.moves, self.sample) == (other.survey, other.moves, other.sample)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._scene: Scene | None = None
        """The latest one, None before the first."""

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    def _redraw(self) -> None:
        if self._scene is not None and self.size.width:
            self.draw(self._scene)

    def draw(self, scene: Scene) -> None:
        """Draws what changed; never before there is room."""

    def told(self, word: str) -> None:
        """One of WORDS, which followed the panel's name on the command line."""

    def selected(self) -> Address | None:
        """The node (or Sentinel) under the cursor: what `y` copies and an action is aimed at."""
        return None

    def site(self) -> str | None:
        """The site under the cursor, on a screen that shows sites."""
        return None

    def select(self, node: Address) -> bool:
        """Puts the cursor on a node; False when it is not here (yet)."""
        return False

    def find(self, step: int) -> None:
        """Moves the cursor to the next (1) or previous (-1) row that matches the filter."""

    def back(self) -> bool:
        """One level out, on `esc`; False when there was nothing to go back from."""
        return False

    def focus_here(self) -> None:
        """Gives the keyboard to the widget that wants it, on being opened."""
        for widget in self.query("*"):
            if widget.focusable:
                self.screen.set_focus(widget, scroll_visible=False)
                return

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        """What its letters, signs and colours mean: rows for `?`, the sign first."""
        return LEGENDS.get(cls.NAME, ())
