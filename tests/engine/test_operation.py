"""A failover interrupted everywhere: at each exchange with a server, in each way in which one can go wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from redistui.ops.steps import Hole
from tests.engine.imagined import Meddle, Outcome, Trouble, operate
from tests.ops.world import R1, R2, SENTINELS, P, World

QUICK = {"down_after": 2.0}
KINDS = [
    pytest.param({}, {"server": "redis", "version": "7.0.15"}, id="pause"),
    pytest.param(QUICK, {"server": "redis", "version": "6.2.5"}, id="min-replicas"),
    pytest.param({}, {"server": "valkey", "version": "9.1.2"}, id="coordinated"),
]
Settings = dict[str, float]
What = dict[str, str]


async def moments(settings: Settings, what: What) -> list[int]:
    """Exchanges with servers at which something may go wrong: all of an undisturbed run, but of the long wait for a
    promotion only the first and last few and some between."""
    count = (await operate(World(**settings), **what)).driver.exchanges
    return [at for at in range(count) if at < 18 or at >= count - 22 or at % 9 == 0]


def never_two(outcome: Outcome) -> None:
    """At no time, and not in the minute that follows, may two nodes take writes."""
    outcome.world.pass_time(60.0, tick=0.2)
    assert not outcome.world.two_writable


def each_command_once(outcome: Outcome) -> None:
    again = [what for what, times in Counter(outcome.world.executed).items() if times > 1 and "UNPAUSE" not in what[1]]
    assert [what for what in again if what[1][:3] != ("CONFIG", "SET", "min-replicas-to-write")] == []


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_undisturbed_it_is_verified_and_leaves_nothing_behind(settings: Settings, what: What) -> None:
    outcome = await operate(World(**settings), **what)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified"
    assert outcome.world.roles() == {P: "replica", R1: "primary", R2: "replica"}
    assert outcome.world.fenced() == []
    assert outcome.run.left == ()
    assert len(outcome.run.verified) == 3
    never_two(outcome)


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_what_is_sent_is_what_was_shown(settings: Settings, what: What) -> None:
    outcome = await operate(World(**settings), **what)
    assert outcome.run is not None
    plan = outcome.run.plan
    assert plan is not None
    shown = [(step.node, argv) for step in plan.steps for argv in step.commands()]
    sent = [(one.node, one.argv) for row in outcome.run.steps for one in row.sent]
    notes = outcome.driver.notes
    filled = [(n, tuple(notes[w] if isinstance(w, Hole) else w for w in argv)) for n, argv in shown]
    assert sent == filled


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_console_that_dies_at_any_moment_never_leaves_two_writable_primaries(
    settings: Settings, what: What
) -> None:
    for at in await moments(settings, what):
        outcome = await operate(World(**settings), Trouble(at, console_dies=True), **what)
        assert outcome.run is None, at
        never_two(outcome)
        each_command_once(outcome)


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse"])
@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_reply_lost_or_an_error_at_any_moment_ends_in_a_state_that_is_told_truly(
    settings: Settings, what: What, how: str
) -> None:
    for at in await moments(settings, what):
        trouble = Trouble(
            at, lose_reply=how == "lose_reply", lose_request=how == "lose_request", refuse=how == "refuse"
        )
        outcome = await operate(World(**settings), trouble, **what)
        told_truly(outcome, at)


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_wish_to_stop_at_any_moment_is_heeded_only_where_it_is_safe(settings: Settings, what: What) -> None:
    outcomes = set()
    for at in await moments(settings, what):
        outcome = await operate(World(**settings), Trouble(at, stop=True), **what)
        assert outcome.run is not None
        told_truly(outcome, at)
        assert outcome.world.fenced() == [], at
        ordered = any("FAILOVER" in argv for argv in outcome.mutations())
        roles = outcome.world.roles()
        assert roles[P] == ("replica" if ordered else "primary"), at
        outcomes.add(outcome.run.outcome)
    assert outcomes == ({"refused", "verified"} if what["server"] == "valkey" else {"refused", "failed", "verified"})


def dies(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "alive", False)


def hangs(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "hung", True)


MEDDLES = [dies(R1), hangs(R1), dies(R2), dies(P), hangs(P)]


@pytest.mark.parametrize("meddle", MEDDLES, ids=["R1 dies", "R1 hangs", "R2 dies", "P dies", "P hangs"])
@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_server_that_dies_or_hangs_at_any_moment_ends_in_a_state_that_is_told_truly(
    settings: Settings, what: What, meddle: Meddle
) -> None:
    for at in await moments(settings, what):
        outcome = await operate(World(**settings), Trouble(at, meddle=meddle), **what)
        told_truly(outcome, at)


def told_truly(outcome: Outcome, at: int, new: str = R1) -> None:
    """The outcome, the message and what is said to be left agree with the model; and nobody wrote at two places."""
    run, world = outcome.run, outcome.world
    assert run is not None
    assert run.outcome in ("verified", "failed", "unknown", "refused"), at
    assert run.message, at
    if run.outcome == "refused":
        assert outcome.mutations() == [], at
    if run.outcome == "verified":
        assert world.roles()[P] == "replica", at
        assert world.servers[new].role == "primary", at
    if run.message.startswith("Nothing has changed"):
        assert world.roles() == {P: "primary", R1: "replica", R2: "replica"}, at
    if not run.left and world.servers[P].alive and not world.servers[P].hung:
        assert world.fenced() == [], (at, run.message)
    assert all(row.state not in ("planned", "running") for row in run.steps), at
    each_command_once(outcome)
    never_two(outcome)


def hangs_for(address: str, seconds: float) -> Meddle:
    def meddle(world: World) -> None:
        world.servers[address].hung = True
        world.later(seconds, lambda: setattr(world.servers[address], "hung", False))

    return meddle


async def test_a_chosen_replica_that_is_promoted_after_the_pause_has_ended_loses_nothing() -> None:
    """The pause is over by then; the other fence still stands."""
    slow = {"down_after": 8.0, "failover_timeout": 30.0}
    outcomes = set()
    for at in await moments(slow, {}):
        outcome = await operate(World(**slow), Trouble(at, meddle=hangs_for(R1, 12.0)))
        told_truly(outcome, at)
        assert outcome.run is not None
        outcomes.add(outcome.run.outcome)
    assert "verified" in outcomes


async def test_sentinels_that_give_up_leave_the_group_as_it_was() -> None:
    """The chosen replica dies just before the order."""
    hasty = {"failover_timeout": 3.0}
    outcome = await operate(World(**hasty), Trouble(await order_at(hasty), meddle=dies(R1)))
    assert outcome.run is not None
    assert outcome.run.outcome == "failed"
    assert "gave the failover up" in outcome.run.message
    assert outcome.world.roles()[P] == "primary"
    assert outcome.world.fenced() == []


async def order_at(settings: Settings) -> int:
    """The exchange in which the failover is ordered."""
    for at in await moments(settings, {}):
        world = (await operate(World(**settings), Trouble(at, console_dies=True))).world
        if world.executed and "FAILOVER" in world.executed[-1][1]:
            return at
    raise AssertionError("it is never ordered")


async def test_an_order_that_gets_no_reply_is_looked_for_and_not_sent_again() -> None:
    order = await order_at({})
    lost = await operate(World(), Trouble(order, lose_reply=True))
    assert lost.run is not None
    assert lost.run.outcome == "verified"
    assert sum("FAILOVER" in argv for argv in lost.mutations()) == 1
    gone = await operate(World(), Trouble(order, lose_request=True))
    assert gone.run is not None
    assert gone.run.message.startswith("Nothing has changed")
    assert not any("FAILOVER" in argv for argv in gone.mutations())


async def test_every_command_is_in_the_journal_before_and_after_it_is_sent() -> None:
    outcome = await operate(World())
    lines = [line for line in outcome.lines if line.get("command")]
    sending = [line["command"] for line in lines if line["state"] == "sending"]
    done = [line["command"] for line in lines if line["state"] == "done"]
    assert sending == done
    noted = {line["hole"]: line["reply"] for line in outcome.lines if line["state"] == "noted"}
    assert noted["<value read before>"] == "1"
    assert noted["<new primary>"] == R1


async def test_a_dead_console_leaves_the_old_value_in_the_journal() -> None:
    for at in await moments(QUICK, {}):
        outcome = await operate(World(**QUICK), Trouble(at, console_dies=True))
        if outcome.world.servers[P].min_replicas >= 10_000:
            noted = {line["hole"]: line["reply"] for line in outcome.lines if line["state"] == "noted"}
            assert noted["<value read before>"] == "1"


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_failover_that_somebody_orders_in_between_is_not_ordered_again(settings: Settings, what: What) -> None:
    """By redis-cli, at another Sentinel than ours."""
    by_hand = ("SENTINEL", "FAILOVER", "orders", *(("COORDINATED",) if what["server"] == "valkey" else ()))

    def meddle(world: World) -> None:
        if world.ordered_at is None:
            world.ask(SENTINELS[1], by_hand)

    came_first = 0
    for at in await moments(settings, what):
        outcome = await operate(World(**settings), Trouble(at, meddle=meddle), **what)
        orders = [node for node, argv in outcome.world.executed if argv[:2] == by_hand[:2]]
        assert len(orders) == 1, at
        came_first += orders == [SENTINELS[1]]
        assert outcome.run is not None
        assert outcome.run.message
        each_command_once(outcome)
    assert came_first > 0
