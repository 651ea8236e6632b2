"""What-if (`W`): which servers are taken to be lost, and under them what would come of it.

It begins with the node (or site) under the cursor; space takes another one in or out. Forecast anew of every snapshot;
nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.judge.forecast import forecast
from redistui.model import Address, Fleet
from redistui.tui.line import Line, inked
from redistui.tui.lists import Rows
from redistui.tui.panel import bindings
from redistui.view.cells import Cell, show
from redistui.view.figures import plural
from redistui.view.forecast import Choice, choice_rows, choices, whole_rows
from redistui.view.keys import shown

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp

WIDTH = 110
AROUND = 4
"""Columns of frame and padding."""
CHOICES_PART = 3
"""The servers to choose from take a third of the height at most."""
BESIDE = 6
"""Lines of frame, head, rules and foot."""


class WhatIf(ModalScreen[None], inherit_bindings=False):
    """Servers above, forecast below."""

    BINDINGS = bindings("whatif")
    AUTO_FOCUS = None
    DEFAULT_CSS = """
    WhatIf { align: center middle; background: $house; }
    WhatIf > Vertical { width: 110; max-width: 100%; height: auto; max-height: 100%; background: $house-raised;
        border: round $house-border; padding: 0 1; }
    WhatIf:ansi > Vertical { border: ascii $house-border; }
    WhatIf.ascii > Vertical { border: ascii $house-border; }
    """

    def __init__(self, app: RedistuiApp, group: str | None, lost: Iterable[Address]) -> None:
        """`group`: whose servers come first in the list."""
        super().__init__()
        self.dashboard, self._group = app, group
        self.lost = dict.fromkeys(lost)
        self._fleet: Fleet = app.watching.newest
        self._choices: tuple[Choice, ...] = ()
        self._cursor: Address = next(iter(self.lost), "")
        self.set_class(app.signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="about")
            yield Rows(id="servers")
            yield Line(id="between")
            yield Rows(id="told")
            yield Line(id="under")
            yield Line(id="keys")

    def on_mount(self) -> None:
        for page in self.query(Rows):
            page.can_focus = False
        self.look(self.dashboard.watching.newest)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.redraw)

    def on_rows_scrolled(self) -> None:
        self._foot()

    def look(self, fleet: Fleet) -> None:
        """A new snapshot; servers that are in it no more stay lost, and are listed no more."""
        self._fleet = fleet
        self._choices = choices(fleet, self._group)
        self.redraw()

    # Keys

    def action_cursor(self, by: int) -> None:
        if self._choices:
            number = (self._number + by) % len(self._choices)
            self._cursor = self._choices[number].address
            self.redraw()

    def action_flip(self) -> None:
        """Takes the server under the cursor in or out, and goes on to the next."""
        if self._choices:
            self._flip([self._choices[self._number].address])
            self.action_cursor(1)

    def action_site(self) -> None:
        """All that stands where the one under the cursor does: in, or out if all of them are in."""
        site = self._choices[self._number].site if self._choices else None
        self._flip([one.address for one in self._choices if site is not None and one.site == site])
        self.redraw()

    def action_clear(self) -> None:
        self.lost.clear()
        self.redraw()

    def action_scroll(self, by: int) -> None:
        self.query_one("#told", Rows).scroll_relative(y=by, animate=False)

    def action_scroll_page(self, by: int) -> None:
        page = self.query_one("#told", Rows)
        page.scroll_relative(y=by * max(1, page.size.height - 1), animate=False)

    def action_close(self) -> None:
        self.dismiss(None)

    def _flip(self, those: list[Address]) -> None:
        if all(one in self.lost for one in those):
            for one in those:
                del self.lost[one]
        else:
            self.lost.update(dict.fromkeys(those))

    @property
    def _number(self) -> int:
        """Where the cursor is."""
        return next((number for number, one in enumerate(self._choices) if one.address == self._cursor), 0)

    # Drawing

    def redraw(self) -> None:
        if not self.query("#keys"):
            return
        app = self.dashboard
        width = max(40, min(WIDTH, app.size.width) - AROUND)
        room = max(6, app.size.height - BESIDE)
        self._heads(width)
        servers, told = self.query_one("#servers", Rows), self.query_one("#told", Rows)
        servers.styles.max_height = max(3, room // CHOICES_PART)
        listed = choice_rows(self._choices, frozenset(self.lost), self._number, app.signs, width)
        servers.show_rows(listed, app.dress, app.signs)
        servers.mark(self._number if self._choices else None, app.dress.cursor)
        told.styles.max_height = max(3, room - min(len(listed), room // CHOICES_PART))
        seen = whole_rows(self._fleet, forecast(self._fleet, self.lost), width)
        told.show_rows(list(seen), app.dress, app.signs)
        self.call_after_refresh(self._foot)

    def _heads(self, width: int) -> None:
        app = self.dashboard
        base = app.dress.chrome("raised")
        said = [
            Cell("What if", "title"),
            Cell(f"  {len(self.lost)} of {plural(len(self._choices), 'server')} taken to be lost", "dim"),
        ]
        right = inked([Cell("reads only: nothing is sent", "dim")], app.dress, app.signs.ascii)
        self.query_one("#about", Line).say(inked(said, app.dress, app.signs.ascii), right, base)
        for name in ("#between", "#under"):
            self.query_one(name, Line).say([(app.signs.rule * width, base + app.dress.guide)], [], base)

    def _foot(self) -> None:
        if not self.query("#keys"):
            return
        app = self.dashboard
        cells: list[Cell] = []
        sited = any(one.site is not None for one in self._choices)
        for id_, word in (("flip", "in or out"), ("site", "its site"), ("clear", "none"), ("page_down", "scroll"),
                          ("close", "close")):  # fmt: skip
            if id_ != "site" or sited:
                cells += [Cell(show(shown(app.key(f"whatif.{id_}"))), "key"), Cell(f" {word}  ")]
        more = self.query_one("#told", Rows).more()
        self.query_one("#keys", Line).say(
            inked(cells, app.dress, app.signs.ascii),
            inked([Cell(more, "dim")], app.dress, app.signs.ascii),
            app.dress.chrome("raised"),
        )
