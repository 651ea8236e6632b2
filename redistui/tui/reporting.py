"""`:report`: how the fleet is, over whatever screen one is on: score, what is wrong, what to do about it and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.worker import Worker, WorkerState

from redistui.judge.report import Report, report
from redistui.tui.lists import Reading
from redistui.view.blocks import Block, Heading, Items, Table, Words
from redistui.view.cells import Cell, Row, Tone
from redistui.view.figures import plural
from redistui.view.report import health_blocks
from redistui.view.words import paragraph

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp

WIDTH = 104
BACK = 900.0
"""Seconds that its trends go back."""
AT_ONCE = 16
"""Nodes whose past is read on the screens' own thread; of a thousand it takes seconds."""


class HealthReport(Reading):
    """Of the snapshot that is shown when it opens, and of the past that is known."""

    def __init__(self, app: RedistuiApp) -> None:
        watching = app.watching
        fleet = watching.fleet
        made = partial(report, fleet, watching.history, BACK, watching.thresholds, trends=False)
        count = sum(len(group.nodes) for group in fleet.groups)
        self._width = min(WIDTH, app.size.width - 6)
        self._later = made if count > AT_ONCE else None
        waiting = ((), (Cell(f"reading the past of {plural(count, 'node')} ...", "dim"),))
        super().__init__("Health report", waiting if self._later else self._told(made()), app.dress, app.signs)
        self.add_class("wide")

    def on_mount(self) -> None:
        super().on_mount()
        if self._later is not None:
            self.run_worker(self._later, thread=True, exit_on_error=True, description="reads the past")

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Report):
            self.tell(self._told(event.worker.result))

    def _told(self, made: Report) -> list[Row]:
        more = paragraph("`redistui report` has groups, trends, capacity and drift as well", self._width, "dim")
        return [*rows_of(health_blocks(made), self._width), (), *more]


def rows_of(blocks: Iterator[Block], width: int) -> Iterator[Row]:
    """A document of sentences and lists, wrapped."""
    for block in blocks:
        if isinstance(block, Heading):
            yield ()
            yield (Cell(block.text, "title"),)
        elif isinstance(block, Words):
            yield from _sentences(block.cells, width, Cell("  "))
        elif isinstance(block, Items):
            for head, more in block.items:
                yield from _sentences(head, width, Cell("- ", "accent"))
                yield from _sentences(more, width, Cell("    "), "dim") if more else ()
        elif isinstance(block, Table):
            raise ValueError("a table has no place in it")


def _sentences(cells: Row, width: int, lead: Cell, tone: Tone | None = None) -> Iterator[Row]:
    """One paragraph, in the tone of its first cell unless another is given."""
    told = [cell for cell in cells if cell.text]
    text = " ".join(cell.text for cell in told)
    yield from paragraph(text, width, tone or (told[0].tone if told else "text"), lead)
