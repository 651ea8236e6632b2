"""Screen 3, Slots: who owns which, and which are open, failing or nobody's."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from redistui.model import Address, Cluster, Group
from redistui.tui.line import Line
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.columns import free
from redistui.tui.widgets.heatmap import PAGE, Heatmap, arranged
from redistui.tui.widgets.table import LiveTable
from redistui.view import slots
from redistui.view.cells import Cell, Row
from redistui.view.legends import LEGENDS

BLANK = Cell(" ")


class Slots(Panel, can_focus=True):
    """The map, the slot under its cursor, and the owners. It takes the keyboard itself while there is no map."""

    NAME = "slots"
    TITLE = "Slots"
    KEY = "3"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("slots")]
    DEFAULT_CSS = """
    Slots #body { height: 1fr; width: 1fr; }
    Slots.beside #body { layout: horizontal; }
    Slots #left { height: auto; width: 1fr; }
    Slots #owners { height: 1fr; }
    Slots.beside #left { height: 1fr; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = Line(id="coverage")
        self.map = Heatmap(id="map")
        self.here = Line(id="slot")
        self.more = Line(id="copies")
        self.left = Vertical(self.map, self.here, self.more, id="left")
        self.owners = LiveTable(id="owners")
        self.owners.can_focus = False
        self.letters = False
        self._scene: Scene | None = None

    def compose(self) -> ComposeResult:
        yield self.head
        with Container(id="body"):
            yield self.left
            yield self.owners

    def on_show(self) -> None:
        """Opened on a group that has no slots: a cluster is what one came for."""
        self.action_cluster()

    def focus_here(self) -> None:
        target = self if self._cluster() is None else self.map
        target.focus(scroll_visible=False)

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()
        self.call_after_refresh(self._redraw)

    def _lay_out(self) -> None:
        """Gives the map the lines its shape takes, and the owners the rest: below it, or beside it where it is wide."""
        scene, width, height = self._scene, self.size.width, self.size.height
        cluster = self._cluster()
        if scene is None or cluster is None or not height:
            return
        letters = self.letters or scene.ascii or scene.theme.colourless
        plan = arranged(width, height, len(cluster.shards), letters)
        self.set_class(plan.beside, "beside")
        self.more.display = plan.texts == 2
        self.map.styles.height = plan.lines
        self.left.styles.width = plan.across if plan.beside else "1fr"

    # Drawing

    def show_scene(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        former = None if before is None or before.group is None else before.group.cluster
        cluster = self._cluster()
        same = former is not None and cluster is not None and len(former.shards) == len(cluster.shards)
        if before is None or not same or before.theme is not scene.theme:
            self._lay_out()
            self.call_after_refresh(self._redraw)
        self._redraw()

    def _group(self) -> Group | None:
        return None if self._scene is None else self._scene.group

    def _cluster(self) -> Cluster | None:
        group = self._group()
        return None if group is None else group.cluster

    def _redraw(self) -> None:
        scene, group, cluster = self._scene, self._group(), self._cluster()
        if scene is None or not self.size.width:
            return
        self.map.dress(scene.theme, scene.glyphs)
        body = self.query_one("#body")
        if body.display != (cluster is not None):
            body.display = cluster is not None
            if self.has_focus or self.map.has_focus or self.app.focused is None:
                self.call_after_refresh(self.focus_here)
        if group is None or cluster is None:
            said, way = slots.no_cluster(scene.fleet, group, "enter")
            self._say(self.head, (Cell(f"{said} ", "dim"), Cell(way, "key")))
            return
        self._say(self.head, slots.summary(cluster, scene.glyphs))
        self.map.show(cluster, scene.theme, scene.glyphs, self.letters)
        self._point(cluster)
        source = slots.shards(group, cluster, scene.glyphs, scene.filter)
        self.owners.show(source, scene.theme, scene.glyphs, scene.filter)

    def _point(self, cluster: Cluster) -> None:
        """Says what is under the map's cursor, and marks its owner."""
        scene = self._scene
        if scene is None:
            return
        first, second = slots.pointer(cluster, self.map.slot, scene.glyphs)
        self._say(self.here, first)
        self._say(self.more, (Cell(" " * 12), *second))
        owner = cluster.owners[self.map.slot]
        if owner >= 0:
            self.owners.go(owner)

    def _say(self, line: Line, cells: Row) -> None:
        scene, inks = self._scene, self.map.inks
        if scene is not None and inks is not None:
            line.say(free(cells, inks, "base", BLANK, self.size.width, scene.glyphs), [], inks.base)

    def on_heatmap_moved(self, event: Heatmap.Moved) -> None:
        event.stop()
        cluster = self._cluster()
        if cluster is not None:
            self._point(cluster)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()

    # The cursor

    def selected(self) -> Address | None:
        cluster = self._cluster()
        owner = -1 if cluster is None else cluster.owners[self.map.slot]
        return None if cluster is None or owner < 0 else cluster.shards[owner].primary

    def select(self, node: Address) -> bool:
        """To the first slot of the shard that a node serves or copies."""
        cluster = self._cluster()
        for shard in () if cluster is None else cluster.shards:
            if node in (shard.primary, *shard.replicas) and shard.slots:
                self.map.go(shard.slots[0][0])
                return True
        return False

    def find(self, step: int) -> None:
        """To the first slot of the next owner that the filter found."""
        cluster = self._cluster()
        self.owners.find(step)
        if cluster is not None and cluster.shards and (owned := cluster.shards[self.owners.cursor].slots):
            self.map.go(owned[0][0])

    def action_move(self, columns: int, rows: int) -> None:
        self.map.move(columns, rows)

    def action_page(self, step: int) -> None:
        self.map.move(0, PAGE * step)

    def action_slot(self, step: int) -> None:
        self.map.go(self.map.slot + step)

    def action_go(self, slot: int) -> None:
        self.map.go(slot)

    def action_range(self, step: int) -> None:
        cluster = self._cluster()
        if cluster is not None:
            self.map.go(slots.next_range(cluster, self.map.slot, step))

    def action_wrong(self, step: int) -> None:
        cluster = self._cluster()
        found = None if cluster is None else slots.next_wrong(cluster, self.map.slot, step)
        if found is not None:
            self.map.go(found)

    def action_letters(self) -> None:
        self.letters = not self.letters
        self._lay_out()
        self.call_after_refresh(self._redraw)

    def action_cluster(self) -> None:
        """Where the group that is looked at has no slots: to the first that has."""
        scene = self._scene
        if scene is not None and self._cluster() is None:
            found = next((group for group in scene.fleet.groups if group.cluster is not None), None)
            if found is not None:
                self.post_message(self.Goto(group=found.name))

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
