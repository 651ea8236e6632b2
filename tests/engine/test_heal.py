"""A split of real servers, healed: what only the one that gives way holds is kept, and the other loses nothing."""

from __future__ import annotations

import asyncio
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.judge.split import Split, split_of
from redistui.model import Login
from redistui.net.client import ClientRefused
from redistui.net.export import export
from redistui.ops.action import Aim
from redistui.ops.heal import HEAL
from redistui.ops.rights import OPERATOR, PASSWORD, TRIED, WATCH, acl_line
from redistui.ops.run import Run
from tests.canary import Writer
from tests.engine.plain_stage import PlainStage, offset
from tests.engine.plain_stage import plain_stage as plain_stage
from tests.engine.test_failover import Stage as SentinelStage
from tests.waiting import eventually

Stage = Callable[..., PlainStage]
Group = Callable[..., RunningGroup]
FENCE = "min-replicas-to-write"


def write(server: Server, name: str, count: int) -> None:
    with server.connect() as wire:
        for number in range(count):
            wire.ask("SET", f"{name}:{number}", "x" * 40)


def missing(server: Server, keys: list[str]) -> list[str]:
    found: list[object] = []
    with server.connect() as wire:
        for first in range(0, len(keys), 500):
            found += wire.ask("MGET", *keys[first : first + 500])
    return [key for key, value in zip(keys, found, strict=True) if value is None]


def torn(group: RunningGroup) -> tuple[Server, Server]:
    """The primary in the east, and the head of the west, that was made one as well."""
    east, _, west, below = group.nodes
    write(east, "both", 50)
    eventually(lambda: offset(below) == offset(east))
    west.ask("REPLICAOF", "NO", "ONE")
    write(west, "west", 50)
    return east, west


def parted(stage: PlainStage, node: Server) -> Split:
    split = eventually(lambda: split_of(stage.fresh().groups[0], node.address))
    assert split is not None
    return split


def loaded(spare: Server, file: Path) -> Server:
    """A server that was started with the file."""
    spare.kill()
    config = spare.directory / "server.conf"
    lines = config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if not line.startswith("replicaof")))
    shutil.copy(file, spare.directory / "dump.rdb")
    spare.restart()
    return spare


def settled(group: RunningGroup, old: Server) -> bool:
    """The Sentinels have made another one primary, and are done with it."""
    new, other = sorted((node for node in group.nodes if node is not old), key=lambda node: role_of(node) != "master")
    host, _, port = new.address.rpartition(":")
    named = [one.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", group.name) for one in group.sentinels]
    return other.ask("ROLE")[1:4] == [host, int(port), "connected"] and named == [[host, port]] * len(named)


def said(run: Run, step: str) -> str:
    return next(row.reply or "" for row in (*run.steps, *run.verify) if type(row.step).__name__ == step)


def test_what_only_the_one_that_gives_way_holds_is_kept_and_nothing_of_the_other_is_lost(
    sites_group: Group, plain_stage: Stage, tmp_path: Path
) -> None:
    group = sites_group()
    east, west = torn(group)
    stage = plain_stage(group)
    writer = Writer("alone", lambda: east.address)
    file = tmp_path / "east.rdb"
    try:
        eventually(lambda: len(writer.acked) > 300, 20)
        (found,) = [one for one in stage.fresh().findings if one.rule == "split"]
        run = stage.run(HEAL, east.address, export=str(file))
        written = len(writer.acked)
    finally:
        writer.stop()
    assert run.outcome == "verified", run.message
    assert found.node == east.address
    assert f"`heal {east.address} --export FILE`" in found.message
    size, _, rest = said(run, "MeasureSplit").partition(" ")
    assert int(size) > 300 * len("SET alone:1 1")
    assert rest.startswith("bytes of writes are only there")
    assert len(writer.acked) == written, "a write was acknowledged after the copy"
    assert [role_of(node) for node in group.nodes] == ["slave", "slave", "master", "slave"]
    assert east.ask("CONFIG", "GET", FENCE) == [FENCE, "0"]
    assert missing(west, [f"west:{number}" for number in range(50)]) == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("east.rdb")] == ["east.rdb"]
    assert stage.runner.journal.unfinished() == ()
    noted = [line["reply"] for line in stage.runner.journal._tail() if line.get("state") == "noted"]
    assert f"{file}, {file.stat().st_size} bytes" in noted
    copy = loaded(group.nodes[1], file)
    assert missing(copy, [key for key, _ in writer.acked]) == []


def test_the_operator_may_take_a_copy_and_whoever_watches_may_not(
    replication_group: Group, version: str, tmp_path: Path
) -> None:
    (node,) = replication_group(replicas=0).nodes
    write(node, "some", 10)
    for role in (OPERATOR, WATCH):
        found = next(one for one in TRIED if str(one) == version)
        node.ask(*(word.replace(PASSWORD, ">secret") for word in acl_line(role, found)))
    file = tmp_path / "copy"
    done = asyncio.run(export(node.address, Login("operator", "secret"), None, "redistui-ops:1f", str(file)))
    assert done.whole.size == file.stat().st_size
    assert node.ask("ACL", "LOG") == []
    with pytest.raises(ClientRefused, match="NOPERM"):
        asyncio.run(export(node.address, Login("watch", "secret"), None, "redistui-ops:1f", str(tmp_path / "other")))
    with pytest.raises(ClientRefused, match="WRONGPASS"):
        asyncio.run(export(node.address, Login("operator", "x"), None, "redistui-ops:1f", str(tmp_path / "other")))
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


@pytest.mark.versions("valkey-9.1")
def test_a_copy_is_never_written_over_and_what_is_given_up_for_good_is_bounded(
    sites_group: Group, plain_stage: Stage, tmp_path: Path
) -> None:
    group = sites_group(settings={"repl-diskless-sync": "no"})
    east, west = torn(group)
    before = offset(east)
    write(east, "east", 30)
    alone = offset(east) - before
    stage = plain_stage(group)
    assert 0 <= parted(stage, east).alone - alone < 200, "what is measured is what was written, and some PINGs"
    assert parted(stage, west).alone >= 50 * 40
    file = tmp_path / "kept"
    file.write_text("mine")
    run = stage.run(HEAL, east.address, export=str(file))
    assert run.outcome == "failed"
    assert f"{file} is there already" in run.message
    assert file.read_text() == "mine"
    assert role_of(east) == "master"
    assert east.ask("CONFIG", "GET", FENCE) == [FENCE, "0"]
    plan, aim = stage.plan(HEAL, east.address, **{"keep-nothing": "yes"})
    assert plan.danger == "lossy"
    assert plan.confirm.startswith("lose up to ")
    assert plan.confirm.endswith(f" of {east.address}")
    write(east, "more", 400)
    run = stage.fire(HEAL, aim, plan)
    assert run.outcome == "refused", "more was written than was agreed to"
    run = stage.run(HEAL, east.address, export=str(tmp_path / "other"))
    assert run.outcome == "verified", run.message
    assert "whole, by its checksum" in said(run, "KeepCopy")
    assert "is no primary: nothing has to give way there" in stage.said_against(HEAL, east.address, export="x")
    assert [finding.rule for finding in stage.fresh().findings if finding.rule in ("split", "two-primaries")] == []


@pytest.mark.versions("valkey-9.1")
def test_an_old_primary_that_came_back_is_healed_before_the_sentinels_take_it(
    sentinel_group: Group, tmp_path: Path
) -> None:
    """They make it follow after some 10 s, without any copy."""
    group = sentinel_group()
    watched = SentinelStage(group, tmp_path)
    old = group.primary
    try:
        write(old, "both", 50)
        old.hang()
        eventually(lambda: settled(group, old), 40)
        old.resume()
        write(old, "alone", 20)
        keys = [f"alone:{number}" for number in range(20)]
        file = tmp_path / "old.rdb"
        aim = Aim("orders", old.address, {"export": str(file)}, (old.address,))
        run = watched.run(watched.plan(aim, HEAL), aim, HEAL)
        while run.outcome == "refused" and role_of(old) == "master":  # it came back just now
            run = watched.run(watched.plan(aim, HEAL), aim, HEAL)
    finally:
        watched.close()
    assert run.outcome == "verified", (run.message, run.refusals)
    assert role_of(old) == "slave"
    assert old.ask("CONFIG", "GET", FENCE) == [FENCE, "0"]
    assert missing(group.primary, keys) == keys
    assert missing(loaded(old, file), keys) == []
