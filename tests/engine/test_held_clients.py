"""CLIENT PAUSE ALL: no version tells of it, since nobody is answered; but it is told apart from a server that hangs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.engine import poller
from redistui.model import Address, Fleet
from tests.engine.watching import member, target, until, watching, whole

SECRET = "hunter2"
HELD = "all its clients are held (CLIENT PAUSE ALL)"


def test_a_server_that_holds_all_its_clients_is_told_from_one_that_hangs(
    replication_group: Callable[..., RunningGroup], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it wants a password: a wrong command is refused before that is asked for."""
    monkeypatch.setattr(poller, "GIVE_UP", 0.5)
    group = replication_group(replicas=1, settings={"requirepass": SECRET})
    primary, hangs = group.nodes
    with watching(target(primary.address, password=SECRET)) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        primary.ask("CLIENT", "PAUSE", 60_000, "ALL")
        hangs.hang()
        first = until(engine, lambda fleet: HELD in why(fleet, primary.address))
        until(engine, lambda fleet: fleet.at > first.at + 1.5 and why(fleet, hangs.address) != "")
        assert why(engine.fleet, hangs.address) == f"connected, but silent for over {poller.DEADLINE:g} s"
    primary.kill()  # it would not end before its pause does


def why(fleet: Fleet, address: Address) -> str:
    fault = member(fleet, address).fault
    return "" if fault is None else fault.text
