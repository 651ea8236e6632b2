"""Steering: what the operator orders of the operation that runs, and how fast it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redistui.ops.run import Run
from redistui.ops.tally import Orders, Tally
from redistui.view.cells import Cell, Row
from redistui.view.figures import percent
from redistui.view.progress import Speedometer, at_work, faster, heeds, pace_text, share, slower

if TYPE_CHECKING:
    from redistui.tui.acting import Acting
    from redistui.tui.app import RedistuiApp


class Steering:
    """Of one operation at a time: the last that was fired."""

    def __init__(self, app: RedistuiApp, acting: Acting) -> None:
        self._app, self._acting = app, acting
        self.orders = Orders()
        """As they were given; the step follows as soon as nothing is half-done."""
        self.speeds = Speedometer()

    def begin(self) -> None:
        self.orders, self.speeds = Orders(), Speedometer()

    def see(self, run: Run) -> None:
        row = at_work(run)
        if row is not None and row.tally is not None:
            self.speeds.see(row.tally)

    def pause(self) -> None:
        self._give(Orders(self.orders.pace, not self.orders.paused, self.orders.stop))

    def pace(self, by: int) -> None:
        """1: slower, -1: faster."""
        pace = slower(self.orders.pace) if by > 0 else faster(self.orders.pace)
        self._give(Orders(pace, self.orders.paused, self.orders.stop))

    def stop(self) -> None:
        self._give(Orders(self.orders.pace, self.orders.paused, stop=True))

    def _give(self, orders: Orders) -> None:
        busy = self._acting.busy
        if busy is None or not heeds(busy.run):
            return
        self.orders = orders
        runner, group = self._acting.runner, busy.aim.group

        async def tell() -> None:
            runner.order(group, pace=orders.pace, paused=orders.paused, stop=orders.stop)

        self._app.engine.call(tell())

    # -- what is said of it ---------------------------------------------------------------------------------------

    def percent(self, run: Run | None) -> str:
        """`62%`; empty where the step that runs does not tell."""
        tally = tally_of(run)
        return "" if tally is None else percent(share(tally.parts))

    def keys(self, run: Run | None) -> Row:
        """What can be ordered now, and what was, for the dialog's last line."""
        if not heeds(run):
            return ()
        if self.orders.stop:
            return (Cell("  stops when nothing is half-done", "warn"),)
        tally = tally_of(run)
        rests = tally is not None and tally.paused
        paused = "goes on" if self.orders.paused else "pauses"
        state = ("PAUSED  " if rests else "pausing  ") if self.orders.paused else ""
        return (
            Cell("  "),
            Cell(state, "warn"),
            *(Cell("p", "key"), Cell(f" {paused}  ")),
            *(Cell("- +", "key"), Cell(f" pace: {pace_text(self.orders.pace)}  ")),
            *(Cell("s", "key"), Cell(" stops")),
        )


def tally_of(run: Run | None) -> Tally | None:
    row = None if run is None else at_work(run)
    return None if row is None else row.tally
