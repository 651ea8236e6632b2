"""Every rule: when it speaks, when it keeps silent, and that a config can set its thresholds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.rules.limits import DEFAULTS, THRESHOLDS
from redistui.judge.rules.table import KINDS, RULES, findings
from redistui.model import FaultKind, Node, Sentinel
from tests.judge.short import group, node, said, sentinel

A, B = node("a", acks={"b": 0}), node("b", "a")
THREE = [sentinel(name) for name in "xyz"]


@pytest.mark.parametrize("kind", ["refused", "unreachable", "hung", "closed", "tls", "garbage"])
def test_a_node_that_serves_nobody_is_bad(kind: FaultKind) -> None:
    assert said(A, B, node("c", "a", fault=kind)) == ["node-down c"]


@pytest.mark.parametrize("kind", ["loading", "busy", "masterdown", "noauth", "noperm", "maxclients", "error"])
def test_a_node_that_answers_with_a_fault_is_a_warning(kind: FaultKind) -> None:
    assert said(A, B, node("c", "a", fault=kind)) == ["(node-fault c)"]


def test_what_a_dead_node_was_is_told() -> None:
    (finding,) = [one for one in findings(group(node("a", fault="hung"), B), {}) if one.rule == "node-down"]
    assert finding.message == "a:1 hung, was primary: is hung"


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([A, node("b", acks={"c": 0})], ["two-primaries b"]),
        ([A, node("b", replid="two", replid2="one")], ["two-primaries b"]),
        ([node("b", replid="two", replid2="one"), node("a")], ["two-primaries a", "(resurrected-primary a)"]),
        ([A, node("b", replid="other")], []),
        ([A, B, node("c", fault="hung")], ["node-down c"]),
    ],
)
def test_two_that_take_writes_for_one_data_set_are_bad(members: list[Node], found: list[str]) -> None:
    assert said(*members) == found


def fenced(one: Node) -> Node:
    """min-replicas-to-write is set there, and no replica counts for it."""
    assert one.replication is not None
    return replace(one, replication=replace(one.replication, good_replicas=0))


def led(*members: Node) -> list[tuple[str, str, str]]:
    """Rule, level and node of what is said of their leadership."""
    rules = ("two-primaries", "resurrected-primary")
    return [(one.rule, one.level, one.node or "") for one in findings(group(*members), {}) if one.rule in rules]


def test_a_second_primary_that_refuses_writes_is_a_warning_that_says_so() -> None:
    """As after `detach`: it was promoted, and stays fenced until somebody opens it."""
    members = (A, B, fenced(node("c", replid="two", replid2="one")))
    assert led(*members) == [("two-primaries", "warn", "c:1")]
    (text,) = [one.message for one in findings(group(*members), {}) if one.rule == "two-primaries"]
    assert "a:1 takes writes, c:1 refuses them" in text


def test_it_is_bad_where_only_the_one_too_many_takes_writes_or_nobody_does() -> None:
    heir = node("b", replid="two", replid2="one")
    assert led(fenced(A), heir) == [("two-primaries", "bad", "b:1")]
    assert led(fenced(A), fenced(heir)) == [("two-primaries", "bad", "b:1")]


def test_an_old_primary_that_refuses_writes_loses_none_of_them() -> None:
    assert led(node("b", replid="two", replid2="one"), fenced(node("a"))) == [("two-primaries", "warn", "a:1")]


def test_nothing_is_said_of_a_split_in_which_nothing_was_written() -> None:
    def since(one: Node, second: int) -> Node:
        assert one.replication is not None
        return replace(one, replication=replace(one.replication, second_offset=second))

    kept, gone = node("a", offset=150), since(node("c", offset=100, replid="two", replid2="one"), 101)
    assert said(kept, B, gone) == ["two-primaries c"]
    gone = since(node("c", offset=110, replid="two", replid2="one"), 101)
    assert said(kept, B, gone) == ["two-primaries c", "split c"]


def test_in_a_sentinel_group_a_second_primary_is_bad_whatever_its_history() -> None:
    """The old primary was restarted: it has a new replication id, and takes writes until Sentinel demotes it."""
    back = [node("a", replid="fresh"), node("b", acks={"c": 0}), node("c", "b")]
    assert said(*back, *(sentinel(name, "b", epoch=2) for name in "xyz")) == ["two-primaries a"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([node("a", fault="refused"), B], ["node-down a", "no-primary"]),
        ([B, node("c", "b")], ["no-primary"]),
        ([B], ["no-primary"]),
        ([node("a", read=None), B], []),
        ([node("a", fault="busy"), B], ["(node-fault a)"]),
        ([node("a", fault="noauth", read=None), B], ["(node-fault a)"]),
        ([node("a", read=None)], []),
        ([], []),
    ],
)
def test_no_primary_is_said_only_when_everybody_who_might_be_one_was_asked(
    members: list[Node], found: list[str]
) -> None:
    assert said(*members) == found


def test_a_conflict_of_role_and_info_is_bad() -> None:
    assert "role-conflict b" in said(A, node("b", "a", conflict="ROLE says replica, INFO says primary"), node("c", "a"))


@pytest.mark.parametrize(
    ("replica", "found"),
    [
        (node("b", "a", link="down"), ["link-down b"]),
        (node("b", "a", link="down", syncing=True), ["(link-down b)"]),
        (node("b", "a", link=None), []),
        (node("b", "a", fault="hung", link="down"), ["node-down b"]),
    ],
)
def test_a_replica_without_its_link_is_told(replica: Node, found: list[str]) -> None:
    assert said(A, replica, node("c", "a")) == found


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([A, node("b", "a", priority=0)], ["no-good-replica"]),
        ([A, node("b", "a", priority=0), node("c", "a")], []),
        ([A, node("b", "a", fault="hung")], ["node-down b", "no-good-replica"]),
        ([A, node("b", "a", link="down")], ["link-down b", "no-good-replica"]),
        ([A, node("b", "gone")], ["no-good-replica", "(orphan-primary a)"]),
        ([A, node("b", "a", read=None)], []),
        ([A], []),
        ([A, *THREE], ["no-good-replica"]),
        ([A, node("b", "a", read=None), *THREE], []),
        ([node("a", read=None), node("b", read=None), *THREE], []),
    ],
)
def test_nobody_to_promote_is_said_once_all_were_asked(members: list[Node | Sentinel], found: list[str]) -> None:
    assert said(*members) == found


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        ({"memory_percent": 79.9}, []),
        ({"memory_percent": 80.0}, ["(memory b)"]),
        ({"memory_percent": 90.0}, ["memory b"]),
        ({"cpu_percent": 85.0}, ["(cpu b)"]),
        ({"cpu_percent": 150.0}, ["cpu b"]),
        ({"clients": 1000.0}, ["(clients b)"]),
        ({"ops_per_second": 10000.0}, ["(ops b)"]),
        ({"lag_bytes": 11.0 * 1024 * 1024}, ["(lag-bytes b)"]),
        ({"lag_seconds": 10.0}, ["(lag-seconds b)"]),
        ({"lag_seconds": 30.0}, ["lag-seconds b"]),
    ],
)
def test_too_much_is_told_at_its_level(metrics: dict[str, float], found: list[str]) -> None:
    assert said(A, node("b", "a", **metrics)) == found


def test_thresholds_can_be_set_and_the_finding_carries_both_numbers() -> None:
    one = group(A, node("b", "a", clients=7.0))
    (finding,) = findings(one, {"clients.bad": 5.0})
    assert (finding.rule, finding.level, finding.value, finding.threshold) == ("clients", "bad", 7.0, 5.0)
    assert findings(one, {"clients.warn": 8.0}) == ()


def test_a_threshold_and_a_rule_have_one_name_and_a_doc() -> None:
    assert {name.rpartition(".")[0] for name in DEFAULTS} == {one.name for one in THRESHOLDS}
    assert {name.rpartition(".")[2] for name in DEFAULTS} == {"warn", "bad"}
    assert len({one.name for one in THRESHOLDS}) == len(THRESHOLDS)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.doc.endswith(".") and rule.kinds for rule in RULES)
    assert all(one.doc.endswith(".") for one in THRESHOLDS)
    assert all(kind.doc and kind.advice.endswith(".") for kind in KINDS.values())


def test_every_message_names_the_node_it_is_about() -> None:
    sick = [
        A,
        node("b", "a", link="down", clients=5000.0),
        node("c", "a", fault="hung"),
        replace(node("d"), conflict="x"),
    ]
    for finding in findings(group(*sick, sentinel("x", tilt=True), sentinel("y", "b", epoch=0)), {}):
        assert finding.node is None or finding.node in finding.message


@pytest.mark.parametrize(
    ("faults", "found"),
    [
        (("refused", "hung"), ["node-down a", "node-down b", "no-primary"]),
        (("refused", "busy"), ["node-down a", "(node-fault b)"]),
        (("refused", None), ["node-down a"]),
    ],
)
def test_a_cluster_of_which_no_node_answers_serves_no_slot(
    faults: tuple[FaultKind | None, ...], found: list[str]
) -> None:
    members = [node(one, fault=fault) for one, fault in zip("ab", faults, strict=True)]
    assert [one for one in said(*members, kind="cluster") if "primar" in one or "node" in one] == found
