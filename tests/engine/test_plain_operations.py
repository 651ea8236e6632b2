"""promote, attach and detach interrupted everywhere: at each exchange with a server, in each way it can go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from redistui.engine.unfinished import unfinished
from redistui.ops.action import Action, Aim, refusals
from redistui.ops.attach import ATTACH
from redistui.ops.detach import DETACH
from redistui.ops.promote import PROMOTE
from redistui.ops.steps import Argv, Hole
from tests.engine.imagined import ConsoleDied, Trouble
from tests.engine.plain_imagined import GROUP, Outcome, fleet_of, operate, resumed
from tests.ops.plain_world import FENCED, R1, R2, P, PlainWorld, X

Meddle = Callable[[PlainWorld], None]


@dataclass(frozen=True)
class Case:
    """One action, on a group in one state."""

    name: str
    action: Action
    aim: Aim
    dead: bool = False
    stranger: bool = False
    fenced: bool = False
    """The stranger was left fenced, as `detach` leaves it."""

    def world(self) -> PlainWorld:
        world = PlainWorld(stranger=self.stranger)
        if self.fenced:
            world.servers[X].options["min-replicas-to-write"] = str(FENCED)
        if self.dead:
            world.servers[P].alive = False
        return world


HAND_OVER = Case("hand over", PROMOTE, Aim(GROUP, R1, {}, (R1,)))
FAST = Case("fast", PROMOTE, Aim(GROUP, R1, {"fast": "yes"}, (R1,)))
DEAD = Case("dead", PROMOTE, Aim(GROUP, R1, {}, (R1,)), dead=True)
ATTACHED = Case("attach", ATTACH, Aim(GROUP, X, {}, (X, P), (X,)), stranger=True)
BACK = Case("attach one that was detached", ATTACH, Aim(GROUP, X, {}, (X, P), (X,)), stranger=True, fenced=True)
MOVED = Case("attach a sibling", ATTACH, Aim(GROUP, R2, {}, (R2, R1)))
DETACHED = Case("detach", DETACH, Aim(GROUP, R1, {}, (R1,)))
ALL = [HAND_OVER, FAST, DEAD, ATTACHED, BACK, MOVED, DETACHED]
PLANNED = [HAND_OVER, FAST]
cases = pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
promotions = pytest.mark.parametrize("case", PLANNED, ids=[case.name for case in PLANNED])


async def go(case: Case, trouble: Trouble | None = None, world: PlainWorld | None = None) -> Outcome:
    return await operate(case.action, case.aim, world or case.world(), trouble)


async def moments(case: Case) -> list[int]:
    """Exchanges at which something may go wrong: of a long wait only the first, the last and some between."""
    count = (await go(case)).exchanges
    return [at for at in range(count) if at < 20 or at >= count - 30 or at % 7 == 0]


def never_two(outcome: Outcome, at: object = "") -> None:
    """At no time, and not in the minute that follows, do two nodes of one history take writes."""
    outcome.world.pass_time(20.0, tick=0.25)
    assert not outcome.world.two_writable, at


def each_command_once(outcome: Outcome, at: object = "") -> None:
    """What puts back, or changes nothing, may be sent again and again."""
    harmless = ("UNPAUSE", "NO", "REWRITE", "KILL", "PING")
    counted = Counter(one for one in outcome.world.executed if not set(harmless) & set(one[1]))
    again = [what for what, times in counted.items() if times > 1]
    assert [what for what in again if what[1][:2] != ("CONFIG", "SET")] == [], at
    promoted = [node for node, argv in outcome.world.executed if argv == ("REPLICAOF", "NO", "ONE")]
    assert promoted.count(R1) <= 1, at


def nothing_lost(outcome: Outcome, at: object = "") -> None:
    for primary in outcome.world.primaries():
        if "a" in outcome.world.servers[primary].history:
            assert outcome.world.lost(primary) == set(), at


@cases
async def test_undisturbed_it_is_verified_and_leaves_nothing_behind(case: Case) -> None:
    outcome = await go(case)
    run, world = outcome.run, outcome.world
    assert run is not None
    assert run.outcome == "verified", run.message
    assert run.left == ()
    assert run.next == ""
    assert world.fenced() == ([R1] if case is DETACHED else [])
    never_two(outcome)
    each_command_once(outcome)
    if case.action is PROMOTE:
        assert world.primaries() == [R1]
        assert world.servers[R2].follows == R1
        assert all(server.full_syncs == 0 for server in world.servers.values())
    if case in PLANNED:
        assert world.servers[P].follows == R1
        nothing_lost(outcome)


def filled(shown: Argv, sent: Argv) -> bool:
    """A command as it was shown, with something in each of its holes."""
    return len(shown) == len(sent) and all(a == b or isinstance(a, Hole) for a, b in zip(shown, sent, strict=True))


@cases
async def test_what_is_sent_was_shown(case: Case) -> None:
    outcome = await go(case)
    assert outcome.run is not None
    shown = [(step.node or "", *argv) for step in outcome.plan.steps for argv in step.commands()]
    sent = [(one.node, *one.argv) for row in outcome.run.steps for one in row.sent]
    assert [one for one in sent if not any(filled(line, one) for line in shown)] == []
    if case.action is not ATTACH:  # where no password is wanted, none is given
        assert sent == shown


def unsent(world: PlainWorld) -> None:
    raise ConsoleDied


deaths = pytest.mark.parametrize("sent", [True, False], ids=["sent", "not sent"])


def death(at: int, sent: bool) -> Trouble:
    """kill -9 of the console right after a server did what it was told, or before it was told: the journal knows no
    difference."""
    return Trouble(at, console_dies=True) if sent else Trouble(at, meddle=unsent)  # type: ignore[arg-type]


@deaths
@cases
async def test_a_console_that_dies_at_any_moment_never_leaves_two_writable_primaries(case: Case, sent: bool) -> None:
    for at in await moments(case):
        outcome = await go(case, death(at, sent))
        assert outcome.run is None or case.dead, at
        never_two(outcome, at)
        each_command_once(outcome, at)
        if case in PLANNED:
            nothing_lost(outcome, at)


@deaths
@cases
async def test_after_a_console_died_the_next_one_goes_on_to_the_end(case: Case, sent: bool) -> None:
    """What was not sent is not sent any more: before the point of no return it is then put back."""
    for at in await moments(case):
        before = await go(case, death(at, sent))
        after = None if before.run is not None else await resumed(before)
        if after is None:  # only reads were asked, and the plan can be made anew
            continue
        assert after.run is not None
        never_two(after, at)
        each_command_once(after, at)
        goes_on = after.run.outcome == "verified"
        assert goes_on or not sent, (at, after.run.message)
        told_truly(case, after, at)
        assert not after.run.resumable, (at, after.run.message)
        back = after.run.message.startswith("Nothing has changed")
        assert goes_on or back or f"{R2} did not follow {R1}" in after.run.message, (at, after.run.message)
        if case.action is PROMOTE:
            assert after.world.primaries() == ([P] * (not case.dead) if back else [R1]), (at, after.run.message)
            assert after.world.fenced() == [], at
        if case in PLANNED:
            nothing_lost(after, at)


@deaths
@cases
async def test_after_a_console_died_the_next_one_goes_back_where_it_may(case: Case, sent: bool) -> None:
    ways = 0
    for at in await moments(case):
        before = await go(case, death(at, sent))
        after = await resumed(before, back=True)
        if after is None:
            continue
        ways += 1
        assert after.run is not None
        assert after.run.outcome in ("verified", "failed"), (at, after.run.message)
        never_two(after, at)
        assert after.world.fenced() == [], at
        if case in PLANNED:
            assert after.world.primaries() == [P], at
            assert all(after.world.servers[each].follows == P for each in (R1, R2)), at
            nothing_lost(after, at)
    assert (ways > 0) == (case in (FAST, DETACHED))  # the others have nothing to put back


async def test_past_the_point_of_no_return_nobody_is_told_to_put_anything_back_by_hand() -> None:
    """REPLICAOF NO ONE at the old primary would then make a second one."""
    before, after = [], []
    for at in await moments(FAST):
        outcome = await go(FAST, Trouble(at, console_dies=True))
        (left,) = unfinished(outcome.lines)
        took_over = (R1, ("REPLICAOF", "NO", "ONE")) in outcome.world.executed
        (after if took_over else before).append(left.release)
    put_back = (P, "REPLICAOF NO ONE")
    assert any(put_back in release for release in before)
    assert after
    assert not any(put_back in release for release in after)


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse"])
@cases
async def test_a_reply_lost_or_an_error_at_any_moment_ends_in_a_state_that_is_told_truly(case: Case, how: str) -> None:
    for at in await moments(case):
        trouble = Trouble(
            at, lose_reply=how == "lose_reply", lose_request=how == "lose_request", refuse=how == "refuse"
        )
        outcome = await go(case, trouble)
        told_truly(case, outcome, at)


@cases
async def test_a_wish_to_stop_at_any_moment_is_heeded_only_where_it_is_safe(case: Case) -> None:
    for at in await moments(case):
        outcome = await go(case, Trouble(at, stop=True))
        told_truly(case, outcome, at)
        if case.action is PROMOTE:
            nobody = case.dead and outcome.run is not None and outcome.run.outcome == "refused"
            assert len(outcome.world.primaries()) == (0 if nobody else 1), at
            assert outcome.world.fenced() == [], at


def dies(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "alive", False)


def hangs(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "hung", True)


def hangs_for(address: str, seconds: float) -> Meddle:
    def meddle(world: PlainWorld) -> None:
        world.servers[address].hung = True
        world.later(seconds, lambda: setattr(world.servers[address], "hung", False))

    return meddle


MEDDLES = {
    "target dies": dies(R1),
    "target hangs": hangs(R1),
    "target hangs for 2 s": hangs_for(R1, 2.0),
    "sibling dies": dies(R2),
    "sibling hangs": hangs(R2),
    "old primary dies": dies(P),
    "old primary hangs": hangs(P),
    "old primary hangs for 4 s": hangs_for(P, 4.0),
}


@pytest.mark.parametrize("meddle", MEDDLES.values(), ids=MEDDLES.keys())
@cases
async def test_a_server_that_dies_or_hangs_at_any_moment_ends_in_a_state_that_is_told_truly(
    case: Case, meddle: Meddle
) -> None:
    for at in await moments(case):
        outcome = await go(case, Trouble(at, meddle=meddle))  # type: ignore[arg-type]
        told_truly(case, outcome, at)


@promotions
async def test_a_target_that_hung_and_comes_back_is_promoted_by_going_on(case: Case) -> None:
    ways = Counter[str]()
    for at in await moments(case):
        outcome = await go(case, Trouble(at, meddle=hangs(R1)))  # type: ignore[arg-type]
        assert outcome.run is not None
        world = outcome.world
        world.servers[R1].hung = False
        world.pass_time(1.0)
        ways[outcome.run.outcome] += 1
        if outcome.run.resumable:
            after = await resumed(outcome)
            assert after is not None
            assert after.run is not None
            assert after.run.outcome == "verified", (at, after.run.message)
        never_two(outcome, at)
        assert len(world.primaries()) == 1, at
        nothing_lost(outcome, at)
    assert len(ways) > 1


async def test_a_dead_target_of_the_fast_switch_leaves_the_old_primary_in_its_place() -> None:
    for at in await moments(FAST):
        outcome = await go(FAST, Trouble(at, meddle=dies(R1)))  # type: ignore[arg-type]
        run, world = outcome.run, outcome.world
        assert run is not None
        took_over = (R1, ("REPLICAOF", "NO", "ONE")) in world.executed
        if not took_over:
            assert world.primaries() == [P], (at, run.message)
            assert run.message.startswith("Nothing"), at
            assert world.lost(P) == set(), at


async def test_a_replica_that_does_not_catch_up_leaves_everything_as_it_was() -> None:
    for case in PLANNED:
        world = case.world()
        world.servers[R1].slow = True
        outcome = await go(case, world=world)
        assert outcome.run is not None
        assert outcome.run.outcome == "failed", case.name
        assert outcome.run.message.startswith("Nothing has changed"), outcome.run.message
        assert world.primaries() == [P], case.name
        assert world.fenced() == [], case.name
        never_two(outcome)
        nothing_lost(outcome)


async def test_writes_that_slipped_in_after_the_pause_are_not_left_behind() -> None:
    """The console stood still for longer than the pause, right before the old primary steps down."""

    def stands_still(world: PlainWorld) -> None:
        world.servers[R1].slow = True
        world.pass_time(4.0)

    for at in await moments(FAST):
        outcome = await go(FAST, Trouble(at, meddle=stands_still))  # type: ignore[arg-type]
        assert outcome.run is not None
        assert len(outcome.world.primaries()) == 1, at
        never_two(outcome, at)
        nothing_lost(outcome, at)


async def test_where_the_new_primary_died_as_it_took_over_the_old_one_can_be_promoted_back() -> None:
    world = PlainWorld()
    world.servers[P].role, world.servers[P].follows, world.servers[R1].alive = "replica", R1, False
    outcome = await operate(PROMOTE, Aim(GROUP, P, {}, (P,)), world)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert world.primaries() == [P]
    assert world.servers[R2].follows == P
    nothing_lost(outcome)


async def test_in_the_middle_of_a_switch_nobody_begins_another_promotion() -> None:
    world = PlainWorld()
    world.servers[P].role, world.servers[P].follows = "replica", R1
    for heir in (P, R1, R2):
        said = refusals(PROMOTE, fleet_of(world), Aim(GROUP, heir, {}, (heir,)))
        assert any("nobody is primary" in text for text in said), said


async def test_a_dead_primary_that_answers_again_is_not_succeeded() -> None:
    def comes_back(world: PlainWorld) -> None:
        world.servers[P].alive = True

    seen = Counter[str]()
    for at in await moments(DEAD):
        outcome = await go(DEAD, Trouble(at, meddle=comes_back))  # type: ignore[arg-type]
        assert outcome.run is not None
        promoted = (R1, ("REPLICAOF", "NO", "ONE")) in outcome.world.executed
        seen[outcome.run.outcome] += 1
        if not promoted:
            assert outcome.run.outcome == "refused", at
            assert outcome.world.primaries() == [P], at
    assert seen["refused"] > 0
    assert seen["verified"] > 0


def told_truly(case: Case, outcome: Outcome, at: object) -> None:
    """The outcome and the message agree with the model, and nobody wrote at two places."""
    run, world = outcome.run, outcome.world
    assert run is not None
    assert run.outcome in ("verified", "failed", "unknown", "refused"), at
    assert run.message, at
    if run.outcome == "refused":
        assert [argv for _, argv in world.executed] == [], at
    if run.outcome == "verified" and case.action is PROMOTE:
        assert world.servers[R1].role == "primary", at
        assert world.servers[R2].follows in (R1, P), at
    if run.message.startswith("Nothing has changed") and case.action is PROMOTE:
        assert world.servers[R1].role == "replica", at
        assert not case.dead or world.servers[P].role == "primary", at
    if run.outcome != "verified":
        assert run.message != "", at
    assert all(row.state not in ("planned", "running") for row in run.steps), at
    each_command_once(outcome, at)
    never_two(outcome, at)
    if case in PLANNED:
        nothing_lost(outcome, at)
