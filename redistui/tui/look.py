"""Look: what one node tells on demand: slow log, latency events, output buffers, clients. Asked on enter, never before.

The answer is shown and forgotten: it is in no snapshot and no recording.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.model import Address, Node
from redistui.model.asked import Asked, Subject
from redistui.tui.line import Line, inked
from redistui.tui.panel import bindings
from redistui.tui.widgets.table import LiveTable
from redistui.view import asked as told
from redistui.view.cells import Cell, Row, show
from redistui.view.keys import shown
from redistui.view.questions import BY_SUBJECT, Question, command_for, questions_for
from redistui.view.source import Lines, text_lines

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp


class Look(ModalScreen[None], inherit_bindings=False):
    """Over the whole screen: the list may be long."""

    BINDINGS = bindings("look")
    AUTO_FOCUS = "LiveTable"
    DEFAULT_CSS = """
    Look { background: $house; color: $house-text; }
    Look > Vertical { width: 1fr; height: 1fr; }
    """

    def __init__(self, app: RedistuiApp, node: Address, subject: Subject) -> None:
        super().__init__()
        self.dashboard, self.node = app, node
        self.subject: Subject = subject
        self.asked: Asked | None = None
        self.sort = told.sort_of(subject)
        self._waiting: Future[Asked] | None = None

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="look-title")
            yield Line(id="look-tabs")
            yield LiveTable(id="look-list")
            yield Line(id="look-cost")
            yield Line(id="look-keys")

    def on_mount(self) -> None:
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    @property
    def question(self) -> Question:
        return BY_SUBJECT[self.subject]

    def _member(self) -> Node:
        """As it is now; one that is gone can still be asked."""
        groups = self.dashboard.watching.newest.groups
        found = (each for group in groups for each in group.nodes if each.address == self.node)
        return next(found, Node(self.node))

    # Drawing

    def _draw(self) -> None:
        if not self.query("#look-keys"):
            return  # It is on its way out.
        app, node, question = self.dashboard, self._member(), self.question
        table = self.query_one(LiveTable)
        role = Cell(f"  {node.role or 'role unknown'}", "dim")
        self._say("look-title", (Cell(f" {show(self.node)}", "title"), role))
        self._say("look-tabs", told.tabs(node, question))
        if self.asked is None:
            before = Lines((), text_lines(told.before(question, node)))
            table.pointing = False
            table.show(before, app.dress, app.signs)
        else:
            table.pointing = bool(self.asked.rows)
            lines = told.listing(self.asked, self.sort, self.size.width, app.signs)
            table.show(lines, app.dress, app.signs)
        asking = (Cell(" asking ...", "accent"),) if self._waiting is not None else ()
        self._say("look-cost", asking or (told.after(self.asked) if self.asked is not None else (Cell(" "),)))
        self._say("look-keys", self._keys())

    def _keys(self) -> Row:
        cells: list[Cell] = [Cell(" ")]
        again = self.asked is not None
        words = {"look.ask": "ask again" if again else "ask", "look.next": "next question", "look.close": "close"}
        if again and self.subject in ("buffers", "clients"):
            words["look.sort"] = "sort"
        for id_, word in words.items():
            key = self.dashboard.key(id_).split(",")
            cells += [
                Cell(shown(key[-1] if id_ == "look.ask" and again else key[0]), "key"),
                Cell(f" {word}   ", "dim"),
            ]
        return tuple(cells)

    def _say(self, name: str, cells: Row) -> None:
        app = self.dashboard
        self.query_one(f"#{name}", Line).say(inked(cells, app.dress, app.signs.ascii), [], app.dress.chrome("raised"))

    # Asking

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        if self.asked is None:
            self.action_ask()

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()

    def action_ask(self) -> None:
        """Once at a time."""
        if self._waiting is not None:
            return
        from redistui.engine.asked import ask

        question, engine = self.question, self.dashboard.engine
        argv = command_for(question, self._member())
        self._waiting = engine.call(ask(engine, self.node, question.subject, argv, question.private))
        self._waiting.add_done_callback(lambda future: self.dashboard.on_loop(lambda: self._answered(future)))
        self._draw()

    def _answered(self, future: Future[Asked]) -> None:
        if future is not self._waiting:
            return
        self._waiting = None
        if not future.cancelled():
            self.asked = future.result()
        self._draw()

    # Going about

    def action_turn(self, by: int) -> None:
        """To another question; its answer is asked for anew."""
        rows = [row.subject for row in questions_for(self._member())]
        here = rows.index(self.subject) if self.subject in rows else 0
        self.subject = rows[(here + by) % len(rows)]
        self.asked, self._waiting, self.sort = None, None, told.sort_of(self.subject)
        self._draw()

    def action_sort(self) -> None:
        self.sort += 1
        self._draw()

    def action_close(self) -> None:
        self.asked = None
        self.dismiss(None)
