"""Passwords, and the rights that watching needs: enough, no more, and used for nothing but questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.wire import Wire
from redistui.ops.rights import PASSWORD, SENTINEL_WATCH, TRIED, WATCH, Role, acl_line
from tests.engine.watching import (
    PERIOD,
    fault,
    member,
    node,
    only_group,
    rules,
    target,
    until,
    watching,
    whole,
    whole_node,
)
from tests.spy import Spy

Start = Callable[..., RunningGroup]


def test_data_nodes_and_sentinels_have_passwords_of_their_own(sentinel_group: Start) -> None:
    group = sentinel_group(
        replicas=1, sentinels=2, quorum=1,
        settings={"requirepass": "for-data"}, sentinel_settings={"requirepass": "for-sentinels"},
    )  # fmt: skip
    seeds = tuple(one.address for one in group.sentinels)
    right = target(*seeds, wanted="sentinel", password="for-data", sentinel_password="for-sentinels")
    with watching(right) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        assert "for-" not in repr(engine.fleet)
        assert "for-" not in repr(engine.targets)
    with watching(target(*seeds, wanted="sentinel", password="for-data", sentinel_password="wrong")) as engine:
        until(engine, lambda fleet: {fault(fleet, one) for one in seeds} == {"noauth"})
    with watching(target(*seeds, wanted="sentinel", sentinel_password="for-sentinels")) as engine:
        fleet = until(engine, lambda fleet: {fault(fleet, one.address) for one in group.nodes} == {"noauth"})
        assert all(one.up for one in only_group(fleet).sentinels)
        assert "no-primary" not in rules(fleet)


BETWEEN_SERVERS = {"replconf", "psync", "sync", "echo", "select"}
SENTINELS_OWN = {"publish", "subscribe", "client kill", "multi", "exec"}


READ_ONLY = {
    "auth", "hello", "ping", "info", "role", "client setname", "cluster info", "cluster nodes", "cluster links",
    "subscribe", "psubscribe", "sentinel masters", "sentinel myid", "sentinel replicas", "sentinel sentinels",
    "sentinel ckquorum",
}  # fmt: skip
"""All that may ever be said without an operator's word."""


def line(role: Role, version: str) -> list[str]:
    """What `redistui acl` prints for this server, with a password in it."""
    found = next(one for one in TRIED if str(one) == version)
    return [">watching" if word == PASSWORD else word for word in acl_line(role, found)]


@pytest.mark.parametrize("name", ["orders", "catalog"])
def test_the_watching_users_rights_are_enough_never_exceeded_and_used_for_questions_only(
    sentinel_group: Start, cluster_group: Start, version: str, name: str
) -> None:
    """MONITOR and the ACL LOG as witnesses: what was said to each server, and what it would have refused."""
    group = sentinel_group(sentinels=2, quorum=1, replicas=1) if name == "orders" else cluster_group(replicas=1)
    for server in group.nodes:
        server.ask(*line(WATCH, version))
    for server in group.sentinels:
        server.ask(*line(SENTINEL_WATCH, version))
    spies = [Spy(server) for server in group.nodes]
    place = target(
        group.seeds[0].address, wanted="sentinel" if group.sentinels else "cluster",
        user="watch", password="watching", sentinel_user="watch", sentinel_password="watching",
    )  # fmt: skip
    with watching(place) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        seen = engine.fleet.at
        until(engine, lambda fleet: fleet.at > seen + 4 * PERIOD and not fleet.findings)
        questions = [spy.stop() for spy in spies]
        if group.sentinels:
            group.sentinels[0].ask("SENTINEL", "FAILOVER", "orders")
            until(engine, lambda fleet: [event for event in fleet.events if event.kind == "+switch-master"])
    assert [server.ask("ACL", "LOG") for server in group.servers] == [[]] * len(group.servers)
    for said in questions:
        assert {"auth", "info", "role", "ping"} <= said
        assert said - BETWEEN_SERVERS - SENTINELS_OWN <= READ_ONLY


def test_a_user_with_too_few_rights_is_told_and_sees_what_it_may(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    only.ask("ACL", "SETUSER", "little", "on", ">little", "-@all", "+auth", "+ping", "+role")
    with watching(target(only.address, user="little", password="little")) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "noperm")
        assert "our user may not run" in str(member(fleet, only.address).fault)
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        only.ask("ACL", "SETUSER", "little", "+info")
        until(engine, lambda fleet: fault(fleet, only.address) is None and whole_node(fleet, only.address))


@pytest.mark.versions("valkey-9.1")
def test_a_password_that_is_put_right_helps_once_the_operator_asks_again(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    only.ask("CONFIG", "SET", "requirepass", "later")
    with watching(target(only.address, password="now")) as engine:
        until(engine, lambda fleet: fault(fleet, only.address) == "noauth")
        with Wire(only.address, password="later") as wire:
            wire.ask("CONFIG", "SET", "requirepass", "now")
        engine.poke()
        until(engine, lambda fleet: fault(fleet, only.address) is None)


def test_nothing_is_ever_said_to_a_server_but_questions(replication_group: Start) -> None:
    """MONITOR as the witness, while a server hangs, comes back, and is asked afresh; what servers say is left out."""
    group = replication_group(replicas=1, chained=1)
    second = group.nodes[1]
    spies = [Spy(server) for server in group.nodes]
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        second.hang()
        until(engine, lambda fleet: fault(fleet, second.address) == "hung")
        second.resume()
        until(engine, lambda fleet: fault(fleet, second.address) is None)
        engine.poke()
        engine.call(engine.fresh(engine.fleet.groups[0].name)).result(5)
        until(engine, lambda fleet: not fleet.findings)
    for spy in spies:
        said = spy.stop()
        assert {"info", "role", "ping"} <= said
        assert said - BETWEEN_SERVERS <= READ_ONLY
