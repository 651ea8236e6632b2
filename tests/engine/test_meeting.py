"""Lanes that wait for each other: however they come and fail, together none goes beyond unless all do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.engine.driver import Driver, Stopped
from redistui.engine.meeting import Beyond, Meeting, Member
from redistui.ops.action import Plan
from redistui.ops.failover import FAILOVER
from redistui.ops.steps import StepFailed
from tests.engine.imagined import AIM, fleet_of
from tests.ops.world import World

PLAN: Plan = FAILOVER.plan(fleet_of(World()), AIM)
POINT = PLAN.point_of_no_return


@dataclass
class FakeDriver:
    """As much of a driver as a meeting asks of it."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""

    def stop(self, why: str = "") -> None:
        if not self.stopping.is_set():
            self.why = why
            self.stopping.set()


@dataclass
class Lane:
    """Comes to its fence, and to its point of no return, after so many turns of the loop; fails at one, or never."""

    turns: tuple[int, int]
    fails_at: int | None = None
    beyond: bool = False
    said: str = ""

    async def run(self, meeting: Meeting, name: str) -> None:
        member, driver = Member(meeting, name, PLAN), FakeDriver()
        meeting.join(name, cast(Driver, driver))
        fence = next(index for index in range(POINT + 1) if member._places.get(index))
        for place, index in enumerate((fence, POINT)):
            for _ in range(self.turns[place]):
                await asyncio.sleep(0)
                if driver.stopping.is_set():
                    self.said = driver.why
                    member.failed(index, self.said)
                    return
            if self.fails_at == place:
                member.failed(index, "it hangs")
                return
            try:
                await member.ready(index)
            except (StepFailed, Stopped) as error:
                self.said = str(error)
                member.failed(index, self.said)
                return
        self.beyond = True


def sail(lanes: list[Lane], *, together: bool, seconds: float = 5.0) -> Meeting:
    async def run() -> Meeting:
        names = [f"g{number}" for number in range(len(lanes))]
        meeting = Meeting(dict.fromkeys(names, PLAN), together=together)
        meeting.seconds = dict.fromkeys(meeting.seconds, seconds)
        await asyncio.gather(*(lane.run(meeting, name) for lane, name in zip(lanes, names, strict=True)))
        return meeting

    return asyncio.run(run())


LANES = st.lists(
    st.builds(Lane, st.tuples(st.integers(0, 6), st.integers(0, 6)), st.sampled_from([None, None, None, 0, 1])),
    min_size=1,
    max_size=5,
)


@given(LANES)
def test_together_all_go_beyond_or_none_does(lanes: list[Lane]) -> None:
    meeting = sail(lanes, together=True)
    well = all(lane.fails_at is None for lane in lanes)
    assert {lane.beyond for lane in lanes} == {well}
    assert meeting.committed == well
    for lane in lanes:
        if lane.fails_at is None and not lane.beyond:
            assert "cannot follow (it hangs)" in lane.said


@given(LANES)
def test_apart_each_that_is_well_goes_beyond(lanes: list[Lane]) -> None:
    meeting = sail(lanes, together=False)
    assert [lane.beyond for lane in lanes] == [lane.fails_at is None for lane in lanes]
    assert meeting.broken == ""


@pytest.mark.parametrize(("together", "beyond"), [(True, [False, False]), (False, [True, False])])
def test_one_that_does_not_come_in_time_is_left_behind_or_takes_all_back(together: bool, beyond: list[bool]) -> None:
    async def run() -> list[bool]:
        meeting = Meeting({"a": PLAN, "b": PLAN}, together=together)
        meeting.seconds = dict.fromkeys(meeting.seconds, 0.01)
        first = Lane((0, 0))
        await first.run(meeting, "a")
        assert first.said == ("" if not together else "b cannot follow (was not ready within 0.01 s)")
        late = Lane((0, 0))
        await late.run(meeting, "b")
        assert late.said
        return [first.beyond, late.beyond]

    assert asyncio.run(run()) == beyond


def test_who_waits_is_told_to_stop_and_what_is_beyond_is_not() -> None:
    async def run() -> None:
        meeting = Meeting({"a": PLAN, "b": PLAN}, together=True)
        driver = FakeDriver()
        meeting.join("a", cast(Driver, driver))
        waiting = asyncio.ensure_future(meeting.meet("a", "fence"))
        await asyncio.sleep(0)
        assert meeting.missing("fence") == ("b",)
        driver.stop()
        with pytest.raises(Stopped):
            await waiting
        meeting.leave("a", "stopped on request")
        with pytest.raises(StepFailed, match="cannot follow"):
            await meeting.meet("b", "fence")
        later: Any = Beyond()
        assert later.committed
        await later.ready(0)

    asyncio.run(run())
