"""Scripts side by side, orders while a step runs, and how far it tells it has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from redistui.engine.driver import Stopped, Unplanned
from redistui.net.client import ClientRefused
from redistui.ops.steps import (
    Abreast,
    Argv,
    Ask,
    Burst,
    Lost,
    Now,
    Ordered,
    Pause,
    Refused,
    Script,
    StepFailed,
    Tell,
)
from redistui.ops.tally import Orders, Part, Tally
from redistui.ops.templates import Each
from tests.engine.bursting import A, B, Stage

FLAG: Argv = ("CLUSTER", "SETSLOT", Each(((0, 9),)), "STABLE")


def flag(slot: int) -> Argv:
    return ("CLUSTER", "SETSLOT", str(slot), "STABLE")


def abreast(*scripts: Callable[[], Script]) -> tuple[Any, list[Any]]:
    """A script that runs these side by side, and where the answer goes."""
    answers: list[Any] = []

    def script() -> Script:
        answers.append((yield Abreast(tuple(made() for made in scripts))))
        return "done"

    return script, answers


def asks(node: str, slot: int, said: str) -> Callable[[], Script]:
    def script() -> Script:
        replies = yield Burst(node, (flag(slot),), mutates=True)
        if isinstance(replies[0], Refused | Lost):
            raise replies[0]
        return said

    return script


async def test_scripts_side_by_side_answer_in_their_order_and_fail_alone() -> None:
    stage = Stage()
    stage.servers[B].answer = lambda argv: ClientRefused("ERR no")

    def gives_up() -> Script:
        yield Ask(A, ("PING",))
        raise StepFailed("it is not so")

    script, answers = abreast(asks(A, 1, "first"), asks(B, 2, "second"), gives_up, asks(A, 3, "fourth"))
    assert await stage.drive(script, FLAG) == "done"
    first, second, third, fourth = answers[0]
    assert (first, fourth) == ("first", "fourth")
    assert (str(second), str(third)) == ("ERR no", "it is not so")


async def test_scripts_side_by_side_share_what_may_be_sent() -> None:
    stage = Stage()
    script, _ = abreast(asks(A, 1, ""), asks(A, 1, ""))
    with pytest.raises(Unplanned):
        await stage.drive(script, FLAG)
    assert stage.mutations() == [flag(1)]


async def test_a_bug_in_one_ends_the_others() -> None:
    stage = Stage()
    closed = asyncio.Event()

    def waits() -> Script:
        try:
            while True:
                yield Pause(60)
        finally:
            closed.set()

    def is_wrong() -> Script:
        yield Ask(A, ("PING",))
        raise KeyError("a bug")

    script, _ = abreast(waits, is_wrong)
    with pytest.raises(KeyError):
        await asyncio.wait_for(stage.drive(script), 10)
    assert closed.is_set()


async def test_one_that_is_stopped_leaves_the_others_their_commands_in_flight() -> None:
    stage = Stage()

    def stops() -> Script:
        yield Now()
        stage.driver.stop()
        yield Now()
        raise AssertionError("it went on")

    script, _ = abreast(stops, asks(A, 1, ""), asks(B, 2, ""))
    with pytest.raises(Stopped):
        await stage.drive(script, FLAG)
    ends = [line["state"] for line in stage.lines]
    assert ends.count("sending") == ends.count("done")


async def test_a_step_that_heeds_is_not_stopped_but_told_so_and_its_pause_ends() -> None:
    stage = Stage()
    seen: list[Orders] = []

    def script() -> Script:
        seen.append((yield Ordered()))
        asyncio.get_running_loop().call_soon(stage.driver.stop)
        yield Pause(3600)
        seen.append((yield Ordered()))
        yield Pause(0.001)
        return "ended by itself"

    assert await asyncio.wait_for(stage.drive(script, heeds=True), 10) == "ended by itself"
    assert seen == [Orders(), Orders(stop=True)]


async def test_a_wish_to_stop_that_is_said_again_cuts_no_pause_short() -> None:
    stage = Stage()
    said: list[int] = []

    def say() -> None:
        said.append(1)
        stage.driver.stop()
        stage.driver.order(paused=False)

    def script() -> Script:
        stage.driver.stop()
        loop = asyncio.get_running_loop()
        for n in range(5):
            loop.call_later(0.001 * n, say)
        yield Pause(0.05)
        return str(len(said))

    assert await stage.drive(script, heeds=True) == "5"


async def test_orders_reach_a_step_that_runs_and_end_its_pause() -> None:
    stage = Stage()

    def script() -> Script:
        orders = yield Ordered()
        asyncio.get_running_loop().call_soon(lambda: stage.driver.order(pace=500))
        yield Pause(3600)
        asyncio.get_running_loop().call_soon(lambda: stage.driver.order(paused=True))
        yield Pause(3600)
        orders = yield Ordered()
        return str(orders)

    said = await asyncio.wait_for(stage.drive(script, heeds=True), 10)
    assert said == str(Orders(pace=500, paused=True))


async def test_a_step_that_tells_often_is_heard_five_times_a_second_and_at_its_end() -> None:
    stage = Stage()
    heard: list[Tally] = []
    stage.driver.telling.heard = heard.append

    def script() -> Script:
        for done in range(1000):
            yield Tell(Tally(0.0, float(done), (Part("a to b", 1000, done),)))
            yield Now()
        return "done"

    await stage.drive(script, heeds=True)
    assert stage.driver.time <= 0.2 * (len(heard) + 1)
    assert 2 <= len(heard) <= stage.driver.time / 0.2 + 1
    assert stage.driver.tally is not None
    assert stage.driver.tally.slots_done == 999


async def test_the_last_that_was_told_is_heard_while_the_step_is_silent() -> None:
    stage = Stage()
    heard: list[Tally] = []
    came = asyncio.Event()

    def hear(tally: Tally) -> None:
        heard.append(tally)
        if tally.paused:
            came.set()
            stage.driver.stop()

    stage.driver.telling.heard = hear

    def script() -> Script:
        yield Tell(Tally(0.0, 0.0, ()))
        yield Tell(Tally(0.0, 0.0, (), paused=True))
        yield Pause(3600)
        return "done"

    await asyncio.wait_for(stage.drive(script, heeds=True), 10)
    assert came.is_set()
    assert [tally.paused for tally in heard] == [False, True]
