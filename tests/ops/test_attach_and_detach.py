"""attach, detach and replica-read-only: what refuses them, what they warn of, and what they would send."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Fleet, Group, Node
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.attach import ATTACH
from redistui.ops.detach import DETACH
from redistui.ops.plain.attach_checks import rounded_up
from redistui.ops.plain.group import up_to
from redistui.ops.read_only import REPLICA_READ_ONLY
from redistui.ops.steps import Secret
from tests import fleets
from tests.ops.test_promote_checks import A, B, C, Change, down, fleet, healthy, link, node

X = "10.20.0.99:6379"


def stranger(**changes: Any) -> Node:
    made = fleets.node(X, seed=9, server="redis", version="7.0.15")
    assert made.replication is not None
    own = replace(made.replication, replid="e" * 40, replid2=None)
    return replace(made, **{"replication": own, "metrics": {**made.metrics, "keys": 120_331.0}, **changes})


def with_stranger(group: Group | None = None, **changes: Any) -> Fleet:
    alone = Group(X, "replication", (stranger(**changes),), primary=X)
    known = fleet(group or healthy())
    return replace(known, groups=(*known.groups, alone))


def attach(replica: str = X, primary: str = A) -> Aim:
    return Aim("plain", replica, {}, (replica, primary), (X,) if replica == X else ())


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


# -- attach -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "words"),
    [("unix:/run/redis.sock", "a replica needs a host and a port"), ("127.0.0.1:6379", f"means {X}'s own machine")],
)
def test_a_primary_that_the_replica_cannot_reach_is_not_attached_to(address: str, words: str) -> None:
    alone = Group("plain", "replication", (fleets.node(address, server="redis", version="7.0.15"),), primary=address)
    assert words in "; ".join(refusals(ATTACH, with_stranger(alone), attach(primary=address)))


def test_one_that_does_not_answer_is_made_read_only_by_nobody() -> None:
    aim = Aim("plain", B, {}, (B, "off"))
    assert f"{B} does not answer" in "; ".join(refusals(REPLICA_READ_ONLY, fleet(node(1, **down())(healthy())), aim))


def test_the_password_comes_before_replicaof_and_is_a_hole() -> None:
    plan = ATTACH.plan(with_stranger(), attach())
    assert commands(plan) == [
        f"{X} CONFIG SET masteruser <user for {A}>",
        f"{X} CONFIG SET masterauth <password for {A}>",
        f"{X} REPLICAOF 10.20.0.11 6379",
        f"{X} CONFIG SET min-replicas-to-write <its primary's value>",
        f"{X} CONFIG REWRITE",
    ]
    assert all(isinstance(argv[-1], Secret) for argv in plan.steps[1].commands())
    assert plan.named() == (X, A)
    assert plan.steps[plan.point_of_no_return].commands() == (("REPLICAOF", "10.20.0.11", "6379"),)


def test_the_keys_that_are_lost_have_to_be_typed_and_the_last_of_them_do_not_move_the_plan() -> None:
    plan = ATTACH.plan(with_stranger(), attach())
    assert (plan.danger, plan.confirm) == ("lossy", f"lose up to 130000 keys of {X}")
    assert any("(120331) are lost" in text for text in warnings(ATTACH, with_stranger(), attach()))
    assert ATTACH.plan(with_stranger(metrics={**stranger().metrics, "keys": 120_999.0}), attach()) == plan
    unknown = {name: value for name, value in stranger().metrics.items() if name != "keys"}
    assert ATTACH.plan(with_stranger(metrics=unknown), attach()).confirm == f"lose all keys of {X}"
    assert [rounded_up(count) for count in (0, 1, 99, 100, 101, 120_000)] == [0, 1, 99, 100, 110, 120_000]


def test_a_node_without_data_or_with_a_copy_only_loses_nothing() -> None:
    empty = ATTACH.plan(with_stranger(metrics={**stranger().metrics, "keys": 0.0}), attach())
    assert (empty.danger, empty.confirm) == ("risky", "plain")
    moved = ATTACH.plan(fleet(healthy()), attach(C, B))
    assert (moved.danger, moved.confirm) == ("risky", "plain")
    assert any("a chain" in text for text in warnings(ATTACH, fleet(healthy()), attach(C, B)))


ATTACHED: list[tuple[str, Fleet, Aim, str]] = [
    ("itself", fleet(healthy()), attach(A, A), "one and the same server"),
    ("itself by another name", with_stranger(run_id=healthy().nodes[0].run_id), attach(), "one and the same server"),
    ("a circle", fleet(healthy()), attach(A, B), f"{B} follows {A}: they would follow each other"),
    ("a longer circle", fleet(link(2, primary=B)(healthy())), attach(A, C), "in a circle"),
    ("it follows already", fleet(healthy()), attach(B, A), f"{B} follows {A} already"),
    ("a stranger unknown", fleet(healthy()), attach(X, A), f"{X} is not known here"),
    ("a primary unknown", with_stranger(), attach(X, "10.9.9.9:1"), "10.9.9.9:1 is no node of plain"),
    ("a silent stranger", with_stranger(**down()), attach(), f"{X} does not answer"),
    ("a loading stranger", with_stranger(**down("loading", "loads its dataset")), attach(), f"{X} does not serve"),
    ("a silent primary", with_stranger(node(0, **down())(healthy())), attach(), f"{A} does not answer"),
    ("an older one", with_stranger(version="6.2.14"), attach(), "cannot read what 7.0.15 sends"),
    ("a cut-off primary", with_stranger(link(1, link="down")(healthy())), attach(X, B), "has nothing to give"),
    ("a FAILOVER", with_stranger(link(0, failover_state="waiting-for-sync")(healthy())), attach(), "in a FAILOVER"),
    ("a recording", replace(with_stranger(), replayed=True), attach(), "recording"),
]


@pytest.mark.parametrize(("seen", "aim", "words"), [row[1:] for row in ATTACHED], ids=[row[0] for row in ATTACHED])
def test_attach_is_refused_for(seen: Fleet, aim: Aim, words: str) -> None:
    said = refusals(ATTACH, seen, aim)
    assert any(words in text for text in said), said


def test_a_node_of_a_cluster_or_under_sentinels_is_not_attached_elsewhere() -> None:
    cluster = fleets.cluster_group("cart", troubled=False)
    there = cluster.nodes[0].address
    seen = replace(fleet(healthy()), groups=(healthy(), cluster))
    assert any("cluster mode" in text for text in refusals(ATTACH, seen, attach(there, A)))
    assert "add-node" in refusals(ATTACH, seen, Aim("cart", X, {}, (X, there)))[0]
    watched = fleets.sentinel_group("orders", "10.30.0")
    seen = replace(fleet(healthy()), groups=(healthy(), watched))
    for member in watched.nodes[:2]:
        said = refusals(ATTACH, seen, attach(member.address, C))
        assert any("Sentinels watch" in text for text in said), said
    inside = Aim("orders", "", {}, (watched.nodes[2].address, watched.nodes[1].address))
    assert any("follow the primary" in text for text in refusals(ATTACH, seen, inside))


def test_a_stranger_may_join_a_group_that_sentinels_watch() -> None:
    watched = fleets.sentinel_group("orders", "10.30.0")
    newer = stranger(version="9.1.2", server="valkey")
    seen = replace(fleet(watched), groups=(watched, Group(X, "replication", (newer,), primary=X)))
    aim = Aim("orders", X, {}, (X, watched.nodes[0].address), (X,))
    assert refusals(ATTACH, seen, aim) == ()


SURPRISES: list[tuple[str, Fleet, Aim, str]] = [
    (
        "little memory",
        with_stranger(metrics={**stranger().metrics, "memory_limit": 1024.0}),
        attach(),
        "less maxmemory",
    ),
    ("a version unknown", with_stranger(version=None), attach(), "a version is not known"),
    ("a primary", with_stranger(), attach(), f"{X} is a primary now"),
    ("replicas below it", fleet(link(2, primary=B)(healthy())), attach(B, A), "follows it along"),
]


@pytest.mark.parametrize(("seen", "aim", "words"), [row[1:] for row in SURPRISES], ids=[row[0] for row in SURPRISES])
def test_attach_warns_of(seen: Fleet, aim: Aim, words: str) -> None:
    said = warnings(ATTACH, seen, aim)
    assert any(words in text for text in said), said


def test_another_fleet_is_another_plan() -> None:
    first = ATTACH.plan(with_stranger(), attach())
    assert ATTACH.plan(with_stranger(run_id="d" * 40), attach()) != first
    assert ATTACH.plan(with_stranger(link(0, replid="d" * 40)(healthy())), attach()) != first


def test_a_chain_is_followed_to_its_end_and_a_circle_ends() -> None:
    chain = link(2, primary=B)(healthy())
    assert up_to(chain, chain.nodes[2]) == (B, A)
    circle = link(1, primary=C)(chain)
    assert up_to(circle, circle.nodes[1]) == (C, B)


# -- detach -----------------------------------------------------------------------------------------------------------


def detach(node: str = B, **options: str) -> Aim:
    return Aim("plain", node, options, (node,))


def test_a_detached_node_is_fenced_first_and_stays_so() -> None:
    plan = DETACH.plan(fleet(healthy()), detach())
    assert commands(plan) == [
        f"{B} CONFIG SET min-replicas-to-write 10000",
        f"{B} REPLICAOF NO ONE",
        f"{B} CONFIG REWRITE",
    ]
    assert (plan.danger, plan.confirm, plan.point_of_no_return) == ("risky", "plain", 3)
    assert len(plan.release) == 1
    assert plan.owed(taken=True) == ()
    assert plan.owed(taken=False) == plan.release


def test_a_second_writable_copy_has_to_be_typed() -> None:
    plan = DETACH.plan(fleet(healthy()), detach(writable="yes"))
    assert commands(plan) == [f"{B} REPLICAOF NO ONE", f"{B} CONFIG REWRITE"]
    assert (plan.danger, plan.confirm) == ("lossy", "two writable copies of plain")
    assert any("two-primaries" in text for text in warnings(DETACH, fleet(healthy()), detach(writable="yes")))
    assert not any("two-primaries" in text for text in warnings(DETACH, fleet(healthy()), detach()))


DETACHED: list[tuple[str, Change, str, str]] = [
    ("the primary", lambda group: group, A, "it follows nobody"),
    ("a silent one", node(1, **down()), B, "does not answer"),
    ("a dead primary", node(0, **down()), B, f"`promote {B}` is for that"),
    ("a FAILOVER", link(1, failover_state="failover-in-progress"), B, "in a FAILOVER"),
    ("a stranger", lambda group: group, X, "is no node of plain"),
]


@pytest.mark.parametrize(("change", "who", "words"), [row[1:] for row in DETACHED], ids=[row[0] for row in DETACHED])
def test_detach_is_refused_for(change: Change, who: str, words: str) -> None:
    said = refusals(DETACH, fleet(change(healthy())), detach(who))
    assert any(words in text for text in said), said


def test_detach_says_what_comes_of_the_others() -> None:
    assert refusals(DETACH, fleet(healthy()), detach()) == ()
    below = warnings(DETACH, fleet(link(2, primary=B)(healthy())), detach())
    assert any(f"{C} will follow it along" in text for text in below)
    assert any("left without a replica" in text for text in below)
    assert any(
        "not complete, or old" in text for text in warnings(DETACH, fleet(link(1, link="down")(healthy())), detach())
    )


def test_under_sentinels_or_in_a_cluster_nobody_is_detached() -> None:
    watched = fleets.sentinel_group("orders")
    aim = Aim("orders", watched.nodes[1].address, {}, (watched.nodes[1].address,))
    assert "make it follow the primary again" in refusals(DETACH, fleet(watched), aim)[0]
    cluster = fleets.cluster_group("cart")
    assert "`forget`" in refusals(DETACH, fleet(cluster), Aim("cart", cluster.nodes[3].address, {}, ("",)))[0]


# -- replica-read-only ------------------------------------------------------------------------------------------------


def read_only(word: str, node: str = B) -> Aim:
    return Aim("plain", node, {}, (node, word))


def test_writes_at_a_replica_are_allowed_with_the_groups_name_and_forbidden_with_a_key() -> None:
    off = REPLICA_READ_ONLY.plan(fleet(healthy()), read_only("off"))
    assert commands(off) == [f"{B} CONFIG SET replica-read-only no", f"{B} CONFIG REWRITE"]
    assert (off.danger, off.confirm) == ("risky", "plain")
    writable = fleet(link(1, read_only=False)(healthy()))
    on = REPLICA_READ_ONLY.plan(writable, read_only("on"))
    assert commands(on)[0] == f"{B} CONFIG SET replica-read-only yes"
    assert (on.danger, on.confirm) == ("routine", "")
    assert refusals(REPLICA_READ_ONLY, writable, read_only("on")) == ()
    assert any("until the next full resync" in text for text in warnings(REPLICA_READ_ONLY, writable, read_only("on")))


def test_what_is_so_already_and_what_is_no_replica_is_refused() -> None:
    assert refusals(REPLICA_READ_ONLY, fleet(healthy()), read_only("on")) == (f"it is on at {B} already",)
    assert "this is for replicas" in refusals(REPLICA_READ_ONLY, fleet(healthy()), read_only("on", A))[0]
    assert "is no node of plain" in refusals(REPLICA_READ_ONLY, fleet(healthy()), read_only("on", X))[0]
    cluster = fleets.cluster_group("cart")
    aim = Aim("cart", cluster.nodes[3].address, {}, (cluster.nodes[3].address, "off"))
    assert "to its primary" in refusals(REPLICA_READ_ONLY, fleet(cluster), aim)[0]
