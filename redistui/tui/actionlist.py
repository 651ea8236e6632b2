"""The action list (`x`): what can be done with the group, or with the node under the cursor, and why the rest cannot.

It is drawn anew of every snapshot: a reason that goes away is not read twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.model import Address, Fleet, Group
from redistui.tui.line import Line, inked, safe
from redistui.tui.lists import Rows
from redistui.tui.panel import bindings
from redistui.tui.widgets.strips import Inked
from redistui.view.cells import Cell, Row, show
from redistui.view.header import badge_text
from redistui.view.offers import DETAIL_LINES, Offer, detail_rows, keys_of_actions, offer_row, offers

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp

WIDTH = 100
AROUND = 4
"""Columns of frame and padding."""
BESIDE = DETAIL_LINES + 6
"""Lines of frame, head, rules, detail and foot."""


class ActionList(ModalScreen[None], inherit_bindings=False):
    """Enter opens the chosen one's dialog, which tells all reasons of a refused one; `:` begins a line with it."""

    BINDINGS = bindings("actions")
    AUTO_FOCUS = None
    DEFAULT_CSS = """
    ActionList { align: center middle; background: $house; }
    ActionList > Vertical { width: 100; max-width: 100%; height: auto; max-height: 100%; background: $house-raised;
        border: round $house-border; padding: 0 1; }
    ActionList:ansi > Vertical { border: ascii $house-border; }
    ActionList.ascii > Vertical { border: ascii $house-border; }
    """

    def __init__(self, app: RedistuiApp, group: str, node: Address | None) -> None:
        super().__init__()
        self.dashboard, self._group, self._node = app, group, node
        self.offers: list[Offer] = []
        self._chosen = 0
        self.set_class(app.signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="about")
            yield Line(id="upper")
            yield Rows(id="list")
            yield Line(id="lower")
            yield Rows(id="detail")
            yield Line(id="keys")

    def on_mount(self) -> None:
        for rows in self.query(Rows):
            rows.can_focus = False
        self.look(self.dashboard.watching.newest)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.redraw)

    def look(self, fleet: Fleet) -> None:
        """A new snapshot: the choice stays on its action."""
        group = fleet.group(self._group)
        chosen = self.chosen
        past = self.dashboard.acting.resumable
        self.offers = [] if group is None else list(offers(fleet, group, self._node, past))
        names = [offer.action.name for offer in self.offers]
        self._chosen = names.index(chosen.action.name) if chosen and chosen.action.name in names else 0
        self.redraw()

    @property
    def chosen(self) -> Offer | None:
        return self.offers[self._chosen] if self.offers else None

    # Keys

    def action_cursor(self, by: int) -> None:
        if self.offers:
            self._chosen = (self._chosen + by) % len(self.offers)
            self.redraw()

    def action_edge(self, end: int) -> None:
        if self.offers:
            self._chosen = len(self.offers) - 1 if end else 0
            self.redraw()

    def action_choose(self) -> None:
        chosen = self.chosen
        self.dismiss(None)
        if chosen is not None:
            self.app.call_later(self.dashboard.acting.take_up, chosen)

    async def action_line(self) -> None:
        """For its options, or for another node."""
        chosen = self.chosen
        self.dismiss(None)
        if chosen is not None:
            self.app.call_later(self.dashboard.house.begin_line, f"{chosen.line} ")

    def on_key(self, event: events.Key) -> None:
        """An action's own key opens it from here as well."""
        names = {key: name for name, key in keys_of_actions(self.dashboard.keys).items()}
        name = names.get(event.character or "")
        if name is not None:
            event.stop()
            self.dismiss(None)
            self.app.call_later(self.dashboard.acting.begin, name)

    def action_close(self) -> None:
        self.dismiss(None)

    # Drawing

    def redraw(self) -> None:
        if not self.query("#keys"):
            return
        app = self.dashboard
        width = max(40, min(WIDTH, app.size.width) - AROUND)
        keys = keys_of_actions(app.keys)
        sign = app.signs.cursor
        self._about(width)
        for name in ("#upper", "#lower"):
            base = app.dress.chrome("raised")
            self.query_one(name, Line).say([(app.signs.rule * width, base + app.dress.guide)], [], base)
        page = self.query_one("#list", Rows)
        page.styles.max_height = max(3, app.size.height - BESIDE)
        lines: list[Row] = [
            offer_row(offer, keys, sign if number == self._chosen else " ", width)
            for number, offer in enumerate(self.offers)
        ]
        page.show_rows(lines or [(Cell("nothing can be done here", "dim"),)], app.dress, app.signs)
        page.mark(self._chosen if self.offers else None, app.dress.cursor)
        chosen = self.chosen
        detail = [] if chosen is None else detail_rows(chosen, width)
        self.query_one("#detail", Rows).show_rows(detail, app.dress, app.signs)
        self._foot()

    def _about(self, width: int) -> None:
        app = self.dashboard
        group = app.watching.newest.group(self._group)
        cells = [Cell(show(self._group, 48), "title"), *([] if group is None else _place(group, self._node))]
        base, plain = app.dress.chrome("raised"), app.signs.ascii
        environment = (None if group is None else group.environment) or ""
        badge = badge_text(environment, app.dress.colourless)
        worn: list[Inked] = [(safe(badge, plain), app.dress.badge_style(environment)), ("  ", base)] if badge else []
        left = worn + inked(cells, app.dress, plain)
        room = width - sum(cell_len(text) for text, _ in left)
        self.query_one("#about", Line).say(left, inked([_armed(app.watching.armed, room)], app.dress, plain), base)

    def _foot(self) -> None:
        app, chosen = self.dashboard, self.chosen
        opens = (
            " shows why " if chosen and chosen.reason else " types the rest " if chosen and chosen.wants else " opens "
        )
        cells = [Cell("enter", "key"), Cell(opens), Cell(":", "key"), Cell(" with options "), Cell("esc", "key")]
        more = self.query_one("#list", Rows).more()
        line = inked([*cells, Cell(" close")], app.dress, app.signs.ascii)
        self.query_one("#keys", Line).say(
            line, inked([Cell(more, "dim")], app.dress, app.signs.ascii), app.dress.chrome("raised")
        )


def _armed(armed: bool, room: int) -> Cell:
    """Whether what is chosen here can run; said in one word where there is no room for more.

    >>> _armed(False, 60).text, _armed(False, 30).text
    ('READ-ONLY: plans are shown, nothing runs', 'READ-ONLY')
    """
    said = "READ-ONLY: plans are shown, nothing runs"
    return Cell("ARMED", "warn") if armed else Cell(said if len(said) + 2 <= room else "READ-ONLY", "dim")


def _place(group: Group, node: Address | None) -> list[Cell]:
    found = None if node is None else group.node(node)
    if node is None:
        return [Cell(f"  {group.kind}", "dim")]
    role = "Sentinel" if found is None else found.role or "role unknown"
    return [Cell("  at "), Cell(show(node, 48), "key"), Cell(f"  {role}", "dim")]
