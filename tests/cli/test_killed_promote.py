"""A console that is killed (SIGKILL) in a promotion, on real servers under a canary; and what its successor does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.engine.journal import Journal
from tests.canary import Canary
from tests.cli.test_plan_and_do import killed_at, run
from tests.waiting import eventually

MOMENTS = {
    "valkey-9.1": [("answered", "CLIENT PAUSE", "--back"), ("answered", "REPLICAOF NO ONE", "")],
    "redis-7.0": [("sending", "REPLICAOF 127", "--back"), ("answered", "FAILOVER TO", "")],
    "redis-6.2": [("answered", "REPLICAOF 127", ""), ("sending", "CLIENT UNPAUSE", "")],
}
"""When it is killed (tests.cli.struck), and which way its successor goes: six of them, two on each version."""


@pytest.mark.parametrize("which", [0, 1])
def test_a_killed_console_leaves_one_writer_at_most_and_the_next_one_ends_it(
    replication_group: Callable[..., RunningGroup], tmp_path: Path, version: str, which: int
) -> None:
    moment, begin, way = MOMENTS[version][which]
    journal = Journal(tmp_path / "journal.jsonl")
    group = replication_group()
    old, heir, other = group.nodes
    fast = [] if begin == "FAILOVER TO" else ["--fast"]
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        killed_at(moment, begin, "do", "promote", heir.address, *fast, "--yes", journal=journal)
        assert [role_of(old), role_of(heir)].count("master") <= 1
        (left,) = journal.unfinished()
        assert left.past is not None
        done = run("do", "resume", left.operation, *filter(None, [way]), "--yes", journal=journal)
        if "the fleet has changed since" in done.out:  # it was still on its way into its new order
            done = run("do", "resume", left.operation, *filter(None, [way]), "--yes", journal=journal)
        if way and "it is past its point of no return" in " ".join(done.out.split()):  # it was quicker than the kill
            way = ""
            done = run("do", "resume", left.operation, "--yes", journal=journal)
        winner = ending(done.code, done.out, old.address, heir.address, way)
        eventually(lambda: group.primary.address == winner, 20)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    assert group.primary.address == winner
    loser = old.address if winner == heir.address else heir.address
    eventually(lambda: follows(group.server(loser), winner) and follows(group.server(other.address), winner), 20)
    assert canary.lost() == []
    assert journal.unfinished() == ()


def ending(code: int, out: str, old: str, heir: str, way: str) -> str:
    """Who is primary afterwards. Forward it may end where it began (code 6), when writes went on meanwhile."""
    if way:
        assert code == 0, out
        return old
    assert code == 0 or (code == 6 and "Nothing has changed" in out), out
    return heir if code == 0 else old


def follows(server: object, address: str) -> bool:
    said = server.ask("ROLE")  # type: ignore[attr-defined]
    return said[0] == "slave" and f"{said[1]}:{said[2]}" == address and said[3] == "connected"
