"""A campaign over two imagined groups: whatever happens at any exchange of one, the other goes beyond with it or not at
all; hooks before and after; what is written to the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.campaign import Campaign
from redistui.engine.driver import Driver
from redistui.engine.journal import JournalError, Line
from redistui.engine.unfinished import unfinished
from redistui.ops.action import Hook, Plan
from redistui.ops.failover import FAILOVER
from redistui.ops.lanes import groups_of
from redistui.ops.run import Run, planned
from redistui.ops.stored import dump
from tests.engine.imagined import AIM, ImaginedDriver, Trouble, fleet_of
from tests.ops.world import R1, P, World

A, B = "alpha", "beta"


@dataclass
class FakeCrew:
    """Two worlds, and everything that would have been written."""

    worlds: dict[str, World]
    troubles: dict[str, Trouble] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    against: tuple[str, ...] = ()
    unwritable: str = ""
    drivers: dict[str, ImaginedDriver] = field(default_factory=dict)

    def driver(self, lane: Run) -> Driver:
        async def write(lines: Sequence[Line]) -> None:
            self.lines += [{"operation": lane.operation, "group": lane.group, **line} for line in lines]

        self.drivers[lane.group] = ImaginedDriver(
            self.worlds[lane.group], self.troubles.get(lane.group, Trouble()), write
        )
        return self.drivers[lane.group]

    async def begun(self, lane: Run, plan: Plan) -> None:
        if self.unwritable == lane.group:
            raise JournalError("the disk is full")
        first = {"state": "begun", "action": lane.action, "stored": dump(plan, AIM), "part_of": "1f"}
        self.lines.append({"operation": lane.operation, "group": lane.group, **first})

    async def ended(self, lane: Run, plan: Plan) -> None:
        end = {"state": "ended", "left": list(lane.left), "resumable": lane.resumable}
        self.lines.append({"operation": lane.operation, "group": lane.group, **end})

    async def hook(self, hook: Hook, state: str, said: str) -> None:
        self.lines.append({"operation": "1f", "state": "hook", "hook": hook.path, "reply": f"{state} {said}".strip()})

    async def again(self) -> tuple[str, ...]:
        return self.against


@dataclass
class Sailed:
    crew: FakeCrew
    run: Run
    seen: list[Run]

    def moved(self, group: str) -> bool:
        return self.crew.worlds[group].servers[R1].role == "primary"

    def untouched(self, group: str) -> bool:
        """The primary takes writes, and nobody else does."""
        return self.crew.worlds[group].writable() == [P]


def both(*, together: bool = True, hooks: tuple[Hook, ...] = ()) -> Plan:
    """The fenced failover, for each of two groups."""
    one = FAILOVER.plan(fleet_of(World()), AIM)
    lanes = (replace(one, group=A), replace(one, group=B))
    return replace(
        one, action="site-failover", group="west", lanes=lanes, together=together, hooks=hooks,
        steps=(*one.steps, *one.steps), verify=(*one.verify, *one.verify), release=(*one.release, *one.release),
    )  # fmt: skip


async def sail(
    plan: Plan, crew: FakeCrew | None = None, *, at: Callable[[Campaign, Run], None] | None = None
) -> Sailed:
    crew = crew or FakeCrew({A: World(), B: World()})
    seen: list[Run] = []
    run = replace(planned("site-failover", "west", plan), operation="1f")
    campaign: Campaign

    def report(news: Run) -> None:
        seen.append(news)
        if at is not None:
            at(campaign, news)

    campaign = Campaign(run, plan, crew, report, {"PATH": "/bin:/usr/bin"})
    return Sailed(crew, await campaign.finish(), seen)


async def test_both_move_as_operations_of_their_own() -> None:
    done = await sail(both())
    assert done.run.outcome == "verified", done.run.message
    assert [lane.outcome for lane in done.run.lanes] == ["verified", "verified"]
    assert len({lane.operation for lane in done.run.lanes}) == 2
    assert done.moved(A)
    assert done.moved(B)
    assert [row.state for row in done.run.steps] == ["done"] * len(done.run.steps)
    assert [one.percent for one in groups_of(done.run)] == [100, 100]
    assert unfinished(done.crew.lines) == ()
    assert all(world.two_writable == [] for world in done.crew.worlds.values())


KINDS = ("refuse", "lose_reply", "lose_request", "stop")
BEFORE, AFTER = 18, 31
"""Exchanges before the long wait for the Sentinels, and after it; in it rounds of the same four follow each other, of
which every thirteenth exchange is enough to meet each of the four."""


async def moments() -> list[int]:
    """Exchanges at which something may go wrong."""
    count = (await sail(both())).crew.drivers[A].exchanges
    return [at for at in range(count) if at < BEFORE or at >= count - AFTER or at % 13 == 0]


@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_happens_at_any_exchange_nobody_is_left_between(kind: str) -> None:
    """`stop` is a wish of that lane alone to end: the other must not go on either."""
    for number in await moments():
        trouble: Any = {kind: True}
        crew = FakeCrew({A: World(), B: World()}, {A: Trouble(number, **trouble)})
        done = await sail(both(), crew)
        where = f"{kind} at {number}: {done.run.message}"
        assert crew.worlds[A].two_writable == [], where
        assert crew.worlds[B].two_writable == [], where
        first = done.run.lanes[0]
        if not done.moved(B):
            assert done.untouched(B), where
            assert not done.moved(A), where
            assert done.run.outcome in ("failed", "refused", "unknown"), where
        if done.run.outcome == "verified":
            assert done.moved(A), where
        if not done.moved(A) and not first.left and not first.resumable:
            assert done.untouched(A), where


async def test_apart_the_other_goes_on_alone() -> None:
    crew = FakeCrew({A: World(), B: World()}, {A: Trouble(0, refuse=True)})
    done = await sail(both(together=False), crew)
    assert done.run.outcome == "failed"
    assert done.untouched(A)
    assert done.moved(B)
    assert done.run.message.startswith("Moved: beta. alpha: Nothing")
    assert "`site-failover west` moves what has not moved" in done.run.next


async def test_the_group_that_could_not_follow_is_the_one_that_is_named() -> None:
    crew = FakeCrew({A: World(), B: World()}, {B: Trouble(0, refuse=True)})
    done = await sail(both(), crew)
    assert done.run.outcome in ("refused", "failed")
    assert "beta: Nothing" in done.run.message
    assert "alpha: " not in done.run.message
    assert "beta cannot follow" in done.run.lanes[0].message


async def test_a_lane_that_cannot_be_journalled_begins_nowhere() -> None:
    crew = FakeCrew({A: World(), B: World()}, unwritable=B)
    done = await sail(both(), crew)
    assert done.untouched(A)
    assert done.untouched(B)
    assert crew.worlds[B].executed == []
    assert "the disk is full" in done.run.message


async def test_a_wish_to_stop_puts_everything_back_until_all_are_ready_and_then_is_too_late() -> None:
    moments: set[int] = set()

    def stopping(moment: int) -> Callable[[Campaign, Run], None]:
        count = [0]

        def at(campaign: Campaign, run: Run) -> None:
            count[0] += 1
            moments.add(count[0])
            if count[0] == moment:
                campaign.stop()

        return at

    whole = len((await sail(both())).seen)
    ends = set()
    for moment in range(1, whole + 1):
        done = await sail(both(), at=stopping(moment))
        moved = done.moved(A), done.moved(B)
        assert moved in ((True, True), (False, False)), (moment, done.run.message)
        ends.add((moved[0], done.run.outcome == "verified"))
        if not moved[0]:
            assert done.untouched(A)
            assert done.untouched(B)
    assert ends == {(True, True), (False, False)}
    assert len(moments) >= whole


def hook(path: Path, phase: Any, *lines: str) -> Hook:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o700)
    return Hook(phase, str(path))


async def test_hooks_are_run_around_it_and_the_last_one_is_told_the_outcome(tmp_path: Path) -> None:
    said = tmp_path / "said"
    hooks = (
        hook(tmp_path / "b", "before", f"echo before $REDISTUI_OPERATION >> {said}"),
        hook(tmp_path / "a", "after", f"echo after $REDISTUI_OUTCOME >> {said}", "echo no such zone; exit 2"),
    )
    done = await sail(both(hooks=hooks))
    assert said.read_text() == "before 1f\nafter verified\n"
    assert done.moved(A)
    assert done.run.outcome == "failed"
    assert "But the hook" in done.run.message
    assert "exit code 2: no such zone" in done.run.message
    assert any(run.doing.startswith("the hook") and run.outcome == "running" for run in done.seen)
    told = [(line["hook"][-1], line["reply"]) for line in done.crew.lines if line["state"] == "hook"]
    assert told == [("b", "begins"), ("b", "done"), ("a", "begins"), ("a", "failed exit code 2: no such zone")]


async def test_a_veto_is_the_end_and_its_fellow_is_not_run(tmp_path: Path) -> None:
    hooks = (hook(tmp_path / "b", "before", "exit 1"), hook(tmp_path / "a", "after", f"touch {tmp_path / 'ran'}"))
    done = await sail(both(hooks=hooks))
    assert done.run.outcome == "refused"
    assert done.run.refusals == (f"the hook {tmp_path / 'b'} does not let it begin: exit code 1",)
    assert done.crew.drivers == {}
    assert not (tmp_path / "ran").exists()


async def test_what_changed_while_the_hook_ran_refuses_it_and_its_fellow_may_tidy_up(tmp_path: Path) -> None:
    hooks = (
        hook(tmp_path / "b", "before", "exit 0"),
        hook(tmp_path / "a", "after", f"echo $REDISTUI_OUTCOME > {tmp_path / 'ran'}"),
    )
    crew = FakeCrew({A: World(), B: World()}, against=("the fleet has changed",))
    done = await sail(both(hooks=hooks), crew)
    assert done.run.outcome == "refused"
    assert crew.drivers == {}
    assert (tmp_path / "ran").read_text() == "refused\n"


def test_a_campaign_whose_console_died_is_told_of_for_its_hooks_and_for_what_it_had_not_begun() -> None:
    begun: dict[str, Any] = {"operation": "1f", "action": "site-failover", "group": "west", "at": "x", "pid": 1,
                             "host": "gone", "state": "begun", "lanes": 2}  # fmt: skip
    assert unfinished([begun]) == ()
    hooked = {"operation": "1f", "state": "hook", "hook": "/opt/before", "reply": "/opt/before (before) done"}
    (left,) = unfinished([begun, hooked])
    assert left.past is None
    assert "/opt/before (before) done" in str(left)
    ended = {"operation": "1f", "state": "ended", "reply": "verified"}
    assert unfinished([begun, hooked, ended]) == ()

    def part(operation: str) -> list[dict[str, Any]]:
        """One that came to its end before the console died."""
        own = {key: value for key, value in begun.items() if key != "lanes"}
        return [
            {**own, "operation": operation, "action": "failover", "group": "orders", "part_of": "1f"},
            {"operation": operation, "state": "ended", "reply": "verified"},
        ]

    first, second = part("2a"), part("2b")
    (left,) = unfinished([begun, *first])
    assert "Only 1 of its 2 parts were begun: `site-failover west` moves what has not moved." in str(left)
    assert unfinished([begun, *first, *second]) == ()
    later = [{**begun, "operation": "3c"}, {**ended, "operation": "3c"}]
    assert unfinished([begun, *first, *later]) == (), "another one came to its end since"
