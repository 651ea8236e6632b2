"""How a plan ends, by the step that failed and how: what is put back, what is not, and what is said of it.

The smallest plan there is: a fence, an order that cannot be taken back, a wait; two postconditions; a fence to lift.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from redistui.engine.operation import Operation
from redistui.model import Access, Login
from redistui.net.client import ClientLost, ClientRefused
from redistui.ops.action import Plan, Spent
from redistui.ops.run import Run, planned
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Refused, Script, Step, StepFailed
from tests.engine.imagined import ImaginedDriver, Trouble
from tests.ops.world import P, World

HOLD, ORDER, LIFT = ("CLIENT", "PAUSE", "900", "WRITE"), ("FAILOVER",), ("CLIENT", "UNPAUSE")


@dataclass(frozen=True)
class Sends(Step):
    """One command, if any; then it fails, if it does."""

    argv: Argv = ()
    error: str = ""
    unchanged: bool = False
    known: bool = True
    looks: bool = False
    """It looks at what became of the command."""

    @property
    def text(self) -> str:
        return " ".join(map(str, self.argv)) or "looks"

    def commands(self) -> Sequence[Argv]:
        return (self.argv,) if self.argv else ()

    def script(self) -> Script:
        if self.argv:
            yield Ask(P, self.argv, mutates=True)
        if self.looks:
            yield Ask(P, ("ROLE",))
        if self.error:
            raise StepFailed(self.error, unchanged=self.unchanged) if self.known else NotKnown(self.error)
        return "done"


WELL = Sends(P)
PLAN = Plan(
    "test", "orders", "A test", "risky", (Sends(P, HOLD), Sends(P, ORDER), Sends(P)), (WELL, WELL),
    release=(Sends(P, LIFT),), point_of_no_return=1,
)  # fmt: skip


class Server(World):
    """Takes every command, but the one that it refuses or whose reply is lost."""

    says: dict[Argv, Exception]
    stops: Callable[[], None] | None = None
    """Somebody wants it to stop, just when the order has come."""

    def ask(self, node: str, argv: Argv) -> Any:
        if argv == ("ROLE",):
            return [b"master", 0, []]
        self.executed.append((node, argv))
        if argv == ORDER and self.stops is not None:
            self.stops()
        if argv in self.says:
            raise self.says[argv]
        return b"OK"


class Wires(ImaginedDriver):
    """Straight to the server."""

    def _client(self, node: str) -> Any:
        driver = self

        class Client:
            async def ask(self, argv: Argv, seconds: float) -> Any:
                return driver.world.ask(node, argv)

            async def close(self) -> None:
                """Nothing is open."""

        return Client()


async def nowhere(lines: Sequence[Any]) -> None:
    """A journal that keeps nothing."""


async def ended(plan: Plan, *, stopped: bool = False, **says: Exception) -> tuple[Run, list[Argv]]:
    """How it ended, and what was sent. `stopped`: somebody wants it to stop while the order is on its way."""
    world = Server()
    world.says = {{"hold": HOLD, "order": ORDER, "lift": LIFT}[name]: error for name, error in says.items()}
    driver = Wires(world, Trouble(), nowhere)
    world.stops = driver.stop if stopped else None
    run = await Operation(planned("test", "orders", plan), plan, driver, lambda _: None).finish()
    return run, [argv for _, argv in world.executed]


def failing(place: int, **how: Any) -> Plan:
    """One of its steps fails after what it sends was done."""
    steps = list(PLAN.steps)
    steps[place] = replace(steps[place], error="it does not hold", **how)
    return replace(PLAN, steps=tuple(steps))


async def test_it_is_verified_when_every_postcondition_holds() -> None:
    run, sent = await ended(PLAN)
    assert (run.outcome, sent, run.left) == ("verified", [HOLD, ORDER], ())


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("known", "outcome"), [(True, "failed"), (False, "unknown")])
async def test_one_postcondition_that_does_not_hold_is_enough(place: int, known: bool, outcome: str) -> None:
    bad = Sends(P, error="it does not hold", known=known)
    run, sent = await ended(replace(PLAN, verify=(bad, WELL) if place == 0 else (WELL, bad)))
    assert (run.outcome, sent) == (outcome, [HOLD, ORDER])
    assert "All steps were done, but it does not hold" in run.message


async def test_before_the_point_of_no_return_everything_is_put_back() -> None:
    run, sent = await ended(failing(0))
    assert (run.outcome, sent, run.resumable) == ("failed", [HOLD, LIFT], False)
    assert "everything was put back" in run.message


async def test_an_order_that_was_refused_is_as_if_never_given() -> None:
    run, sent = await ended(PLAN, order=Refused("ERR not now"))
    assert (run.outcome, sent) == ("failed", [HOLD, ORDER, LIFT])


@pytest.mark.parametrize(
    ("plan", "says", "outcome"),
    [
        (PLAN, {"order": Lost("no answer within 2 s")}, "unknown"),
        (failing(1), {}, "failed"),
        (failing(1, known=False), {}, "unknown"),
        (failing(2), {}, "failed"),
    ],
    ids=["no reply", "went out", "went out, not known", "later"],
)
async def test_once_the_order_went_out_the_fence_stays(plan: Plan, says: dict[str, Exception], outcome: str) -> None:
    """Lifted it could let two nodes take writes: an operator has to look first."""
    run, sent = await ended(plan, **says)
    assert (run.outcome, sent, run.resumable) == (outcome, [HOLD, ORDER], True)


async def test_a_later_step_that_found_nothing_changed_takes_it_back() -> None:
    run, sent = await ended(failing(2, unchanged=True))
    assert (run.outcome, sent) == ("failed", [HOLD, ORDER, LIFT])


async def test_an_order_of_an_earlier_console_went_out_as_well() -> None:
    """Its reply nobody saw: gone on with, it is not sent again, and the fence is not lifted."""
    sent_before = (Spent(ORDER, False),)
    resumed = replace(PLAN, steps=PLAN.steps[1:], point_of_no_return=0, resumes="abcd1234", spent=sent_before)
    run, sent = await ended(resumed)
    assert (run.outcome, sent) == ("unknown", [])
    assert run.resumable


async def test_a_fence_that_cannot_be_lifted_is_told_with_the_command_that_does_it() -> None:
    run, sent = await ended(failing(0), lift=Refused("NOPERM no"))
    assert (run.outcome, sent) == ("failed", [HOLD, LIFT])
    assert "the fence could not be lifted" in run.message
    assert run.left == ((P, LIFT),)
    assert f"CLIENT UNPAUSE at {P}" in run.next


async def test_a_fence_that_the_plan_would_have_lifted_later_is_told_as_well() -> None:
    plan = failing(2)
    run, sent = await ended(replace(plan, steps=(*plan.steps, Sends(P, LIFT))))
    assert (run.outcome, sent, run.left) == ("failed", [HOLD, ORDER], ((P, LIFT),))


async def test_a_wish_to_stop_that_comes_with_the_order_is_too_late() -> None:
    order = replace(PLAN.steps[1], looks=True)
    run, sent = await ended(replace(PLAN, steps=(PLAN.steps[0], order, PLAN.steps[2])), stopped=True)
    assert (run.outcome, sent) == ("verified", [HOLD, ORDER])


REPEATS = "ERR unknown command, with args beginning with: 'hunter2' 's3cret'"


@pytest.mark.parametrize("error", [ClientRefused(REPEATS), ClientLost(REPEATS, True)], ids=["refused", "lost"])
async def test_a_password_that_an_error_repeats_stands_nowhere(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in what is shown nor in the journal: servers repeat the arguments of what they do not understand."""
    lines: list[Any] = []

    async def write(more: Sequence[Any]) -> None:
        lines.extend(more)

    world = Server()
    world.says = {ORDER: error}
    driver = Wires(world, Trouble(), write)
    access = Access(Login("ops", "hunter2"), Login("watch", "s3cret"))
    monkeypatch.setattr(driver._house, "access_of", lambda node: access)
    run = await Operation(planned("test", "orders", PLAN), PLAN, driver, lambda _: None).finish()
    told = f"{run} {lines}"
    assert "with args beginning with: '***' '***'" in run.message
    assert "hunter2" not in told
    assert "s3cret" not in told
