"""Screen 2, Sentinels: what each of them believes, and whether they could act on it. `enter` opens the one under the
cursor below the list, and follows it; once more to scroll in it."""

from __future__ import annotations

from textual.app import ComposeResult

from redistui.model import Address, Group
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.screens.paged import Paged
from redistui.tui.widgets.table import LiveTable
from redistui.view.sentinel import replica_page, sentinel_page
from redistui.view.sentinels import sentinels
from redistui.view.source import Lines, Source

WIDE = 130
MARGIN = 2
"""Cells that are left free at the page's sides."""


class Sentinels(Paged, ListPanel):
    """One list: verdict, Sentinels, replicas, other groups; below it one of them in full, once that was asked for."""

    NAME = "sentinels"
    TITLE = "Sentinels"
    KEY = "2"
    LIST = "beliefs"
    PAGE = "belief"
    DEFAULT_CSS = """
    Sentinels #beliefs { height: 1fr; }
    Sentinels #belief { display: none; }
    Sentinels.open #belief { display: block; height: 55%; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._followed: str | None = None
        self._shown: Address | None = None
        """Whose page it is; it stays while the cursor is on a heading."""

    @property
    def listed(self) -> LiveTable:
        return self.table

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.page

    # Drawing

    def rows(self, scene: Scene, width: int) -> Source:
        return sentinels(scene.fleet, scene.group, scene.glyphs, width, width >= WIDE, scene.filter)

    def drawn(self, scene: Scene) -> None:
        """Another group is looked at: the cursor goes to its first Sentinel."""
        name = None if scene.group is None else scene.group.name
        if name != self._followed:
            self._followed = name
            self.table.go(0)
            for sentinel in () if scene.group is None else scene.group.sentinels[:1]:
                self.select(sentinel.address)
        self._draw_page(scene)

    def _draw_page(self, scene: Scene) -> None:
        address = self.selected() or self._shown
        if not self.has_class("open") or scene.group is None or address is None:
            return
        if address != self._shown:
            self._shown, self.page.cursor = address, 0
        self.page.show(_page(scene, scene.group, address, self.size.width - MARGIN), scene.theme, scene.glyphs)

    # The cursor

    def selected(self) -> Address | None:
        kind, _, address = self.table.cursor_key.partition(" ")
        return address if kind in ("sentinel", "replica") and address not in ("gap", "titles") else None

    def select(self, node: Address) -> bool:
        return self.table.go_key(f"sentinel {node}") or self.table.go_key(f"replica {node}")

    # In and out

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        kind, _, name = event.key.partition(" ")
        if event.table is self.page:
            self.back()
        elif kind == "group":
            self.post_message(self.Goto(group=name))
        elif kind == "replica" and (node := self.selected()) is not None:
            self.post_message(self.Goto(node=node, panel="topology"))
        elif kind == "sentinel":
            self.deeper()

    def closed(self) -> None:
        self._shown = None


def _page(scene: Scene, group: Group, address: Address, width: int) -> Lines:
    """A Sentinel's page, or what the Sentinels say of a replica; nothing of one that is gone."""
    for sentinel in group.sentinels:
        if sentinel.address == address:
            return sentinel_page(scene.fleet, group, sentinel, scene.glyphs, width)
    return replica_page(group, address, scene.glyphs, width)
