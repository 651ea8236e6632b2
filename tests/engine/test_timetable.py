"""When a server that is away is tried again."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from redistui.engine.observation import Observation
from redistui.engine.poller import Poller
from redistui.engine.timetable import LONG_AWAY, TOGETHER, until_next_try
from redistui.model import Access, Fault, Tls
from tests.net.strangers import Stranger
from tests.waiting import eventually_async


@pytest.mark.parametrize("away", [0.0, LONG_AWAY + 1])
@pytest.mark.parametrize("period", [0.2, 1.0, 10.0])
def test_its_return_is_seen_within_two_polls(away: float, period: float) -> None:
    longest = max(until_next_try(1000.0 + turn / 7, away, period) for turn in range(200))
    assert max(period, 1.0) < longest <= 2 * max(period, 1.0)


def test_one_that_was_away_for_long_is_tried_less_often() -> None:
    soon = max(until_next_try(500.0, 1.0, 1.0) for _ in range(50))
    late = min(until_next_try(500.0, LONG_AWAY + 1, 1.0) for _ in range(50))
    assert late > soon


def test_attempts_come_several_at_a_time_and_yet_not_all_at_one_instant() -> None:
    instants = {round((77.01 + until_next_try(77.01, 1.0, 1.0)) / TOGETHER, 6) for _ in range(250)}
    assert all(instant.is_integer() for instant in instants)
    assert 3 <= len(instants) <= 8


async def test_one_that_was_away_is_not_knocked_at_while_our_own_certificate_is_not_there(tmp_path: Path) -> None:
    """Its log would tell of a broken handshake once a second."""
    taken: list[object] = []

    def take(client: socket.socket) -> None:
        taken.append(client)

    seen: list[Observation] = []
    with Stranger(take) as stranger:
        poller = Poller(seen.append, lambda _: None)
        poller.watch(stranger.address, Access(tls=Tls(ca=str(tmp_path / "gone.pem"))), False)
        poller.watched[stranger.address].fault = Fault("refused", "nothing listens there", 0.0)
        await eventually_async(lambda: len(seen) > 1)
        poller.close()
    assert [one.fault.kind for one in seen if one.fault is not None] == ["tls"] * len(seen)
    assert "certificate files cannot be used" in str(seen[0].fault)
    assert taken == []
