"""Knocking: whether a server that was away takes connections again, without a task for each that does not."""

from __future__ import annotations

import asyncio
import socket

import pytest

from redistui.net.faults import fault_of_opening
from redistui.net.knock import knock
from redistui.net.watch import Wire, dial
from tests.net import strangers
from tests.net.owner import Owner
from tests.net.strangers import Stranger
from tests.net.test_watch_opening import unused_port


async def answer_of(address: str, seconds: float = 5.0) -> socket.socket | OSError:
    heard: asyncio.Future[socket.socket | OSError] = asyncio.get_running_loop().create_future()
    assert knock(address, seconds, heard.set_result) is not None
    assert not heard.done()
    return await asyncio.wait_for(heard, 10)


async def test_nobody_there_has_the_same_words_as_by_the_usual_way() -> None:
    answer = await answer_of(f"127.0.0.1:{unused_port()}")
    assert isinstance(answer, OSError)
    why = fault_of_opening(answer, tls=False)
    assert (why.kind, why.text) == ("refused", "connection refused: nothing listens there")


async def test_a_host_that_never_answers_is_given_up_in_time() -> None:
    with strangers.full_port() as port:
        answer = await answer_of(f"127.0.0.1:{port}", 0.3)
    assert isinstance(answer, OSError)
    why = fault_of_opening(answer, tls=False)
    assert (why.kind, why.text) == ("unreachable", "no answer to the connection")


async def test_who_opens_is_talked_to_on_the_same_connection() -> None:
    with Stranger(strangers.silent) as stranger:
        opened = await answer_of(stranger.address)
        assert isinstance(opened, socket.socket)
        ours = opened.getsockname()
        wire = await dial(stranger.address, None, lambda: Wire(Owner()), 5.0, opened)
        assert wire._transport is not None
        assert wire._transport.get_extra_info("sockname") == ours
        wire.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("turns", [0, 1])
async def test_one_that_is_called_off_says_nothing_and_leaves_nothing_open(turns: int) -> None:
    told: list[object] = []
    knocking = knock(f"127.0.0.1:{unused_port()}", 5.0, told.append)
    assert knocking is not None
    knocking.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    knocking.cancel()
    assert told == []
    assert knocking._socket.fileno() == -1


@pytest.mark.parametrize(
    "address", ["db.example:6379", "unix:/tmp/s", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1", "fe80::1%eth0:1", ""]
)
async def test_what_has_to_be_opened_the_usual_way_is_not_knocked_at(address: str) -> None:
    assert knock(address, 1.0, lambda _: None) is None
