"""Plans of slot moves on real servers: beside redis-cli's own, and from "this machine leaves" to "it is back", with
every key where clients look for it."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.wire import Wire
from redistui.model import SLOTS, Fleet
from redistui.ops.action import refusals
from redistui.ops.add_node import ADD_NODE
from redistui.ops.aiming import aim_at
from redistui.ops.forget import FORGET
from redistui.ops.rebalance import REBALANCE
from redistui.ops.templates import slot_count
from redistui.replies.slot import slot_of
from tests.cluster_canary import ClusterCanary
from tests.engine.stages import staged
from tests.engine.test_cluster_servers import Stage, lists
from tests.waiting import eventually

KEYS = 3000
FEW = 400
"""Slots of the shard that leaves, and comes back."""


@pytest.fixture
def stage_of(tmp_path: Path) -> Iterator[Callable[[RunningGroup], Stage]]:
    yield from staged(Stage, tmp_path)


def redis_cli(server: Server, *words: str) -> str:
    """What redis-cli says of a cluster, whatever it thinks of it."""
    login = ["-a", server.password, "--no-auth-warning"] if server.password else []
    argv = ["redis-cli", *login, "--cluster", words[0], server.address, *words[1:]]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout + done.stderr


def check_is_fine(server: Server) -> bool:
    """redis-cli finds all 16,384 slots covered, no open ones, and all nodes of one opinion."""
    said = redis_cli(server, "check")
    return "All nodes agree" in said and "All 16384 slots covered" in said and not re.search("ERR|WARNING", said)


def moved_by_redis_cli(server: Server, *words: str) -> int:
    """Slots that redis-cli would move; it answers first that nothing is to be done where nothing is."""
    said = redis_cli(server, "rebalance", "--cluster-simulate", *words)
    assert "ERR" not in said, said
    assert "No rebalancing needed" in said or "Rebalancing across" in said, said
    return sum(int(number) for number in re.findall(r"Moving (\d+) slots", said))


def owners(server: Server) -> dict[int, str]:
    """Slot -> address of the primary, as a server sees it."""
    found: dict[int, str] = {}
    for line in server.ask("CLUSTER", "NODES").splitlines():
        words = line.split()
        for low, _, high in (word.partition("-") for word in words[8:] if not word.startswith("[")):
            found |= dict.fromkeys(range(int(low), int(high or low) + 1), words[1].partition("@")[0])
    return found


def fill(group: RunningGroup) -> None:
    where, wires = owners(group.nodes[0]), {}
    for number in range(KEYS):
        key = f"item:{number}"
        address = where[slot_of(key.encode())]
        if address not in wires:
            wires[address] = Wire(address, seconds=10.0, password=group.nodes[0].password)
        wires[address].ask("SET", key, f"value {number}")
    for wire in wires.values():
        wire.close()


def digest(group: RunningGroup, seen_by: Server) -> str:
    """Of every key and its value, each asked for at the owner of its slot."""
    where, wires = owners(seen_by), {}
    whole = hashlib.sha256()
    for number in range(KEYS):
        key = f"item:{number}"
        address = where[slot_of(key.encode())]
        if address not in wires:
            wires[address] = Wire(address, seconds=10.0, password=group.nodes[0].password)
        whole.update(f"{key}={wires[address].ask('GET', key)};".encode())
    for wire in wires.values():
        wire.close()
    return whole.hexdigest()


def test_a_primary_leaves_and_comes_back_in_one_plan_each_and_no_key_is_lost(
    cluster_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]
) -> None:
    group = cluster_group()
    stays, leaving, its_replica = group.nodes[0], group.nodes[2], group.nodes[5]
    uneven(group, (1, 10922 + FEW, SLOTS - 1))  # a small shard leaves, so that this does not take long
    eventually(lambda: check_is_fine(stays))
    eventually(lambda: all("cluster_state:ok" in str(server.ask("CLUSTER", "INFO")) for server in group.nodes))
    stage = stage_of(group)
    fill(group)
    before = digest(group, stays)
    canary = ClusterCanary(group)
    try:
        eventually(canary.goes)
        run = stage.run(FORGET, leaving.address, drain="yes")
        assert run.plan is not None
        assert {move.source for move in run.plan.moves} == {leaving.address}
        assert digest(group, stays) == before
        assert check_is_fine(stays)
        assert not any(lists(stays, line.split()[0]) for line in leaving.ask("CLUSTER", "NODES").splitlines())
        assert leaving.ask("DBSIZE") == 0
        assert leaving.address not in owners(stays).values()
        assert its_replica.address in stays.ask("CLUSTER", "NODES")
        back = stage.run(ADD_NODE, leaving.address, rebalance="yes", max_slots=str(FEW))
        assert back.plan is not None
        assert {move.target for move in back.plan.moves} == {leaving.address}
        eventually(canary.goes_on)
    finally:
        canary.stop()
    assert canary.lost() == []
    assert digest(group, stays) == before
    eventually(lambda: check_is_fine(stays))
    assert list(owners(stays).values()).count(leaving.address) == FEW


def uneven(group: RunningGroup, *moves: tuple[int, int, int]) -> None:
    """Has a node claim empty slots, first to last. Of two claims to a slot the higher epoch wins: all others, the owner
    too, follow it within a second."""
    for target, first, last in moves:
        with group.nodes[target].connect() as wire:
            wire.ask("CLUSTER", "BUMPEPOCH")
            wire.ask("MULTI")
            wire.ask("CLUSTER", "DELSLOTS", *range(first, last + 1))
            wire.ask("CLUSTER", "ADDSLOTS", *range(first, last + 1))
            assert wire.ask("EXEC") == ["OK", "OK"]


@pytest.mark.versions("redis-7.0")
def test_no_more_slots_are_moved_than_redis_cli_plans(
    cluster_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]
) -> None:
    group = cluster_group(shards=4, replicas=0, settings={"cluster-allow-replica-migration": "no"})
    stage = stage_of(group)
    a, b, c, d = group.nodes
    ids = {server.address: str(server.ask("CLUSTER", "MYID")) for server in group.nodes}
    shapes: list[tuple[tuple[int, int, int], ...]] = [
        (),
        ((1, 0, 1499), (2, 12288, 13999)),
        ((2, 4096, 4109), (0, 5000, 5999)),
        ((1, 1500, 4095),),
    ]
    options: list[dict[str, str]] = [
        {},
        {"weight": f"{a.address}=3"},
        {"weight": f"{a.address}=0.5 {b.address}=2.25"},
        {"weight": f"{c.address}=0"},
        {"use-empty": "yes"},
        {"use-empty": "yes", "weight": f"{d.address}=7"},
    ]
    rows = []
    for shape in shapes:
        uneven(group, *shape)
        eventually(lambda: all(owners(server) == owners(a) for server in group.nodes))
        for option in options:
            named = option.get("weight", "")
            for address, id_ in ids.items():
                named = named.replace(address, id_)
            weights = ("--cluster-weight", *named.split()) if named else ()
            empty = ("--cluster-use-empty-masters",) if "use-empty" in option else ()
            theirs = moved_by_redis_cli(a, *empty, *weights)
            rows.append((shape, option, moved_by_us(stage, option, owners(a)), theirs))
    assert [row for row in rows if row[2] > row[3]] == []
    assert sum(row[2] for row in rows) > 10_000


def moved_by_us(stage: Stage, options: dict[str, str], where: dict[int, str]) -> int:
    """Slots that our plan moves, once we see the same owners; 0 where it refuses because nothing is to be done."""
    aim = aim_at(REBALANCE, stage.engine.fleet, (), options)

    def settled() -> Fleet | None:
        fleet = stage.fresh(aim)
        cluster = fleet.groups[0].cluster
        seen = {} if cluster is None else {s: cluster.shards[n].primary for s, n in enumerate(cluster.owners) if n >= 0}
        return fleet if seen == where else None

    fleet = eventually(settled)
    against = refusals(REBALANCE, fleet, aim)
    if against:
        assert len(against) == 1, against
        assert "nothing is to be moved" in against[0]
        return 0
    return sum(slot_count(move.ranges) for move in REBALANCE.plan(fleet, aim).moves)
