"""promote, attach, detach and replica-read-only on real servers of every version, under writers that know what was
acknowledged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.shapes import replication
from redistui.demo.wire import ErrorReply, Wire, pack
from redistui.judge.loss import bound
from redistui.model import Address
from redistui.ops.attach import ATTACH
from redistui.ops.detach import DETACH
from redistui.ops.promote import PROMOTE, best
from redistui.ops.read_only import REPLICA_READ_ONLY
from redistui.ops.run import Run
from tests.canary import Canary
from tests.engine.plain_stage import PlainStage, full_syncs, offset
from tests.engine.plain_stage import plain_stage as plain_stage
from tests.waiting import eventually, planned_anew

Stage = Callable[..., PlainStage]
Group = Callable[..., RunningGroup]
FENCE = "min-replicas-to-write"


def config_of(server: Server, name: str) -> str:
    return str(server.ask("CONFIG", "GET", name)[1])


def role_in_file(server: Server) -> str:
    text = (server.directory / "server.conf").read_text()
    return next((line for line in text.splitlines() if line.startswith(("replicaof", "slaveof"))), "")


def goes_over(stage: PlainStage, heir: Server, **options: str) -> Run:
    """Promotes under the canary, and holds what it says against what the servers say."""
    group = stage.group
    old = group.primary
    others = [node for node in group.nodes if node not in (old, heir)]
    before = [full_syncs(node) for node in group.nodes]
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        run = stage.run(PROMOTE, heir.address, **options)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    assert run.outcome == "verified", run.message
    assert group.primary is heir
    assert [role_of(node) for node in (old, *others)] == ["slave"] * (len(others) + 1)
    assert [full_syncs(node) for node in group.nodes] == before
    assert canary.lost() == []
    assert canary.aware.gap < 10.0
    assert role_in_file(heir) == ""
    assert role_in_file(old).endswith(heir.address.replace(":", " "))
    assert config_of(old, FENCE) == "0"
    print(f"gap {canary.aware.gap:.3f} s, lost 0 of {sum(len(w.acked) for w in canary.writers)}")
    return run


def test_planned_promotions_lose_no_acknowledged_write(replication_group: Group, plain_stage: Stage) -> None:
    group = replication_group()
    stage = plain_stage(group)
    _, second, third = group.nodes
    by_server = goes_over(stage, second)
    assert [argv[0] for argv in commands(by_server)][:1] == ["FAILOVER"]
    by_console = goes_over(stage, third, fast="yes")
    assert "CLIENT PAUSE 3000 WRITE" in [" ".join(argv) for argv in commands(by_console)]
    assert by_console.plan is not None
    assert by_console.plan.confirm == f"fail {by_console.group} over again"
    assert stage.runner.journal.unfinished() == ()
    journal = [line for line in stage.runner.journal._tail() if line.get("command")]
    sent = [(one.node, list(one.argv)) for run in (by_server, by_console) for row in run.steps for one in row.sent]
    assert [(line["node"], line["command"]) for line in journal if line["state"] == "sending"] == sent
    shown = [
        (step.node, list(argv))
        for run in (by_server, by_console)
        for step in (run.plan.steps if run.plan else ())
        for argv in step.commands()
    ]
    assert sent == shown
    assert "is the primary already" in stage.said_against(PROMOTE, third.address)
    assert "is no node of" in stage.said_against(PROMOTE, "127.0.0.1:1")


def commands(run: Run) -> list[tuple[str, ...]]:
    return [one.argv for row in run.steps for one in row.sent]


def test_a_dead_primary_is_succeeded_with_a_loss_within_the_bound_and_comes_back_as_a_replica(
    replication_group: Group, plain_stage: Stage
) -> None:
    group = replication_group(settings={"replica-serve-stale-data": "no"})
    stage = plain_stage(group)
    old, *replicas = group.nodes
    assert stage.fresh().groups[0].primary == old.address
    canary = Canary(group)
    end = outrun(stage, canary, old, replicas)
    chosen = eventually(lambda: heir_of(stage, old), 20)
    heir = next(node for node in replicas if node.address == chosen)
    plan, aim = stage.plan(PROMOTE, heir.address)
    fleet = stage.fresh()
    expected = bound(fleet.groups[0].node(old.address), [n for n in fleet.groups[0].nodes if n.address == heir.address])
    assert plan.danger == "lossy"
    assert plan.confirm.startswith(f"{old.address} is stopped, lose up to ")
    lost_bytes = end - offset(heir)
    assert expected.size is not None
    assert expected.size >= lost_bytes > 0
    run = stage.fire(PROMOTE, aim, plan)
    assert run.outcome == "verified", run.message
    assert group.primary is heir
    lost = canary.lost()
    assert lost
    acked = sum(len(writer.acked) for writer in canary.writers)
    print(f"lost {len(lost)} of {acked} writes, {lost_bytes} bytes; the bound was {expected.size}")
    old.restart()
    eventually(lambda: role_of(old) == "master")
    old.ask("SET", "of its own", 1)
    eventually(lambda: stage.plan(ATTACH, old.address, heir.address)[0].confirm == f"lose 1 key of {old.address}", 20)
    back = stage.run(ATTACH, old.address, heir.address)
    assert back.outcome == "verified", back.message
    assert back.plan is not None
    assert back.plan.danger == "lossy"
    assert role_of(old) == "slave"
    assert old.ask("DBSIZE") == heir.ask("DBSIZE")


def outrun(stage: PlainStage, canary: Canary, old: Server, replicas: list[Server]) -> int:
    """The primary writes more than its hanging replicas will ever get, and dies; its last offset."""
    try:
        eventually(canary.goes, 20)
        eventually(lambda: all(offset(replica) > 1000 for replica in replicas), 20)
        for replica in replicas:
            replica.hang()
        flood(old)
        have = len(canary.sticky.acked)
        eventually(lambda: len(canary.sticky.acked) > have + 200, 20)
        eventually(lambda: sighted(stage, old, least=offset(old) - (1 << 20)), 20)
    finally:
        canary.stop()
    end = offset(old)
    old.kill()
    for replica in replicas:
        replica.resume()
    return end


def heir_of(stage: PlainStage, old: Server) -> Address | None:
    """The replica to promote, once only the old primary is silent, and no replica reads any more what it sent last:
    until then the other one may yet get ahead."""
    fleet = stage.fresh()
    group = fleet.groups[0]
    if [node.address for node in group.nodes if not node.up] != [old.address]:
        return None
    links = [node.replication.link for node in group.nodes if node.address != old.address and node.replication]
    return best(fleet, group) if links == ["down", "down"] else None


def flood(server: Server) -> None:
    """More than the sockets between it and its replicas can hold."""
    with Wire(server.address, seconds=30) as wire:
        wire.send(b"".join(pack("SET", f"flood:{n}", "x" * 65_536) for n in range(400)))
        for _ in range(400):
            wire.read()


def sighted(stage: PlainStage, server: Server, least: int) -> bool:
    node = stage.engine.fleet.groups[0].node(server.address)
    return node is not None and node.last_primary is not None and node.last_primary.offset >= least


Trouble = Callable[[Server], None]
CRASHES = [
    pytest.param("redis-6.2", {}, 2, Server.hang, id="hangs while it is handed over to"),
    pytest.param("valkey-9.1", {"fast": "yes"}, 4, Server.kill, id="dies before it takes over"),
    pytest.param("redis-7.0", {"fast": "yes"}, 4, Server.hang, id="hangs before it takes over"),
]


@pytest.mark.parametrize(("version", "options", "step", "trouble"), CRASHES, indirect=["version"])
def test_a_target_in_trouble_leaves_the_old_primary_in_its_place(
    replication_group: Group, plain_stage: Stage, options: dict[str, str], step: int, trouble: Trouble
) -> None:
    group = replication_group()
    stage = plain_stage(group)
    old, heir, _ = group.nodes

    def meddle(run: Run) -> None:
        if run.steps[step].state == "running":
            trouble(heir)

    def fired() -> Run:
        plan, aim = stage.plan(PROMOTE, heir.address, **options)
        return stage.fire(PROMOTE, aim, plan, meddle)

    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        run = planned_anew(fired)
        eventually(canary.goes_on, 20)
    finally:
        heir.resume()
        canary.stop()
    assert run.outcome == "failed"
    assert run.message.startswith("Nothing has changed"), run.message
    assert group.primary is old
    assert canary.lost() == []
    assert stage.runner.journal.unfinished() == ()


@pytest.mark.versions("valkey-9.1")
def test_an_unreachable_primary_that_its_replicas_hear_is_not_dead(
    replication_group: Group, plain_stage: Stage
) -> None:
    group = replication_group()
    stage = plain_stage(group)
    group.nodes[0].hang()
    try:
        eventually(lambda: "still hear it: " in stage.said_against(PROMOTE, group.nodes[1].address), 20)
        said = stage.said_against(PROMOTE, group.nodes[1].address)
    finally:
        group.nodes[0].resume()
    assert "cannot be reached from here, but is not dead" in said


def test_a_node_with_data_is_attached_with_the_password_and_let_go_fenced(
    demo_fleet: Callable[..., DemoFleet], plain_stage: Stage
) -> None:
    shapes = (
        replication("plain", 1).with_settings({"requirepass": "hunter2-canary"}),
        replication("other", 0).with_settings({"requirepass": "hunter2-canary", "masterauth": '""'}),
    )
    groups = demo_fleet(shapes).groups
    stage = plain_stage(groups["plain"], groups["other"])
    primary, replica = groups["plain"].nodes
    stranger = groups["other"].nodes[0]
    primary.ask("SET", "mine", 1)
    stranger.ask("MSET", "lost", 1, "gone", 2)
    eventually(lambda: "2" in stage.plan(ATTACH, stranger.address, primary.address)[0].confirm, 20)
    run = stage.run(ATTACH, stranger.address, primary.address)
    assert run.outcome == "verified", run.message
    assert run.plan is not None
    assert run.plan.confirm == f"lose up to 2 keys of {stranger.address}"
    assert config_of(stranger, "masterauth") == "hunter2-canary"
    assert stranger.ask("KEYS", "*") == ["mine"]
    assert "hunter2-canary" not in stage.runner.journal.path.read_text() + repr(run)
    eventually(lambda: len(stage.fresh().groups) == 1, 20)
    assert "in a circle" in stage.said_against(ATTACH, primary.address, stranger.address)
    assert "one and the same" in stage.said_against(ATTACH, primary.address, primary.address)
    assert "follows 127.0.0.1" in stage.said_against(ATTACH, stranger.address, primary.address)

    off = stage.run(REPLICA_READ_ONLY, replica.address, "off")
    assert (off.outcome, config_of(replica, "replica-read-only")) == ("verified", "no")
    eventually(lambda: "off at" in stage.said_against(REPLICA_READ_ONLY, replica.address, "off"), 20)
    on = stage.run(REPLICA_READ_ONLY, replica.address, "on")
    assert (on.outcome, config_of(replica, "replica-read-only")) == ("verified", "yes")
    assert "this is for replicas" in stage.said_against(REPLICA_READ_ONLY, primary.address, "on")

    let_go = stage.run(DETACH, stranger.address)
    assert let_go.outcome == "verified", let_go.message
    assert (let_go.left, let_go.next) == ((), "")
    assert role_of(stranger) == "master"
    with pytest.raises(ErrorReply, match="NOREPLICAS"):
        stranger.ask("SET", "x", 1)
    stranger.restart()
    with pytest.raises(ErrorReply, match="NOREPLICAS"):
        stranger.ask("SET", "x", 1)
    assert stage.runner.journal.unfinished() == ()


def test_a_node_that_was_let_go_and_attached_again_takes_writes_once_it_is_promoted(
    replication_group: Group, plain_stage: Stage
) -> None:
    group = replication_group(replicas=1)
    stage = plain_stage(group)
    primary, replica = group.nodes
    primary.ask("CONFIG", "SET", "min-replicas-to-write", 1)
    for action, words in ((DETACH, ()), (ATTACH, (primary.address,))):
        run = stage.run(action, replica.address, *words)
        assert run.outcome == "verified", run.message
    assert (config_of(replica, FENCE), role_of(replica)) == ("1", "slave")
    replica.restart()
    assert (config_of(replica, FENCE), role_of(replica)) == ("1", "slave")
    goes = stage.run(PROMOTE, replica.address)
    assert goes.outcome == "verified", goes.message
    eventually(lambda: replica.ask("SET", "x", 1) == "OK")


@pytest.mark.versions("redis-7.0")
def test_a_sentinel_that_nobody_told_us_of_is_seen_before_anything_is_sent(
    sentinel_group: Group, plain_stage: Stage
) -> None:
    group = sentinel_group(replicas=1, sentinels=1, quorum=1)
    stage = plain_stage(group)
    aim = stage.aim(PROMOTE, group.nodes[1].address)
    if stage.fresh().groups[0].kind == "replication":
        plan, aim = stage.plan(PROMOTE, group.nodes[1].address)
        run = stage.fire(PROMOTE, aim, plan)
        assert run.outcome == "refused"
        assert "a Sentinel watches" in run.message
        assert not any(row.sent for row in run.steps)
    else:
        assert "Sentinels watch this group" in stage.said_against(PROMOTE, group.nodes[1].address)
    assert role_of(group.nodes[0]) == "master"
