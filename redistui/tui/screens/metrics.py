"""Screen 5, Metrics: sparklines of every node, and the past of one, of several side by side, or of all as a plot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from redistui.model import Address, Group, Node
from redistui.model.asked import Subject as Asking
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.facts import Facts
from redistui.tui.widgets.past import Past, Wanted
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Tone
from redistui.view.metrics import CHOICES, ORDERS, Order, Sparks, shape, tabs
from redistui.view.plot import MOST, RANGES, letters_of
from redistui.view.plotted import Members, Subject
from redistui.view.topology import node_key
from redistui.view.totals import totals
from redistui.view.wanted import read


class Metrics(Panel):
    """A table of sparklines; below it, on request, the chosen metric as a plot."""

    NAME = "metrics"
    TITLE = "Metrics"
    KEY = "5"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("metrics")]
    DEFAULT_CSS = """
    Metrics #past { height: 62%; display: none; }
    Metrics.plotting #past { display: block; }
    """

    class Look(Message):
        """Asks for what a node tells on demand only."""

        def __init__(self, node: Address, subject: Asking) -> None:
            super().__init__()
            self.node, self.subject = node, subject

    class Says(Message):
        """A sentence for the operator."""

        def __init__(self, text: str, tone: Tone = "text") -> None:
            super().__init__()
            self.text, self.tone = text, tone

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tabs = Facts(id="tabs")
        self.whole = Facts(id="whole")
        self.table = LiveTable(id="sparks")
        self.past = Past(id="past")
        self.metric = CHOICES[0]
        self.order: Order = "tree"
        self.range = next(iter(RANGES))
        self.everything = True
        self.total = False
        """All listed nodes as one, in place of the one under the cursor."""
        self.marked: list[Address] = []
        """Nodes that are compared; empty: the one under the cursor is looked at."""
        self._followed: str | None = None
        self._sparks: Sparks | None = None

    def compose(self) -> ComposeResult:
        yield self.tabs
        yield self.whole
        yield self.table
        yield self.past

    # Drawing

    def _groups(self, scene: Scene) -> Sequence[Group]:
        return scene.fleet.groups if self.everything or scene.group is None else (scene.group,)

    def draw(self, scene: Scene) -> None:
        wanted = read(scene.filter)
        self._sparks = Sparks(
            scene.fleet,
            self._groups(scene),
            scene.history,
            scene.glyphs,
            shape(self.size.width, self.metric),
            wanted,
            order=self.order,
            letters={node: letters_of(number) for number, node in enumerate(self.marked)},
        )
        self.table.empty = wanted.problem or (
            f"nothing matches {scene.filter}" if scene.filter else "no node is known yet"
        )
        self.table.show(self._sparks, scene.theme, scene.glyphs, wanted.words if len(self._sparks) else "")
        self._follow(scene)
        self._say_tabs(scene)
        self._draw_plot()

    def _say_tabs(self, scene: Scene) -> None:
        width = self.size.width
        self.tabs.tell(tabs(self.metric, width), self.table.inks, width, scene.glyphs, "band")
        self.whole.tell(totals(scene.fleet, width - 2), self.table.inks, width, scene.glyphs)

    def _follow(self, scene: Scene) -> None:
        """Another group is looked at: the cursor goes to its first node, unless it is there already."""
        sparks, name = self._sparks, None if scene.group is None else scene.group.name
        if sparks is None or not len(sparks) or name == self._followed:
            return
        self._followed = name
        if sparks.node(self.table.cursor)[0].name == name:
            return
        found = (index for index in range(len(sparks)) if sparks.node(index)[0].name == name)
        self.table.go(next(found, self.table.cursor))

    # The plot

    def subject(self) -> Subject | None:
        """What is plotted: the total of the listed nodes, those that are compared, or the one under the cursor."""
        sparks = self._sparks
        if sparks is None or not len(sparks):
            return None
        if self.total:
            return Subject(self.metric, tuple(sparks.node(index) for index in range(len(sparks))), total=True)
        return Subject(self.metric, self._compared() or (sparks.node(self.table.cursor),))

    def _compared(self) -> Members:
        """In the order in which they were marked; those that are gone keep their letter and are drawn no more."""
        scene = self._scene
        groups = () if scene is None else scene.fleet.groups
        known = {node.address: (group, node) for group in groups for node in group.nodes}
        return tuple(known[one] if one in known else _gone(one) for one in self.marked) if known else ()

    def _draw_plot(self) -> None:
        """Nothing at all while no plot is shown."""
        scene, subject, inks = self._scene, self.subject(), self.table.inks
        if scene is not None and subject is not None and inks is not None and self.has_class("plotting"):
            self.past.show(Wanted(subject, self.range, scene, inks, self.size.width))

    # The cursor

    def _here(self) -> tuple[Group, Node] | None:
        sparks = self._sparks
        return None if sparks is None or self.table.cursor >= len(sparks) else sparks.node(self.table.cursor)

    def selected(self) -> Address | None:
        here = self._here()
        return None if here is None else here[1].address

    def listed(self) -> Members:
        """The nodes of the table, in its order."""
        sparks = self._sparks
        return () if sparks is None else tuple(sparks.node(index) for index in range(len(sparks)))

    def select(self, node: Address) -> bool:
        groups = () if self._scene is None else self._groups(self._scene)
        return any(self.table.go_key(node_key(group.name, node)) for group in groups if group.node(node) is not None)

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()
        scene, here = self._scene, self._here()
        self._draw_plot()
        if scene is None or here is None:
            return
        if scene.group is None or scene.group.name != here[0].name:
            self.post_message(self.Goto(group=here[0].name))

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        self._open_plot(not self.has_class("plotting"))

    def _open_plot(self, opened: bool) -> None:
        self.set_class(opened, "plotting")
        self.past.forget()
        self.call_after_refresh(self._redraw)

    def back(self) -> bool:
        if not self.has_class("plotting"):
            return False
        self._open_plot(False)
        return True

    # What is shown

    def choose(self, metric: str) -> None:
        """Any of METRICS."""
        self.metric = metric
        self._redraw()

    def action_metric(self, step: int) -> None:
        self.choose(CHOICES[(CHOICES.index(self.metric) + step) % len(CHOICES)])

    def action_order(self) -> None:
        self.order = ORDERS[(ORDERS.index(self.order) + 1) % len(ORDERS)]
        self._redraw()

    def action_everything(self) -> None:
        self.everything = not self.everything
        self._redraw()

    def reach(self, range_: str) -> None:
        """How far back plots look: one of RANGES."""
        self.range = range_
        self._open_plot(True)

    def action_range(self, step: int) -> None:
        """Where no plot is shown, it is opened."""
        names = list(RANGES)
        here = names.index(self.range) + (step if self.has_class("plotting") else 0)
        self.reach(names[max(0, min(here, len(names) - 1))])

    def action_total(self) -> None:
        self.total = not self.total
        self._open_plot(True)

    def action_compare(self) -> None:
        """Marks the node under the cursor, or unmarks it."""
        node = self.selected()
        if node is None:
            return
        if node in self.marked:
            self.marked.remove(node)
        elif len(self.marked) < MOST:
            self.marked.append(node)
        else:
            self.post_message(self.Says(f"{MOST} nodes are compared already: more cannot be told apart", "warn"))
        self.total = False
        self._redraw()

    def compare(self, nodes: Sequence[Address]) -> None:
        """These and no others."""
        self.marked, self.total = list(dict.fromkeys(nodes))[:MOST], False
        self._open_plot(bool(self.marked) or self.has_class("plotting"))

    def action_compare_none(self) -> None:
        self.marked = []
        self._redraw()

    def action_look(self, subject: Asking) -> None:
        node = self.selected()
        if node is not None:
            self.post_message(self.Look(node, subject))


def _gone(address: Address) -> tuple[Group, Node]:
    return Group("", "replication", ()), Node(address)
