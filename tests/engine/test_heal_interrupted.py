"""heal interrupted everywhere: at each exchange with a server, in each way it can go wrong.

Whatever happens, a write that was acknowledged on either side lies in a server that takes it for its own, or in a whole
copy; without a copy no more is gone than was agreed to.
"""

from __future__ import annotations

import pytest

from redistui.ops.action import Aim
from redistui.ops.heal import HEAL
from tests.engine.imagined import Trouble
from tests.engine.plain_imagined import GROUP, Outcome, operate, resumed
from tests.engine.test_plain_operations import MEDDLES, Meddle, death, deaths
from tests.ops.plain_world import BYTES, R1, R2, P, PlainWorld

KEPT = Aim(GROUP, P, {"export": "copy"}, (P,))
GIVEN_UP = Aim(GROUP, P, {"keep-nothing": "yes"}, (P,))
aims = pytest.mark.parametrize("aim", [KEPT, GIVEN_UP], ids=["kept", "given up"])


def torn() -> PlainWorld:
    """R1 was made a primary behind P's back; both have taken writes since, and R2 follows P."""
    world = PlainWorld()
    world.ask(R1, ("REPLICAOF", "NO", "ONE"))
    world.pass_time(0.2)
    world.executed.clear()
    return world


async def go(aim: Aim, trouble: Trouble | None = None) -> Outcome:
    return await operate(HEAL, aim, torn(), trouble)


async def moments(aim: Aim) -> range:
    return range((await go(aim)).exchanges)


def gone(world: PlainWorld) -> set[int]:
    """Acknowledged writes that nobody has any more."""
    held = set(world.servers[R1].log).union(*world.copies.values())
    if world.servers[P].role == "primary":
        held |= set(world.servers[P].log)
    return world.acked - held


def truly(outcome: Outcome, at: object) -> None:
    """What was written is where it should be, and what was said is so."""
    world, run = outcome.world, outcome.run
    world.pass_time(20.0, tick=0.25)
    assert len(gone(world)) * BYTES <= agreed(outcome), at
    if run is None:
        return
    if run.outcome == "verified" and run.message.startswith("Put back"):
        assert world.servers[P].role == "primary", at
        assert world.fenced() == [], at
    elif run.outcome == "verified":
        assert world.primaries() == [R1], at
        assert [world.servers[each].follows for each in (P, R2)] == [R1, P], at
        assert world.fenced() == [], at
    elif run.message.startswith("Nothing has changed") or run.outcome == "refused":
        assert world.servers[P].role == "primary", (at, run.message)
        assert world.fenced() == [], (at, run.message)
    else:
        assert run.next or run.left, (at, run.message)


def agreed(outcome: Outcome) -> int:
    """How many bytes it may give up."""
    sentence = outcome.plan.loses.removeprefix("Up to ").split()
    return round(float(sentence[0]) * 1024) if sentence[1:2] == ["KiB"] else 0


@aims
async def test_undisturbed_it_is_healed_and_nothing_is_gone_that_was_not_given_up(aim: Aim) -> None:
    outcome = await go(aim)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    truly(outcome, "undisturbed")
    assert (gone(outcome.world) == set()) == (aim is KEPT)
    assert outcome.run.left == ()
    shown = [(step.node, argv) for step in outcome.plan.steps for argv in step.commands()]
    sent = [(one.node, one.argv) for row in outcome.run.steps for one in row.sent]
    assert {argv[:2] for _, argv in sent} <= {argv[:2] for _, argv in shown}


@deaths
@aims
async def test_after_a_console_died_the_next_one_ends_it_or_puts_it_back(aim: Aim, sent: bool) -> None:
    ways: set[str] = set()
    for back in (False, True):
        for at in await moments(aim):
            before = await go(aim, death(at, sent))
            truly(before, at)
            after = None if before.run is not None else await resumed(before, back=back)
            if after is None:
                continue
            assert after.run is not None
            truly(after, (at, after.run.message))
            ways.add(after.run.message.partition(":")[0])
    assert {"Go on", "Put back"} <= ways


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse", "stop"])
@aims
async def test_whatever_reply_is_missing_it_ends_in_a_state_that_is_told_truly(aim: Aim, how: str) -> None:
    for at in await moments(aim):
        truly(await go(aim, Trouble(at, **{how: True})), (how, at))


@pytest.mark.parametrize("meddle", MEDDLES.values(), ids=MEDDLES.keys())
@aims
async def test_a_server_that_dies_or_hangs_at_any_moment_takes_nothing_with_it_that_was_not_given_up(
    aim: Aim, meddle: Meddle
) -> None:
    for at in list(await moments(aim))[0 if aim is KEPT else 2 :: 4]:  # the two go much the same way: in turn
        outcome = await go(aim, Trouble(at, meddle=meddle))  # type: ignore[arg-type]
        assert len(gone(outcome.world)) * BYTES <= agreed(outcome), at
        assert outcome.run is not None
        assert outcome.run.outcome in ("verified", "failed", "unknown", "refused"), at


async def test_a_copy_that_is_there_already_leaves_everything_as_it_was() -> None:
    world = torn()
    world.copies["copy"] = []
    outcome = await operate(HEAL, KEPT, world)
    assert outcome.run is not None
    assert outcome.run.message.startswith("Nothing has changed"), outcome.run.message
    assert "no copy was made: copy is there already" in outcome.run.message
    assert world.fenced() == []
    truly(outcome, "there")
