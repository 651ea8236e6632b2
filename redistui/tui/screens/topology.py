"""Screen 1, Topology: who follows whom, what is wrong, and one node's own page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from redistui.model import Address, Group
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.board import Upright
from redistui.tui.widgets.page import NodePage
from redistui.tui.widgets.table import LiveTable
from redistui.tui.widgets.wrong import Wrong
from redistui.view.events import EventList
from redistui.view.topology import Outline, Spot, node_key
from redistui.view.votes import voters

WIDE = 118
"""Cells from which on the tree has its long form."""
TALL = 40
"""Lines from which on the latest events stand below it."""
RECENT = 8
"""How many of them."""
BESIDE = 120
"""Cells from which on a node's page stands beside the tree instead of over it."""


class Topology(Panel):
    """The tree; below it what is wrong, while something is, and on a tall screen the latest events."""

    NAME = "topology"
    TITLE = "Topology"
    KEY = "1"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("topology")]
    DEFAULT_CSS = """
    Topology #upper { height: 1fr; }
    Topology #node, Topology Upright { display: none; }
    Topology #wrong { height: 4; display: none; }
    Topology #recent { height: 9; display: none; }
    Topology.tall #wrong { height: 8; }
    Topology.tall.eventful #recent { display: block; }
    Topology.wrong #wrong { display: block; }
    Topology.listing #wrong { height: 60%; }
    Topology.page #node, Topology.page Upright { display: block; }
    Topology.page.narrow #tree, Topology.page.narrow Upright, Topology.page.narrow #wrong,
    Topology.page.narrow #recent { display: none; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id="tree")
        self.table.empty = "no node is known yet"
        self.between = Upright()
        self.page = NodePage(id="node")
        self.wrong = Wrong(id="wrong")
        self.recent = LiveTable(id="recent")
        self.recent.can_focus = self.recent.pointing = False
        self.recent.follow = True
        self.everything = True
        self._followed: str | None = None
        self._outline: Outline | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="upper"):
            yield self.table
            yield self.between
            yield self.page
        yield self.wrong
        yield self.recent

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height >= TALL, "tall")
        self.set_class(event.size.width < BESIDE, "narrow")

    # Drawing

    def draw(self, scene: Scene) -> None:
        groups = self._groups(scene)
        wide = self.table.size.width >= WIDE
        self._outline = Outline(scene.fleet, groups, scene.glyphs, scene.history, wide=wide, wanted=scene.filter)
        self.table.show(self._outline, scene.theme, scene.glyphs, scene.filter)
        self._follow(scene)
        self.set_class(self.wrong.show_findings(scene, groups), "wrong")
        self._draw_recent(scene)
        self.between.dress(scene.theme, scene.glyphs)
        if not self.page.show_page(scene):
            self.back()

    def _groups(self, scene: Scene) -> Sequence[Group]:
        if self.everything or scene.group is None:
            return scene.fleet.groups
        return (scene.group,)

    def _draw_recent(self, scene: Scene) -> None:
        """The end of the event log, where there is room for it."""
        self.set_class(bool(scene.fleet.events), "eventful")
        if self.has_class("tall"):
            last = scene.fleet.events[-RECENT:]
            recent = EventList(last, scene.now, self.size.width, voters=voters(scene.fleet))
            self.recent.show(recent, scene.theme, scene.glyphs)

    def _follow(self, scene: Scene) -> None:
        """Another group is looked at: the cursor goes to its first node, unless it is there already."""
        outline, name = self._outline, None if scene.group is None else scene.group.name
        if outline is None or not len(outline) or name == self._followed:
            return
        self._followed = name
        here = outline.spot(self.table.cursor)
        if here.group.name == name and here.branch is not None:
            return
        for index in range(len(outline)):
            spot = outline.spot(index)
            if spot.group.name == name and spot.branch is not None:
                self.table.go(index)
                return

    # The cursor

    def _spot(self) -> Spot | None:
        """What stands under the tree's cursor."""
        outline = self._outline
        return None if outline is None or self.table.cursor >= len(outline) else outline.spot(self.table.cursor)

    def selected(self) -> Address | None:
        spot = self._spot()
        if self.page.node is not None:
            return self.page.node
        return None if spot is None or spot.branch is None else spot.branch.node.address

    def select(self, node: Address) -> bool:
        groups = () if self._scene is None else self._groups(self._scene)
        return any(self.table.go_key(node_key(group.name, node)) for group in groups if group.node(node) is not None)

    def find(self, step: int) -> None:
        self.table.find(step)

    def focus_here(self) -> None:
        target = self.wrong if self.wrong.walking else self.page if self.page.node else self.table
        target.focus(scroll_visible=False)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """The group under the cursor is the one that is looked at: what an action is aimed at."""
        event.stop()
        spot, scene = self._spot(), self._scene
        if event.table is not self.table or spot is None or scene is None:
            return
        if scene.group is None or scene.group.name != spot.group.name:
            self.post_message(self.Goto(group=spot.group.name))

    # In and out

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        spot = self._spot()
        if event.table is self.wrong:
            self._go_to_finding()
        elif event.table is self.table and spot is not None and spot.branch is None:
            self.action_everything()
        elif event.table is self.table and spot is not None and spot.branch is not None:
            self.page.open(spot.group.name, spot.branch.node.address)
            self.add_class("page")
            self._turn_to(self.page)

    def _go_to_finding(self) -> None:
        finding = self.wrong.chosen
        if finding is not None:
            self.back()
            self.post_message(self.Goto(group=finding.group))
            if finding.node is not None:
                self.select(finding.node)

    def _turn_to(self, widget: LiveTable) -> None:
        widget.focus(scroll_visible=False)
        self.call_after_refresh(self._redraw)

    def back(self) -> bool:
        if self.wrong.walking:
            self.wrong.walk(False)
            self.remove_class("listing")
        elif self.page.node is not None:
            self.page.close()
            self.remove_class("page")
        elif not self.everything:
            self.everything = True
        else:
            return False
        self._turn_to(self.table)
        return True

    def action_everything(self) -> None:
        self.everything = not self.everything
        self._redraw()

    def action_findings(self) -> None:
        if self.wrong.walking:
            self.back()
        elif self.has_class("wrong"):
            self.wrong.walk(True)
            self.add_class("listing")
            self._turn_to(self.wrong)
