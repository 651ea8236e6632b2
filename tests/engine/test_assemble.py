"""From observations to a snapshot: who is the primary, how far behind the others are, where they stand, what is new."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.engine.assemble import Assembler
from redistui.engine.observation import Observation
from redistui.model import Site
from tests.engine.telling import NOW, PLAIN, assembled, drawn, member, sentinel_told, silent, told
from tests.engine.watching import node, only_group, rules

A = told("a:1", replicas=["b:1"], offset=1000)


def test_the_one_that_says_so_is_the_primary() -> None:
    assert only_group(drawn(A, told("b:1", "a:1"))).primary == "a:1"


def test_of_two_the_promoted_one_is_the_primary() -> None:
    """Both take writes; the history of the promoted one began later, and somebody follows it."""
    fleet = drawn(
        told("a:1", second_repl_offset=-1),
        told("b:1", replid="2", replid2="1", second_repl_offset=900, replicas=["c:1"]),
        told("c:1", "b:1", replid="2"),
    )
    assert only_group(fleet).primary == "b:1"
    fleet = drawn(told("a:1", second_repl_offset=-1), told("b:1", replid="2", replid2="1", second_repl_offset=900))
    assert only_group(fleet).primary == "b:1"


def test_of_a_silent_primary_its_replicas_tell() -> None:
    made = assembled(A, told("b:1", "a:1"))
    made.take(silent("a:1"))
    assert only_group(made.fleet(NOW, 1.0)).primary == "a:1"


def test_the_head_of_a_chain_below_a_silent_primary_is_none() -> None:
    """Two follow the head, and only one the primary."""
    chain = (told("b:1", "a:1"), told("c:1", "b:1"), told("d:1", "b:1"))
    made = assembled(A, *chain)
    made.take(silent("a:1"))
    assert only_group(made.fleet(NOW, 1.0)).primary == "a:1"
    assert only_group(drawn(*chain)).primary is None


def test_sentinels_tell_whom_they_believe_in_whatever_it_says_itself() -> None:
    s = sentinel_told("s:2", {"orders": "b:1"}, replicas=["a:1"])
    assert only_group(drawn(told("a:1"), told("b:1", "a:1"), s)).primary == "b:1"


def test_lag_is_added_for_replicas_of_any_depth() -> None:
    slave = "ip=b,port=1,state=online,offset=900,lag=1"
    fleet = drawn(
        told("a:1", offset=1000, slave0=slave), told("b:1", "a:1", offset=900), told("c:1", "b:1", offset=700),
        told("d:1", "a:1", offset=700, replid="2"),
    )  # fmt: skip
    assert [node(fleet, f"{name}:1").metric("lag_bytes") for name in "abcd"] == [None, 100, 300, None]
    assert [node(fleet, f"{name}:1").metric("lag_seconds") for name in "abcd"] == [None, 1, None, None]


def test_the_lag_of_a_replica_whose_primary_is_silent_is_unknown() -> None:
    made = assembled(A, told("b:1", "a:1", offset=900))
    assert node(made.fleet(NOW, 1.0), "b:1").metric("lag_bytes") == 100
    made.take(silent("a:1"))
    assert node(made.fleet(NOW, 1.0), "b:1").metric("lag_bytes") is None


def test_sites_come_from_the_config_and_else_from_the_server() -> None:
    made = Assembler([Site("east", ("a",))])
    for seen in (told("a:1", availability_zone="z1"), told("b:1", "a:1", availability_zone="z2"), told("c:1", "a:1")):
        made.expect(seen.address, PLAIN)
        made.take(seen)
    fleet = made.fleet(NOW, 1.0)
    assert [node(fleet, f"{name}:1").site for name in "abc"] == ["east", "z2", None]
    assert only_group(fleet).site == "east"


def test_a_snapshot_does_not_change_when_the_next_one_does() -> None:
    made = assembled(told("a:1", used_memory=1))
    before = made.fleet(NOW, 1.0)
    made.take(told("a:1", used_memory=2, at=NOW + 1))
    after = made.fleet(NOW + 1, 1.0)
    assert [node(fleet, "a:1").metric("memory_used") for fleet in (before, after)] == [1, 2]
    with pytest.raises(FrozenInstanceError):
        before.at = 0.0  # type: ignore[misc]


def test_a_snapshot_is_complete_once_everybody_spoken_of_was_asked() -> None:
    made = assembled(A)
    assert made.fleet(NOW, 1.0).complete
    made.expect("b:1", PLAIN)
    assert not made.fleet(NOW, 1.0).complete
    made.take(silent("b:1"))
    assert made.fleet(NOW, 1.0).complete
    assert Assembler().fleet(NOW, 1.0).complete


def test_whoever_is_expected_twice_or_dropped_is_there_once_or_not_at_all() -> None:
    made = assembled(A)
    assert not made.expect("a:1", PLAIN)
    made.drop("a:1")
    made.drop("a:1")
    assert made.take(A) is None
    assert made.fleet(NOW, 1.0).groups == ()


def test_the_map_of_a_cluster_follows_every_change() -> None:
    def view(first: str, second: str) -> str:
        return member("a", first) + member("b", second)

    made = assembled(
        told("a:1", view=view("0-99", "100-16383")), told("b:1", replid="2", view=view("0-99", "100-16383"))
    )
    cluster = only_group(made.fleet(NOW, 1.0)).cluster
    assert cluster is not None
    assert cluster.agree
    made.take(told("a:1", view=view("0-98", "99-16383"), at=NOW + 1))
    changed = only_group(made.fleet(NOW + 1, 1.0)).cluster
    assert changed is not None
    assert not changed.agree
    made.take(told("b:1", replid="2", view=view("0-98", "99-16383"), at=NOW + 1))
    settled = only_group(made.fleet(NOW + 1, 1.0)).cluster
    assert settled is not None
    assert settled.agree
    assert settled.owners[99] != cluster.owners[99]
    made.take(silent("b:1", at=NOW + 2))
    assert "slots-failing" in rules(made.fleet(NOW + 2, 1.0))


def test_thresholds_reach_the_findings() -> None:
    made = Assembler((), {"clients.warn": 5.0})
    made.expect("a:1", PLAIN)
    made.take(told("a:1", connected_clients=6))
    assert rules(made.fleet(NOW, 1.0)) == {"clients"}


def test_a_group_of_which_nobody_spoke_is_not_made_anew() -> None:
    made = assembled(told("a:1", replicas=["b:1"]), told("b:1", "a:1"), told("x:1", replid="2"))
    before = made.fleet(NOW, 1.0)
    made.take(told("x:1", replid="2", used_memory=7, at=NOW + 1))
    after = made.fleet(NOW + 1, 1.0)
    assert [one is other for one, other in zip(before.groups, after.groups, strict=True)] == [True, False]
    made.take(silent("b:1", at=NOW + 2))
    assert node(made.fleet(NOW + 2, 1.0), "b:1").fault is not None
    assert node(made.fleet(NOW + 9, 1.0), "b:1").metrics == {}, "nobody speaks, but the silence has become long"


Turn = tuple[str, str, float]
"""Who, what it says, and how many seconds later."""


def turned(turns: list[Turn], *, forgets: bool) -> list[object]:
    """The snapshots after each turn; whoever forgets makes each of them from the beginning."""
    made = assembled(told("a:1", replicas=["b:1"]), told("b:1", "a:1"), told("x:1", replid="2"))
    drawn_: list[object] = []
    at = NOW
    for who, says, seconds in turns:
        at += seconds
        for seen in said(who, says, at):
            made.take(seen)
        if forgets:
            made.recollect(made.memory())
        drawn_.append(made.fleet(at, 1.0))
    return drawn_


def said(who: str, says: str, at: float) -> list[Observation]:
    follows, replid = ("a:1", "1") if who == "b:1" else (None, "2" if who == "x:1" else "1")
    match says:
        case "silent":
            return [silent(who, at=at)]
        case "full":
            return [told(who, follows, at=at, replid=replid, used_memory=95, maxmemory=100)]
        case "leads":
            return [told(who, at=at, replid="3", replid2=replid)]
        case "restarted":
            return [told(who, follows, at=at, replid=replid, run_id=f"{who} at {at}")]
        case "well":
            return [told(who, follows, at=at, replid=replid, offset=int(at))]
    return []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a:1", "b:1", "x:1"]),
            st.sampled_from(["nothing", "nothing", "well", "well", "silent", "full", "leads", "restarted"]),
            st.sampled_from([0.1, 0.5, 1.0, 7.0, 700.0]),
        ),
        max_size=12,
    )
)
def test_what_is_kept_of_a_snapshot_is_what_would_be_made_anew(turns: list[Turn]) -> None:
    assert turned(turns, forgets=False) == turned(turns, forgets=True)
