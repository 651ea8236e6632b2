"""Waiting for a condition with a deadline: the only way in which a test here lets time go by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from textual.css.query import NoMatches

from redistui.demo.problems import DemoError
from redistui.demo.wire import ErrorReply
from redistui.model import Fleet
from redistui.ops.action import Action, Aim, refusals
from redistui.ops.run import Run

T = TypeVar("T")


def eventually(
    condition: Callable[[], T | None], seconds: float = 20.0, *, every: float = 0.02, otherwise: str = ""
) -> T:
    """Asks until the answer is true and gives that answer; fails with the last one when the time is up.

    What the network, a server, an assertion or a screen that is being made says no with counts as "not yet".
    """
    deadline = time.monotonic() + seconds
    while True:
        answer, last = _asked(condition)
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise or 'it did not come true'} within {seconds:g} s; last seen: {last!r}")
        time.sleep(every)


async def eventually_async(
    condition: Callable[[], T | None], seconds: float = 20.0, *, every: float = 0.02, otherwise: str = ""
) -> T:
    """The same on an event loop, which goes on meanwhile."""
    deadline = time.monotonic() + seconds
    while True:
        answer, last = _asked(condition)
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{otherwise or 'it did not come true'} within {seconds:g} s; last seen: {last!r}")
        await asyncio.sleep(every)


def unopposed(action: Action, fresh: Callable[[], Fleet], aim: Aim, seconds: float = 20.0) -> Fleet:
    """The first fleet in which nothing speaks against it; fails with what last did."""

    def allowed() -> Fleet:
        fleet = fresh()
        against = refusals(action, fleet, aim)
        assert not against, against
        return fleet

    return eventually(allowed, seconds, otherwise=f"{action.name} is refused")


def settling(run: Run) -> bool:
    """It was refused because the fleet was still on its way into its present state, or because a busy machine had not
    let us hear of a server for a while."""
    refusals = " ".join(run.refusals)
    return "confirm it anew" in refusals or "was not heard of for more than" in refusals


def planned_anew(ran: Callable[[], Run], seconds: float = 30.0) -> Run:
    """How a plan ended; planned and confirmed anew, as an operator would, while the fleet is settling."""

    def confirmed() -> Run | None:
        run = ran()
        return None if settling(run) else run

    return eventually(confirmed, seconds, otherwise="it was never confirmed in time")


def _asked(condition: Callable[[], T | None]) -> tuple[T | None, object]:
    """The answer, and what to show when it is not true."""
    try:
        answer = condition()
    except (AssertionError, OSError, EOFError, DemoError, ErrorReply, NoMatches) as error:
        return None, error
    return answer, answer
