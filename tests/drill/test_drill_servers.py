"""Drills on real servers of every version: what they report, and that the log alone says the same in another way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import sentinel
from redistui.demo.wire import ErrorReply, Wire
from redistui.drill.aware import route_of
from redistui.drill.drill import Deed, Done, NotFlying, Setting, fly, timeouts_of
from redistui.drill.faults import Partition, PlainSentinelFailover, Strike
from redistui.drill.figures import figures
from redistui.drill.flock import Flock
from redistui.drill.ground import grounds
from redistui.drill.log import Line, Log, read_log
from redistui.engine.engine import Engine
from redistui.engine.runner import Runner
from redistui.model import Access, Operator, Target
from redistui.model.canaries import SPACE
from redistui.model.drill import Figures
from redistui.ops.action import Aim, refusals
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.failover import FAILOVER
from redistui.ops.rights import CANARY, PASSWORD, Version, acl_line
from redistui.ops.run import Run
from tests.conftest import Start
from tests.drill.lines import disagreements
from tests.waiting import eventually, planned_anew

Group = Callable[..., RunningGroup]
At = Callable[..., "Ground"]
CANARY_USER = Operator("canary", place="the data nodes, with canaries")


class Safe:
    """The action as the runner does it, once nothing speaks against it."""

    def __init__(self, engine: Engine, action: object, aim: Aim) -> None:
        self.engine, self.action, self.aim = engine, action, aim
        self.name = self.action.name  # type: ignore[attr-defined]

    def do(self, flock: Flock) -> Done:
        def ran() -> Run:
            fleet = eventually(self._allowed, 30)
            plan = self.action.plan(fleet, self.aim)  # type: ignore[attr-defined]
            work = Runner(self.engine).run(self.action, self.aim, plan, armed=True)  # type: ignore[arg-type]
            return self.engine.call(work).result(60)

        run = planned_anew(ran)
        return Done(run.outcome, run.message)

    def _allowed(self) -> object:
        fleet = self.engine.call(self.engine.fresh(self.aim.group)).result(10)
        return None if refusals(self.action, fleet, self.aim) else fleet  # type: ignore[arg-type]


class Ground:
    """A group, an engine that watches it, and drills there, each with a log of its own."""

    def __init__(self, group: RunningGroup, folder: Path, access: Access | None = None) -> None:
        wanted = {"sentinel": "sentinel", "cluster": "cluster", "replication": "any"}[group.kind]
        seeds = tuple(one.address for one in group.seeds)
        self.group, self.folder, self.runs = group, folder, 0
        target = Target(seeds, wanted=wanted, title=group.name, access=access or Access())  # type: ignore[arg-type]
        self.engine = Engine([target], period=0.25)
        self.engine.start()
        eventually(lambda: self.engine.fleet.complete and self._known(), 20)

    def _known(self) -> bool:
        found = self.engine.fleet.group(self.group.name)
        return found is not None and len(found.nodes) == len(self.group.nodes) and all(node.up for node in found.nodes)

    def drill(self, deed: Deed, settle: float = 60.0, *, inside: bool = False) -> Figures:
        self.runs += 1
        log = Log(self.folder / f"{self.runs}.jsonl")
        fleet, names = self.engine.fleet, [self.group.name]
        ground = grounds(fleet, names, self.engine.access_of, self.engine.logins.login)
        behind = {node.address: node.inside for node in self.group.nodes} if inside else {}
        ground = tuple(replace(one, inside=behind) for one in ground)
        setting = Setting(ground, route_of, 60.0, 0.3, 0.3, settle, timeouts_of(fleet, names))
        try:
            fly(self.engine, setting, deed, log)
        finally:
            log.close()
        assert disagreements(log.path) == []
        return figures(read_log(log.path)[0])

    def safe(self, action: object, aim: Aim) -> Safe:
        return Safe(self.engine, action, aim)


@pytest.fixture
def ground_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[At]:
    monkeypatch.setattr("redistui.drill.settle.STILL_SECONDS", 0.4)
    found: list[Ground] = []

    def start(group: RunningGroup, access: Access | None = None) -> Ground:
        found.append(Ground(group, tmp_path, access))
        return found[-1]

    yield start
    for one in found:
        one.engine.stop()


def allowed(node: Server) -> list[str]:
    """ACL SETUSER canary ..., as this version takes it."""
    version = Version(node.binary.product, node.binary.version[:2])  # type: ignore[arg-type]
    return [">singing" if word == PASSWORD else word for word in acl_line(CANARY, version)]


def is_lost(write: Line, log: Sequence[Line]) -> bool:
    """Nobody gave it back at the end."""
    back = [line for line in log if line["what"] == "back" and line["client"] == write["client"]]
    assert back
    return not any(first <= write["i"] <= last for line in back for first, last in line["present"])


class Patient(PlainSentinelFailover):
    """Asks again while the Sentinels have not heard from the replicas since the failover before; over when each client
    writes to a primary of its own."""

    def do(self, flock: Flock) -> Done:
        def asked() -> Done | None:
            try:
                return super(Patient, self).do(flock)
            except ErrorReply:
                return None

        done, since = eventually(asked, 30), time.monotonic()
        for client in ("aware", "plain"):
            eventually(partial(flock.goes_on, since, client), 30)
        return done


def test_the_safe_failover_loses_nothing_and_the_plain_one_does(sentinel_group: Group, ground_at: At) -> None:
    """The safe one by canaries of the smallest rights that `redistui acl` prints; the plain one, too."""
    group = sentinel_group()
    for node in group.nodes:
        node.ask(*allowed(node))
    ground = ground_at(group, Access(canary=CANARY_USER))
    ground.engine.logins.give(CANARY_USER, "singing")
    safe = ground.drill(ground.safe(FAILOVER, Aim("orders")))
    assert (safe.outcome, safe.unsettled, safe.broken_off) == ("verified", "", False)
    assert (safe.whole.lost, safe.whole.unread, safe.whole.phantom, safe.whole.double_primary_ms) == (0, 0, 0, 0.0)
    assert safe.whole.acked > 100
    assert safe.whole.writes.over
    assert safe.timeouts["orders down-after"] == 2000.0
    assert len(safe.versions) == 3
    plain = ground.drill(Patient(ground.group), settle=0.5)
    sticky = next(one for one in plain.clients if one.client == "plain")
    assert sticky.lost > 0
    assert plain.whole.double_primary_ms > 0
    assert "primary" in plain.unsettled


def test_a_cluster_is_drilled_shard_by_shard(cluster_group: Group, ground_at: At) -> None:
    group = cluster_group()
    ground = ground_at(group)
    replica = group.nodes[3].address
    found = ground.drill(ground.safe(CLUSTER_FAILOVER, Aim(group.name, replica, words=(replica,))))
    assert (found.outcome, found.unsettled) == ("verified", "")
    assert (found.whole.lost, found.whole.unread) == (0, 0)
    assert {shard.primary for shard in found.shards} == {node.address for node in group.nodes[:3]}
    assert all(one.acked > 0 for one in found.each)
    keys = {key for node in group.nodes[:3] for key in node.ask("KEYS", "*")}
    assert keys
    assert all(key.startswith(SPACE) for key in keys)
    assert all(0 < node.ask("TTL", key) <= 3600 for node in group.nodes[1:3] for key in node.ask("KEYS", "*")[:20])


class Held(Partition):
    """Cut off only once both replicas have all that was written until then: a primary sends a new replica nothing until
    that acknowledges its first copy, which it does once a second, and all that was written meanwhile may be lost."""

    def do(self, flock: Flock) -> Done:
        with Wire(self._server.address, seconds=10) as wire:
            wire.ask("SET", "held", "1")  # WAIT waits for what its own connection wrote
            eventually(lambda: wire.ask("WAIT", 2, 1000) == 2, 30)
        return super().do(flock)


@pytest.mark.versions("redis-6.2")
def test_a_primary_that_is_cut_off_goes_on_taking_writes_that_are_lost(running_group: Start, ground_at: At) -> None:
    """Of the clients that follow the failover, only what was on its way at the cut may be lost."""
    ground = ground_at(running_group(replace(sentinel(), cuttable=True)))
    old = ground.group.primary.address
    found = ground.drill(Held(ground.group, Setting((), route_of).dice), settle=0.1, inside=True)
    (step,) = found.steps
    assert "the others write again" in step.name
    log = read_log(ground.folder / "1.jsonl")[0]
    cut = next(line["at"] for line in log if line["what"] == "phase" and line["name"] == "action")
    lost = [line for line in log if line["what"] == "write" and line["outcome"] == "acked" and is_lost(line, log)]
    assert any(line["client"] == "plain" and line["end"] > cut for line in lost)
    assert {line["node"] for line in lost} == {old}
    assert [line for line in lost if line["end"] <= cut] == []
    assert found.whole.double_primary_ms > 0


@pytest.mark.versions("valkey-9.1")
def test_a_killed_replica_and_a_hung_one_cost_no_write_and_come_back(
    replication_group: Group, ground_at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redistui.drill.faults.ALONE_SECONDS", 0.5)
    ground = ground_at(replication_group())
    for how in ("kill", "hang"):
        dice = Setting((), route_of, seed="7").dice
        found = ground.drill(Strike(ground.group, how, "replica", dice))  # type: ignore[arg-type]
        assert (found.outcome, found.unsettled) == ("struck", "")
        assert (found.whole.lost, found.whole.refused) == (0, 0)
    assert all(node.answers() for node in ground.group.nodes)


@pytest.mark.versions("valkey-9.1")
def test_canaries_that_may_not_write_do_nothing_and_say_why(
    replication_group: Group, ground_at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redistui.drill.drill.WARM_SECONDS", 0.5)
    group = replication_group(replicas=1)
    ground = ground_at(group)
    group.primary.ask("CONFIG", "SET", "min-replicas-to-write", "5")
    struck: list[str] = []

    class Never:
        name = "never"

        def do(self, flock: Flock) -> Done:
            struck.append("done")
            return Done("struck")

    with pytest.raises(NotFlying, match="NOREPLICAS"):
        ground.drill(Never())
    assert struck == []
