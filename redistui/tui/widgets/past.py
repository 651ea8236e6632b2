"""Past: what is looked at, over time: a plot, a line that says whose it is, and one for what its letters mean."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker, WorkerState

from redistui.tui.scene import Scene
from redistui.tui.widgets.board import Inks
from redistui.tui.widgets.facts import Facts
from redistui.tui.widgets.plot import Plot
from redistui.view import plotted
from redistui.view.cells import Row
from redistui.view.plot import RANGES, Picture, window
from redistui.view.plotted import Subject

AT_ONCE = 16
"""Nodes whose past is read on the screen's own thread; of more it would be felt."""


class Wanted(NamedTuple):
    """What is to be seen."""

    subject: Subject
    range: str
    """One of RANGES."""
    scene: Scene
    inks: Inks
    width: int

    @property
    def topic(self) -> tuple[str, bool, str]:
        """A picture of another one is not to be shown under its caption."""
        return self.subject.metric, self.subject.total, self.range


class Past(Vertical):
    """Drawn anew as soon as it may look otherwise. The past of many nodes is read on a thread of its own."""

    DEFAULT_CSS = """
    Past #meaning { display: none; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.caption, self.meaning, self.plot = Facts(id="caption"), Facts(id="meaning"), Plot(id="plot")
        self._wanted: Wanted | None = None
        self._drawn: tuple[object, ...] = ()
        self._reading: Worker[Picture] | None = None
        self._reading_of: Wanted | None = None

    def compose(self) -> ComposeResult:
        yield self.caption
        yield self.meaning
        yield self.plot

    def forget(self) -> None:
        """Its place is another one: the next time it is drawn whatever it shows."""
        self._drawn = ()

    def show(self, wanted: Wanted) -> None:
        self._wanted = wanted
        subject, scene = wanted.subject, wanted.scene
        span = window(scene.fleet.at, RANGES[wanted.range], 2 * max(20, wanted.width - 8))
        soon = max(1.0, span.step / 6, len(subject.members) / 100 if subject.total else 0.0)
        nodes = tuple((node.address, node.up) for _, node in subject.members)
        tick = int(scene.fleet.at / soon)
        drawn = (subject.metric, nodes, subject.total, span, tick, id(scene.history), scene.theme)
        if drawn == self._drawn:
            return
        read_past = partial(plotted.picture, subject, scene.history, scene.fleet.events, span, scene.thresholds)
        if len(subject.members) <= AT_ONCE:
            self._drawn = drawn
            self._show_picture(wanted, read_past())
        elif self._reading is None:
            self._drawn = drawn
            self._reading = self.run_worker(
                read_past, thread=True, group="plot", exit_on_error=True, description="reads the past"
            )  # without words of ours Textual describes it by the repr of all that is read
            self._reading_of = wanted

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The past of many nodes was read."""
        worker, of, wanted = event.worker, self._reading_of, self._wanted
        if worker is not self._reading or event.state not in (WorkerState.SUCCESS, WorkerState.CANCELLED):
            return
        self._reading = None
        if of is None or wanted is None or worker.result is None:
            return
        if of.topic == wanted.topic:
            self._show_picture(of, worker.result)
        self.show(wanted)

    def _show_picture(self, of: Wanted, shown: Picture) -> None:
        meaning = plotted.legend(of.subject, shown)
        self.meaning.display = bool(meaning)
        self._say(of, self.caption, plotted.caption(of.subject, shown, of.range, of.scene.glyphs, of.width))
        self._say(of, self.meaning, meaning)
        self.plot.show(shown, of.scene.theme, of.scene.glyphs)

    def _say(self, of: Wanted, line: Facts, cells: Row) -> None:
        line.tell(cells, of.inks, of.width, of.scene.glyphs, "band")
