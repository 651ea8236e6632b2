"""set-parameter: what is refused and why, what is sent, and each step reply by reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Fleet, Group, ReplicaSeen
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.parameter.steps import OLD, ParameterIs, ReadParameter, SetParameter
from redistui.ops.parameter.table import BY_NAME, ELSEWHERE, PARAMETERS
from redistui.ops.parameter.values import canonical, wrong
from redistui.ops.set_parameter import SET_PARAMETER, names, values
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed
from tests import fleets
from tests.ops.play import play

A, B, S = "10.20.0.11:6379", "10.20.0.12:6379", "10.20.0.11:26379"
LOST, REFUSED = Lost("no answer within 2 s"), Refused("NOPERM no")
GIB = 1 << 30


def fleet(group: Group | None = None, **changes: Any) -> Fleet:
    group = group or fleets.sentinel_group("orders", chain=False)
    return replace(Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group,), complete=True), **changes)


def aim(node: str, name: str, value: str, group: str = "orders", **options: str) -> Aim:
    return Aim(group, node, options, (node, name, value))


def why_not(name: str, value: str, node: str = A, group: Group | None = None, **options: str) -> str:
    seen = fleet(group)
    return "; ".join(refusals(SET_PARAMETER, seen, aim(node, name, value, seen.groups[0].name, **options)))


def noted(name: str, value: str, node: str = A, group: Group | None = None) -> str:
    return "; ".join(warnings(SET_PARAMETER, fleet(group), aim(node, name, value)))


def plan(name: str, value: str, node: str = A, group: Group | None = None, **options: str) -> Plan:
    return SET_PARAMETER.plan(fleet(group), aim(node, name, value, **options))


def with_node(place: int, **changes: Any) -> Group:
    group = fleets.sentinel_group("orders", chain=False)
    nodes = list(group.nodes)
    nodes[place] = replace(nodes[place], **changes)
    return replace(group, nodes=tuple(nodes))


# -- the table ---------------------------------------------------------------------------------------------------------


def test_every_parameter_says_what_it_does_and_what_it_takes() -> None:
    assert len({row.name for row in PARAMETERS}) == len(PARAMETERS)
    for row in PARAMETERS:
        assert row.does
        assert row.takes
        assert not row.does.endswith(".")
        assert row.name not in ELSEWHERE
        assert row.danger != "lossy"
        assert bool(row.values) == (row.sort in ("word", "yes or no"))
        assert all(wrong(row, value) == "" for value in row.values)


@pytest.mark.parametrize(
    ("name", "value", "means"),
    [
        ("maxmemory", "100mb", 100 << 20),
        ("maxmemory", "1k", 1000),
        ("maxmemory", "1KB", 1024),
        ("maxmemory", "2G", 2 * 10**9),
        ("maxmemory", "512b", 512),
        ("maxmemory", "1.5gb", None),
        ("maxmemory", "-1", None),
        ("maxmemory", "", None),
        ("maxmemory", "٣mb", None),
        ("slowlog-log-slower-than", "-1", -1),
        ("slowlog-log-slower-than", "1e3", None),
        ("slowlog-log-slower-than", "0", 0),
        ("slowlog-log-slower-than", "-0", None),
        ("timeout", "0300", None),
        ("maxmemory", "01mb", None),
        ("activedefrag", "YES", "yes"),
        ("activedefrag", "on", None),
        ("maxmemory-policy", "allkeys-lru", "allkeys-lru"),
        ("maxmemory-policy", "lru", None),
    ],
)
def test_values_are_read_as_servers_read_them(name: str, value: str, means: object) -> None:
    assert canonical(BY_NAME[name], value) == means


# -- preflight ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("requirepass", "hunter2", "a secret would stand"),
        ("masterauth", "hunter2", "a secret would stand"),
        ("primaryauth", "hunter2", "a secret would stand"),
        ("dir", "/tmp", "says where the server listens or writes"),
        ("port", "1", "says where the server listens or writes"),
        ("save", "", "changes what is kept on disk"),
        ("replicaof", "x", "`attach` and `detach`"),
        ("replica-read-only", "no", "`replica-read-only` is the action"),
        ("max-memory", "1gb", "did you mean maxmemory?"),
        ("slave-priority", "0", "did you mean replica-priority?"),
        ("zzz", "1", "tab on the : line lists them"),
        ("hz", "1000", "hz takes a number from 1 to 500, not '1000'"),
        ("repl-backlog-size", "1kb", "from 16384 up"),
        ("appendfsync", "maybe", "always, everysec or no"),
        ("cluster-node-timeout", "5000", "does something in a cluster only"),
    ],
)
def test_what_is_not_safe_or_not_valid_is_refused_with_its_reason(name: str, value: str, words: str) -> None:
    said = why_not(name, value)
    assert words in said
    assert "hunter2" not in said


def test_a_node_that_is_none_of_the_group_is_refused() -> None:
    assert "is a Sentinel: `sentinel-set`" in why_not("hz", "10", S)
    assert "9.9.9.9:1 is no node of orders" in why_not("hz", "10", "9.9.9.9:1")
    nowhere = refusals(SET_PARAMETER, fleet(), aim("9.9.9.9:1", "hz", "10", ""))
    assert nowhere == ("9.9.9.9:1 is no node of any group here; `redistui status` lists them",)


def test_a_server_that_is_too_old_for_it_is_named() -> None:
    old = with_node(0, server="redis", version="6.2.5")
    assert "runs redis 6.2.5, which has no latency-tracking; Redis has it since 7.0" in why_not(
        "latency-tracking", "no", group=old
    )
    cart = fleets.cluster_group(troubled=False)
    old = replace(cart, nodes=tuple(replace(node, server="redis", version="7.0.15") for node in cart.nodes))
    assert "Redis has none" in why_not("cluster-manual-failover-timeout", "9000", "10.30.0.1:7000", old)
    assert why_not("cluster-manual-failover-timeout", "9000", "10.30.0.1:7000", cart) == ""


def test_a_limit_on_clients_that_would_lock_us_out_is_refused() -> None:
    group = with_node(0, metrics={"clients": 120.0})
    assert "about 120 clients are connected: with 130, new ones would be refused" in why_not(
        "maxclients", "130", group=group
    )
    assert why_not("maxclients", "152", group=group) == ""
    assert "is not known" in why_not("maxclients", "10000", group=with_node(0, metrics={}))


def test_a_limit_on_memory_below_what_is_in_use_wants_the_sentence_typed() -> None:
    group = with_node(0, metrics={"memory_used": 3.26 * GIB})
    assert f"{A} uses about 3.3 GiB, which is more: keys are evicted" in noted("maxmemory", "2gb", group=group)
    made = plan("maxmemory", "2gb", group=group)
    assert (made.danger, made.confirm) == ("lossy", f"evict keys at {A}")
    moved = with_node(0, metrics={"memory_used": 3.27 * GIB})
    assert plan("maxmemory", "2gb", group=moved) == made
    assert plan("maxmemory", "4gb", group=group).danger == "risky"
    assert plan("maxmemory", "0", group=group).danger == "risky"
    assert "is not known" in why_not("maxmemory", "2gb", group=with_node(0, metrics={}))


def test_a_replica_with_less_memory_than_its_primary_uses_is_warned_of() -> None:
    small = with_node(1, metrics={"memory_used": 0.1 * GIB})
    used = small.nodes[0].metrics["memory_used"]
    assert "once promoted" in noted("maxmemory", str(int(used) - 1), B, small)


def test_more_replicas_than_there_are_is_warned_of() -> None:
    assert noted("min-replicas-to-write", "2") == ""
    assert "2 replicas are online: writes are refused (NOREPLICAS) until there are 3" in noted(
        "min-replicas-to-write", "3"
    )
    group = fleets.sentinel_group("orders", chain=False)
    own = group.nodes[0].replication
    assert own is not None
    syncing = replace(own, replicas=(ReplicaSeen(B, "wait_bgsave", 0, 0),))
    assert "0 replicas are online" in noted("min-replicas-to-write", "1", group=with_node(0, replication=syncing))
    assert "once" in noted("min-replicas-to-write", "1", B)


def test_the_last_replica_that_may_be_promoted_is_warned_of() -> None:
    assert noted("replica-priority", "0", B) == ""
    group = fleets.sentinel_group("orders", chain=False)
    alone = replace(group, nodes=group.nodes[:2])
    assert "nobody would take over" in noted("replica-priority", "0", B, alone)


# -- plans -------------------------------------------------------------------------------------------------------------


def test_it_is_read_set_written_and_read_back() -> None:
    made = plan("slowlog-max-len", "256")
    commands = [f"{step.node} {' '.join(argv)}" for step in made.steps for argv in step.commands()]
    assert commands == [f"{A} CONFIG SET slowlog-max-len 256", f"{A} CONFIG REWRITE"]
    assert (made.danger, made.confirm, made.release) == ("routine", "", ())
    assert str(OLD) in made.undo
    assert plan("maxmemory", "100MB").steps[1].commands() == (("CONFIG", "SET", "maxmemory", "100mb"),)


def test_what_should_be_weighed_stands_in_the_plan() -> None:
    made = plan("timeout", "30")
    assert (made.danger, made.confirm) == ("risky", "orders")
    assert made.loses == "No data. Pools of idle connections are cut as well."
    assert plan("hz", "20").loses == "No data."


def test_completion_offers_what_does_something_there() -> None:
    seen = fleets.quiet()
    assert "cluster-node-timeout" not in set(names(seen, (A,)))
    assert "cluster-node-timeout" in set(names(seen, ("10.30.0.1:7000",)))
    assert tuple(values(seen, (A, "appendfsync"))) == ("always", "everysec", "no")
    assert tuple(values(seen, (A, "hz"))) == tuple(values(seen, (A,))) == ()


# -- steps -------------------------------------------------------------------------------------------------------------


def get(value: object) -> tuple[Ask, Any]:
    return Ask(A, ("CONFIG", "GET", "maxmemory")), [b"maxmemory", value] if isinstance(value, bytes) else value


def test_the_value_before_is_noted() -> None:
    played = play(ReadParameter(A, "maxmemory", "1gb"), get(b"0"))
    assert (played.said, played.notes) == ("it is 0", {OLD: "0"})


@pytest.mark.parametrize(
    ("reply", "was", "words"),
    [
        ([], "", "does not know maxmemory"),
        (None, "", "does not know maxmemory"),
        (b"1073741824", "", "maxmemory is 1073741824 already"),
        (b"5", "6", "maxmemory is 5, not 6"),
    ],
)
def test_where_there_is_nothing_to_do_or_another_value_nothing_is_sent(reply: object, was: str, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(ReadParameter(A, "maxmemory", "1gb", was), get(reply))


SET = Ask(A, ("CONFIG", "SET", "maxmemory", "1gb"), mutates=True)


def test_it_is_set_if_nobody_changed_it_meanwhile() -> None:
    step = SetParameter(A, "maxmemory", "1gb")
    assert play(step, get(b"0"), (SET, b"OK"), notes={OLD: "0"}).said == "OK; it was 0"
    with pytest.raises(StepFailed, match="was 0, and is 7 now") as failure:
        play(step, get(b"7"), notes={OLD: "0"})
    assert failure.value.unchanged
    with pytest.raises(Refused):
        play(step, get(b"0"), (SET, REFUSED), notes={OLD: "0"})


def test_a_lost_reply_is_settled_by_reading_and_nothing_is_sent_again() -> None:
    step = SetParameter(A, "maxmemory", "1gb")
    assert play(step, get(b"0"), (SET, LOST), get(b"1073741824"), notes={OLD: "0"}).said == "OK; it was 0"
    for reply in (b"0", LOST, REFUSED):
        with pytest.raises(NotKnown):
            play(step, get(b"0"), (SET, LOST), get(reply), notes={OLD: "0"})
    again = play(step, get(b"1073741824"), notes={OLD: "0"})
    assert again.said == "it is 1073741824 already; it was 0"


def test_it_must_read_back_as_what_was_set() -> None:
    step = ParameterIs(A, "maxmemory", "1gb")
    assert play(step, get(b"1073741824")).said == f"maxmemory is 1073741824 at {A}"
    with pytest.raises(StepFailed):
        play(step, get(b"0"))
    with pytest.raises(NotKnown):
        play(step, get([]))
