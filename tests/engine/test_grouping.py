"""Which servers belong together, from nothing but what they say of each other."""

from __future__ import annotations

from itertools import permutations

import pytest

from redistui.engine.observation import Observation
from redistui.model import Target
from tests.engine.telling import NOW, assembled, drawn, groups, member, sentinel_told, silent, told

PROD, STAGE = Target(("a:1",), title="prod"), Target(("x:1",), title="stage")


@pytest.mark.parametrize(
    ("servers", "found"),
    [
        ([told("a:1")], {"a:1": ["a:1"]}),
        ([told("a:1", replicas=["b:1"]), told("b:1", "a:1", replid="1")], {"a:1": ["a:1", "b:1"]}),
        ([told("b:1", "a:1"), silent("a:1")], {"a:1": ["a:1", "b:1"]}),
        ([told("b:1", "a:1", replid="2"), told("c:1", "b:1", replid="3")], {"b:1": ["b:1", "c:1"]}),
        ([told("a:1", replid="1"), told("b:1", replid="2")], {"a:1": ["a:1"], "b:1": ["b:1"]}),
        ([told("a:1", replid="1"), told("b:1", replid="2", replid2="1")], {"a:1": ["a:1", "b:1"]}),
        ([silent("a:1"), silent("b:1")], {"a:1": ["a:1", "b:1"]}),
        ([silent("s:2")], {"s:2": ["s:2"]}),
    ],
)
def test_who_follows_whom_and_who_shares_a_history_is_one_group(
    servers: list[Observation], found: dict[str, list[str]]
) -> None:
    assert groups(drawn(*servers)) == found


def test_a_history_ties_only_what_was_found_through_one_target() -> None:
    """A stage that was filled from production's dump: Redis 7 keeps the dump's replication id as its second one."""
    fleet = drawn(told("a:1"), told("x:1", replid="2", replid2="1"), targets={"a:1": PROD, "x:1": STAGE})
    assert groups(fleet) == {"prod": ["a:1"], "stage": ["x:1"]}
    assert not fleet.findings


@pytest.mark.parametrize(
    ("servers", "found"),
    [
        ([told("a:1"), silent("b:1")], {"shop": ["a:1", "b:1"]}),
        ([silent("a:1"), told("b:1", replicas=["c:1"]), told("c:1", "b:1")], {"shop": ["a:1", "b:1", "c:1"]}),
        ([silent("a:1"), silent("b:1")], {"shop": ["a:1", "b:1"]}),
        ([told("a:1"), silent("d:1")], {"shop": ["a:1", "d:1"]}),  # it was spoken of once
        (
            [told("a:1", replid="1"), told("b:1", replid="2"), silent("c:1")],
            {"a:1": ["a:1"], "b:1": ["b:1"], "c:1": ["c:1"]},
        ),
        ([told("a:1"), told("e:1", "c:1", replid="2"), silent("c:1")], {"a:1": ["a:1"], "c:1": ["c:1", "e:1"]}),
    ],
)  # fmt: skip
def test_who_never_answered_stands_in_the_one_group_of_its_target(
    servers: list[Observation], found: dict[str, list[str]]
) -> None:
    shop = Target(("a:1", "b:1", "c:1"), title="shop")
    assert groups(drawn(*servers, targets={seen.address: shop for seen in servers})) == found


def test_two_targets_that_speak_of_each_other_are_one_group() -> None:
    fleet = drawn(told("a:1", replicas=["x:1"]), told("x:1", "a:1"), targets={"a:1": PROD, "x:1": STAGE})
    assert groups(fleet) == {"a:1": ["a:1", "x:1"]} or len(fleet.groups) == 1


WATCHED = [told("a:1", replicas=["b:1"]), told("b:1", "a:1")]


def test_what_sentinels_watch_is_a_group_by_its_name() -> None:
    s, t = (
        sentinel_told(f"{one}:2", {"orders": "a:1"}, replicas=["b:1"], peers=[f"{other}:2"])
        for one, other in ("st", "ts")
    )
    assert groups(drawn(*WATCHED, s, t)) == {"orders": ["a:1", "b:1", "|s:2", "|t:2"]}


def test_sentinels_that_have_not_told_of_each_other_yet_are_one_group_all_the_same() -> None:
    first = [sentinel_told(f"{one}:2", {"orders": "a:1"}, names=False) for one in "stu"]
    assert groups(drawn(*WATCHED, *first)) == {"orders": ["a:1", "b:1", "|s:2", "|t:2", "|u:2"]}


def test_two_sets_of_sentinels_may_use_one_name() -> None:
    fleet = drawn(
        told("a:1"), told("x:1", replid="2"),
        sentinel_told("s:2", {"mymaster": "a:1"}), sentinel_told("t:2", {"mymaster": "x:1"}),
    )  # fmt: skip
    assert groups(fleet) == {"mymaster (a:1)": ["a:1", "|s:2"], "mymaster (x:1)": ["x:1", "|t:2"]}


def test_one_set_of_sentinels_may_watch_many_names() -> None:
    many = sentinel_told("s:2", {"orders": "a:1", "users": "x:1"})
    fleet = drawn(told("a:1"), told("x:1", replid="2"), many)
    assert groups(fleet) == {"orders": ["a:1", "|s:2"], "users": ["x:1", "|s:2"]}


def test_sentinels_that_disagree_on_the_primary_are_still_of_one_group() -> None:
    fleet = drawn(
        silent("a:1"), silent("b:1"),
        sentinel_told("s:2", {"orders": "a:1"}, replicas=["b:1"], peers=["t:2"]),
        sentinel_told("t:2", {"orders": "b:1"}, replicas=["a:1"], peers=["s:2"]),
    )  # fmt: skip
    assert groups(fleet) == {"orders": ["a:1", "b:1", "|s:2", "|t:2"]}


def test_a_sentinel_that_watches_nothing_or_says_nothing_yet_stands_alone() -> None:
    assert groups(drawn(sentinel_told("s:2", {}))) == {"s:2": ["|s:2"]}
    assert groups(drawn(silent("s:2"), hinted=["s:2"])) == {"s:2": ["|s:2"]}


def test_members_of_a_cluster_are_one_group_whoever_tells() -> None:
    view = member("a", "0-8191") + member("b", "8192-16383") + member("r", primary="a") + member("d", flags="fail")
    fleet = drawn(told("a:1", replid="1", view=view), told("b:1", replid="2", view=view), silent("r:1"), silent("d:1"))
    assert groups(fleet) == {"a:1": ["a:1", "b:1", "d:1", "r:1"]}
    assert fleet.groups[0].kind == "cluster"


def test_members_without_an_address_are_not_looked_for() -> None:
    view = member("a", "0-16383", flags="myself", at=":1") + member("n", at=":0", flags="noaddr")
    view += member("h", at="h:1", flags="handshake") + member("z", at="z:0")
    ledgers = assembled(told("a:1", view=view)).ledgers
    assert list(ledgers) == ["a:1"]


def test_a_title_belongs_to_the_one_group_of_its_target() -> None:
    both = {"a:1": PROD, "b:1": PROD, "x:1": PROD}
    assert list(groups(drawn(*WATCHED, targets=both))) == ["prod"]
    assert list(groups(drawn(*WATCHED, told("x:1", replid="2"), targets=both))) == ["a:1", "x:1"]


def test_groups_are_the_same_in_whatever_order_servers_were_heard() -> None:
    servers = [*WATCHED, told("c:1", "b:1"), sentinel_told("s:2", {"orders": "a:1"}, replicas=["b:1"])]
    assert len({str(groups(drawn(*order))) for order in permutations(servers)}) == 1


# -- one process under several names ----------------------------------------------------------------------------------


def test_the_name_that_others_use_is_kept() -> None:
    fleet = drawn(
        told("localhost:1", run_id="r", replicas=["b:1"]), told("a:1", run_id="r", replicas=["b:1"]), told("b:1", "a:1")
    )
    assert groups(fleet) == {"a:1": ["a:1", "b:1"]}


def test_an_alias_of_an_alias_leads_to_the_server() -> None:
    """First two names of which nobody speaks, later the one that the replica uses."""
    made = assembled(told("vip:1", run_id="r"), told("localhost:1", run_id="r"))
    made.fleet(NOW, 1.0)
    assert dict(made.known_as) == {"localhost:1": "vip:1"}
    for seen in (told("b:1", "a:1"), told("a:1", run_id="r", replicas=["b:1"])):
        made.expect(seen.address, PROD)
        made.take(seen)
    assert [one.address for one in made.fleet(NOW, 1.0).groups[0].nodes] == ["a:1", "b:1"]
    assert dict(made.known_as) == {"localhost:1": "a:1", "vip:1": "a:1"}
    assert not made.expect("localhost:1", PROD)


def test_a_replica_that_follows_an_alias_follows_the_server() -> None:
    fleet = drawn(
        told("a:1", run_id="r", replicas=["b:1"]), told("alias:1", run_id="r", replicas=["b:1"]),
        told("b:1", "a:1"), told("c:1", "alias:1"), told("d:1", "a:1"),
    )  # fmt: skip
    (group,) = fleet.groups
    assert [one.address for one in group.nodes] == ["a:1", "b:1", "c:1", "d:1"]
    assert {one.replication.primary for one in group.nodes if one.replication and one.role == "replica"} == {"a:1"}


def test_a_server_that_has_a_fault_is_no_alias() -> None:
    made = assembled(told("a:1", run_id="r"), told("b:1", replid="2", run_id="r"))
    made.take(silent("b:1"))
    assert len(made.fleet(NOW, 1.0).groups) == 2
