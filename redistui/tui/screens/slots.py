"""Screen 3, Slots: who owns which, what each holds and takes, and which are open, failing or nobody's."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from redistui.model import Cluster, Group, Survey
from redistui.tui.line import Line
from redistui.tui.panel import bindings
from redistui.tui.scene import Scene
from redistui.tui.screens.slots_ways import SlotWays
from redistui.tui.widgets.facts import Facts
from redistui.tui.widgets.heatmap import Heatmap, arranged, scale_line
from redistui.tui.widgets.table import LiveTable
from redistui.view import slots, slots_heat, slots_hot, slots_legend, slots_moves, slots_shards
from redistui.view.cells import Cell, Row
from redistui.view.slots_heat import FIGURES, MODES, Heat, Mode
from redistui.view.slots_picture import Figures, Moving, Owners, Picture
from redistui.view.source import Source


class Slots(SlotWays, can_focus=True):
    """The map, the slot under its cursor, and a list: the owners, the hottest slots, or the moves.

    It takes the keyboard itself while there is no map.
    """

    NAME = "slots"
    TITLE = "Slots"
    KEY = "3"
    WORDS = MODES
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
        self.head = Facts(id="coverage")
        self.map = Heatmap(id="map")
        self.scale = Line(id="scale")
        self.here = Facts(id="slot")
        self.more = Facts(id="copies")
        self.left = Vertical(self.map, self.scale, self.here, self.more, id="left")
        self.owners = LiveTable(id="owners")
        self.owners.can_focus = False
        self.letters = False
        self.mode: Mode = "owner"
        self.hot = False
        """The hottest slots are listed instead of the owners."""
        self._heat: tuple[Mode, Survey | None, Heat | None] = ("owner", None, None)
        self._wanted = self.Wants()

    def compose(self) -> ComposeResult:
        yield self.head
        with Container(id="body"):
            yield self.left
            yield self.owners

    def on_show(self) -> None:
        self._want()

    def on_hide(self) -> None:
        self._want()

    def focus_here(self) -> None:
        target = self if self.cluster() is None else self.map
        target.focus(scroll_visible=False)

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Gives the map the lines its shape takes, and the owners the rest: below it, or beside it where it is wide."""
        scene, width, height = self._scene, self.size.width, self.size.height
        cluster = self.cluster()
        if scene is None or cluster is None or not height:
            return
        letters = self.letters or scene.ascii or scene.theme.colourless
        plan = arranged(width, height, len(cluster.shards), letters)
        self.set_class(plan.beside, "beside")
        self.more.display = plan.texts == 2
        self.scale.display = self.mode != "owner"
        self.map.styles.height = plan.lines
        self.left.styles.width = plan.across if plan.beside else "1fr"

    def _want(self) -> None:
        """A survey goes on only while somebody looks at what it tells."""
        group = self._group()
        seen = self.display and group is not None and group.cluster is not None
        counted = seen and (self.mode != "owner" or self.hot)
        wanted = self.Wants(
            survey=group.name if counted and group is not None else None,
            moves=self.mode == "migration",
            sample=self.mode == "memory",
        )
        if not wanted.like(self._wanted):
            self._wanted = wanted
            self.post_message(wanted)

    # Drawing

    def show_scene(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        former = None if before is None or before.group is None else before.group.cluster
        cluster = self.cluster()
        same = former is not None and cluster is not None and len(former.shards) == len(cluster.shards)
        if before is None or not same or before.theme is not scene.theme:
            self._lay_out()
            self.call_after_refresh(self._redraw)
        self._want()
        self._redraw()
        self.look_about()

    def _group(self) -> Group | None:
        return None if self._scene is None else self._scene.group

    def cluster(self) -> Cluster | None:
        group = self._group()
        return None if group is None else group.cluster

    def draw(self, scene: Scene) -> None:
        group, cluster = self._group(), self.cluster()
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
        heat = self.heat(group.survey)
        title = slots_legend.title(self.mode, group.survey, scene.now, scene.fleet.replayed)
        self._say(self.head, (*title, *slots.summary(cluster, scene.glyphs)))
        self.map.show(self._picture(cluster, group.survey, heat), scene.theme, scene.glyphs, self.letters)
        if self.map.inks is not None:
            parts = slots_legend.scale(self.mode, heat, group.survey, scene.glyphs)
            self.scale.say(scale_line(parts, self.map), [], self.map.inks.base)
        self.owners.show(self._list(scene, group, cluster, heat), scene.theme, scene.glyphs, scene.filter)
        self._point(cluster)

    def heat(self, survey: Survey | None) -> Heat | None:
        """The figures of the map; of the owners' map, keys. Worked out once for each survey."""
        mode: Mode = self.mode if self.mode in FIGURES else "keys"
        if self._heat[0] != mode or self._heat[1] is not survey:
            self._heat = (mode, survey, slots_heat.heat_of(mode, survey))
        return self._heat[2]

    def _picture(self, cluster: Cluster, survey: Survey | None, heat: Heat | None) -> Picture:
        if self.mode == "migration":
            return Moving(cluster, survey)
        return Figures(cluster, heat) if self.mode in FIGURES else Owners(cluster)

    def _list(self, scene: Scene, group: Group, cluster: Cluster, heat: Heat | None) -> Source:
        self.owners.empty = "No slot is on its way." if self.mode == "migration" else "nothing is counted yet"
        if self.hot:
            return slots_hot.hot_slots(cluster, heat, self._heat[0], scene.filter)
        if self.mode == "migration":
            return slots_moves.moves(group, cluster, scene.filter)
        return slots_shards.shards(group, cluster, scene.glyphs, scene.filter)

    def _point(self, cluster: Cluster) -> None:
        """Says what is under the map's cursor, and marks its line in the list."""
        scene, group = self._scene, self._group()
        if scene is None or group is None:
            return
        shown = self.mode in FIGURES or self.hot
        figure = slots_legend.figure_at(self.heat(group.survey) if shown else None, self.map.slot)
        first, second = slots.pointer(cluster, self.map.slot, scene.glyphs, figure)
        self._say(self.here, first)
        self._say(self.more, (Cell(" " * 12), *second))
        owner = cluster.owners[self.map.slot]
        if self.hot:
            self.owners.go_key(f"slot {self.map.slot}")
        elif owner >= 0 and self.mode != "migration":
            self.owners.go(owner)

    def _say(self, line: Facts, cells: Row) -> None:
        if self._scene is not None:
            line.tell(cells, self.map.inks, self.size.width, self._scene.glyphs)

    def on_heatmap_moved(self, event: Heatmap.Moved) -> None:
        event.stop()
        cluster = self.cluster()
        if cluster is not None:
            self._point(cluster)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()

    # What is shown

    def told(self, word: str) -> None:
        found = next((mode for mode in MODES if mode == word), None)
        if found is not None:
            self._show(found, self.hot)

    def action_mode(self, step: int) -> None:
        self._show(MODES[(MODES.index(self.mode) + step) % len(MODES)], self.hot)

    def action_hot(self) -> None:
        self._show(self.mode, not self.hot)

    def _show(self, mode: Mode, hot: bool) -> None:
        self.mode, self.hot = mode, hot
        self._want()
        self._lay_out()
        self.call_after_refresh(self._redraw)

    def action_hotter(self, step: int) -> None:
        """Along the hottest slots, from the one under the cursor or from the hottest."""
        group = self._group()
        heat = None if group is None else self.heat(group.survey)
        line = [] if heat is None else slots_heat.hottest(heat)
        if not self.hot:
            self.action_hot()
        if line:
            here = line.index(self.map.slot) + step if self.map.slot in line else 0
            self.map.go(line[here % len(line)])

    def find(self, step: int) -> None:
        """To the first slot of the next owner that the filter found."""
        cluster = self.cluster()
        self.owners.find(step)
        if self.hot or self.mode == "migration" or cluster is None or not cluster.shards:
            return
        if owned := cluster.shards[self.owners.cursor].slots:
            self.map.go(owned[0][0])

    def action_letters(self) -> None:
        self.letters = not self.letters
        self._lay_out()
        self.call_after_refresh(self._redraw)
