"""`redistui acl`: each line is accepted by the server it is for, is enough for what we send, and for nothing else."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply, Wire
from redistui.ops.rights import BY_NAME, PASSWORD, ROLES, Role
from redistui.replies.slot import slot_of
from tests.cli.running import redistui

Group = Callable[..., RunningGroup]
OURS = "for-this-test"
HARMLESS: dict[str, str] = {
    "auth": f"AUTH default {OURS}",
    "hello": "HELLO 2",
    "client|setname": "CLIENT SETNAME x",
    "client|kill": "CLIENT KILL TYPE pubsub",
    "client|pause": "CLIENT PAUSE 1 WRITE",
    "command|info": "COMMAND INFO get",
    "memory|usage": "MEMORY USAGE x",
    "config|get": "CONFIG GET save",
    "config|set": "CONFIG SET no-such-option 1",
    "replicaof": "REPLICAOF NO ONE",
    "failover": "FAILOVER ABORT",
    "cluster|meet": "CLUSTER MEET 127.0.0.1 1",
    "cluster|replicate": "CLUSTER REPLICATE x",
    "cluster|forget": "CLUSTER FORGET x",
    "cluster|countkeysinslot": "CLUSTER COUNTKEYSINSLOT 0",
    "cluster|getkeysinslot": "CLUSTER GETKEYSINSLOT 0 1",
    "cluster|setslot": "CLUSTER SETSLOT 0 STABLE",
    "cluster|migrateslots": "CLUSTER MIGRATESLOTS SLOTSRANGE 0 0 NODE x",
    "migrate": "MIGRATE 127.0.0.1 1 nothing 0 1",
    "restore-asking": "RESTORE-ASKING x 0 junk",
    "select": "SELECT 0",
    "subscribe": "SUBSCRIBE __sentinel__:hello",
    "psubscribe": "PSUBSCRIBE +* -*",
    "set": "SET redistui:canary:1 1",
    "get": "GET redistui:canary:1",
    "mget": "MGET redistui:canary:1",
    "del": "DEL redistui:canary:1",
    "wait": "WAIT 0 1",
    "canary subscribe": "SUBSCRIBE redistui:canary:x",
    "sentinel-watch subscribe": "SUBSCRIBE +selected-slave +switch-master",
    "publish": "PUBLISH redistui:canary:x y",
    "xadd": "XADD redistui:canary:x MAXLEN 1 * n 1",
    "xread": "XREAD COUNT 1 STREAMS redistui:canary:x 0",
    "expire": "EXPIRE redistui:canary:x 60",
    "sentinel|master": "SENTINEL MASTER nobody",
    "sentinel|replicas": "SENTINEL REPLICAS nobody",
    "sentinel|sentinels": "SENTINEL SENTINELS nobody",
    "sentinel|ckquorum": "SENTINEL CKQUORUM nobody",
    "sentinel|get-master-addr-by-name": "SENTINEL GET-MASTER-ADDR-BY-NAME nobody",
    "sentinel|failover": "SENTINEL FAILOVER nobody",
    "sentinel|reset": "SENTINEL RESET nobody",
    "sentinel|set": "SENTINEL SET nobody quorum 1",
}
"""A form of each command, of a role's own where it must be, that does no harm, or fails, where it is let through.
Others go as they are."""
FORBIDDEN = (
    "FLUSHALL", "FLUSHDB", "KEYS *", "GET k", "SET k 1", "DEL k", "DEBUG SLEEP 0", "EVAL 1 0", "SCRIPT FLUSH",
    "MONITOR", "ACL LIST", "ACL SETUSER x", "SHUTDOWN NOSAVE", "SAVE", "BGREWRITEAOF", "CONFIG GET requirepass",
    "CONFIG SET appendonly no", "CONFIG RESETSTAT", "CONFIG REWRITE", "CLIENT KILL TYPE normal", "CLIENT PAUSE 1",
    "CLIENT LIST", "REPLICAOF NO ONE", "SLAVEOF NO ONE", "FAILOVER", "CLUSTER FAILOVER", "CLUSTER RESET",
    "CLUSTER ADDSLOTS 0", "CLUSTER FLUSHSLOTS", "MIGRATE h 1 k 0 1", "MODULE LIST", "PUBLISH c m", "SUBSCRIBE other",
    "PSUBSCRIBE *", "SWAPDB 0 1", "MULTI", "PSYNC ? -1", "SENTINEL FAILOVER nobody", "SENTINEL RESET nobody",
    "SENTINEL SET nobody quorum 1", "SENTINEL REMOVE nobody", "SENTINEL MONITOR x 127.0.0.1 1 1",
)  # fmt: skip


def printed_lines(version: str) -> dict[str, list[str]]:
    """The line of each role, as the command line prints it."""
    done = redistui("acl", "--server", version)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    heads = [line for line in lines if line.startswith("#")]
    commands = [shlex.split(line) for line in lines if line.startswith("ACL ")]
    return {head.partition(": ")[2].partition(",")[0]: argv for head, argv in zip(heads, commands, strict=True)}


def make(server: Server, line: list[str]) -> None:
    assert server.ask(*(f">{OURS}" if word == PASSWORD else word for word in line)) == "OK"


def answers(server: Server, user: str, commands: list[str]) -> Iterator[str]:
    """What each command is answered, as that user, on a connection of its own."""
    for command in commands:
        with Wire(server.address) as wire:
            wire.ask("AUTH", user, OURS)
            try:
                yield str(wire.ask(*command.split()))
            except ErrorReply as error:
                yield str(error)


def check(server: Server, role: Role, line: list[str]) -> None:
    make(server, line)
    allowed = [word.removeprefix("+") for word in line if word.startswith("+")]
    used = [
        HARMLESS.get(f"{role.name} {name}", HARMLESS.get(name, name.replace("|", " ")))
        for name in allowed
        if name != "cluster|reset"
    ]
    for command, said in zip(used, answers(server, role.user, used), strict=True):
        assert "NOPERM" not in said, (role.name, command, said)
        assert "unknown command" not in said.lower(), (role.name, command, said)
        assert "unknown subcommand" not in said.lower(), (role.name, command, said)
    wrong = [c for c in FORBIDDEN if not set(allowed) & {"|".join(c.lower().split()[:2]), c.lower().split()[0]}]
    wrong += [c for c in ("SUBSCRIBE other", "PSUBSCRIBE *", "PUBLISH c m") if c not in wrong]
    for command, said in zip(wrong, answers(server, role.user, wrong), strict=True):
        assert "NOPERM" in said or said.lower().startswith("err unknown"), (role.name, command, said)


@pytest.mark.parametrize("name", ["watch", "operator", "migrate", "canary"])
def test_a_data_nodes_user_may_run_what_it_needs_and_nothing_else(
    replication_group: Group, version: str, name: str
) -> None:
    (only,) = replication_group(replicas=0).nodes
    check(only, BY_NAME[name], printed_lines(version)[name])


def test_a_sentinels_user_may_run_what_it_needs_and_nothing_else(sentinel_group: Group, version: str) -> None:
    (only,) = sentinel_group(replicas=0, sentinels=1, quorum=1).sentinels
    lines = printed_lines(version)
    for name in ("sentinel-watch", "sentinel-operator"):
        check(only, BY_NAME[name], lines[name])


def test_a_key_moves_between_nodes_with_the_operators_and_the_migrating_users_rights(
    cluster_group: Group, version: str
) -> None:
    nodes = cluster_group(replicas=0).nodes
    lines = printed_lines(version)
    for node in nodes:
        make(node, lines["operator"])
        make(node, lines["migrate"])
    slot = slot_of(b"k")
    source, target = nodes[slot * 3 // 16384], nodes[(slot * 3 // 16384 + 1) % 3]
    source.ask("SET", "k", "1")
    with Wire(source.address) as there, Wire(target.address) as here:
        for wire in (there, here):
            wire.ask("AUTH", "operator", OURS)
        names = {wire: str(wire.ask("CLUSTER", "MYID")) for wire in (there, here)}
        here.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", names[there])
        there.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", names[here])
        move = ("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "AUTH2", "migrate", OURS, "KEYS", "k")
        assert there.ask(*move) == "OK"
        assert here.ask("CLUSTER", "COUNTKEYSINSLOT", slot) == 1


@pytest.mark.parametrize("kind", ["sentinel", "cluster"])
def test_with_a_target_it_prints_the_users_that_its_servers_need(
    sentinel_group: Group, cluster_group: Group, version: str, kind: str
) -> None:
    group = sentinel_group(replicas=0, sentinels=1, quorum=1) if kind == "sentinel" else cluster_group(replicas=0)
    done = redistui("acl", group.target, "--json")
    assert done.code == 0, done.err
    rows = json.loads(done.out)
    assert {row["server"] for row in rows} == {version}
    more = {"migrate"} if kind == "cluster" else {"sentinel-watch", "sentinel-operator"}
    assert {row["role"] for row in rows} == {"watch", "operator", "canary"} | more
    assert all(row["tried"] for row in rows)


def test_without_a_target_it_prints_all_of_them_for_every_version_they_were_tried_on() -> None:
    rows = json.loads(redistui("acl", "--json").out)
    assert [row["role"] for row in rows] == [role.name for role in ROLES] * 3
    assert {row["server"] for row in rows} == {"valkey-9.1", "redis-7.0", "redis-6.2"}
    assert {"server", "role", "at", "user", "command", "rights"} <= set(rows[0])
    assert all(PASSWORD in row["command"] for row in rows)


def test_one_role_and_another_version_can_be_asked_for() -> None:
    done = redistui("acl", "--role", "watch", "--server", "redis-8.2")
    assert done.out.count("ACL SETUSER") == 1
    assert "not tried on this version" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--server", "9.1"), "is no server version"),
        (("--server", "redis-5.0"), "begins with 6.2"),
        (("--server", "redis-7.0", "redis://127.0.0.1:1"), "tells its version itself"),
        (("--role", "root"), "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(words: tuple[str, ...], said: str) -> None:
    done = redistui("acl", *words)
    assert done.code == 2
    assert said in done.err
    assert len(done.sentences) == 1


def test_a_target_that_does_not_answer_is_exit_code_3() -> None:
    done = redistui("acl", "redis://127.0.0.1:1", "--timeout", "1")
    assert done.code == 3
    assert done.out == ""
