"""What a cluster does when some of its nodes are lost: who takes over, which slots go dark, whether enough may vote."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.judge.forecast import Assumed, forecast
from redistui.model import Fault, Group, Node
from tests.judge.forecasts import guarded, short, told, whole
from tests.judge.short import NOW, at, fleet, group, node

NAMES = "abcde"
REPLICAS = {"a": "rs", "b": "tu", "c": "vw", "d": "xy", "e": "zq"}


def view(shards: int, replicas: int, flags: dict[str, str] | None = None) -> str:
    """What every node sees: shards a, b ... of equal size, replicas r (and s) of a, t (and u) of b ..."""
    marks = flags or {}
    size = 16384 // shards
    parts = []
    for number, name in enumerate(NAMES[:shards]):
        last = 16383 if number == shards - 1 else (number + 1) * size - 1
        parts.append(f"{name} {number * size}-{last} e{number + 1} {marks.get(name, '')}".rstrip())
        parts += [f"{one}<{name} e{number + 1} {marks.get(one, '')}".rstrip() for one in REPLICAS[name][:replicas]]
    return ", ".join(parts)


def cluster(
    shards: int = 3, replicas: int = 1, flags: dict[str, str] | None = None, **changed: dict[str, object]
) -> Group:
    """All nodes of it; `r={"offset": 5}` changes one."""
    seen = view(shards, replicas, flags)
    made: list[Node] = []
    for name in NAMES[:shards]:
        made.append(node(name, view=seen, **changed.get(name, {})))  # type: ignore[arg-type]
        made += [node(one, name, view=seen, **changed.get(one, {})) for one in REPLICAS[name][:replicas]]  # type: ignore[arg-type]
    return group(*made)


def cut(one: Group, name: str, seconds: int | None) -> Group:
    """The same with the link of a replica down for so long; None: it never was up."""
    found = one.node(at(name))
    assert found is not None
    assert found.replication is not None
    own = replace(found.replication, link="down", link_down_seconds=seconds)
    return replace(one, nodes=tuple(replace(each, replication=own) if each is found else each for each in one.nodes))


def test_a_lost_primary_is_followed_by_its_replica() -> None:
    found = told(cluster(), "a")
    assert (found.writes, short(found.promoted), found.majority, found.outage_seconds) == ("pause", "r", True, 23.4)
    assert [(short(one.primary), short(one.promoted), one.writes) for one in found.shards] == [
        ("a", "r", "pause"), ("b", None, "continue"), ("c", None, "continue"),
    ]  # fmt: skip
    assert found.reason == "r:1 takes over from a:1; 2 of the 3 primaries with slots are left, 2 votes needed"
    assert "without a replica then: r:1" in found.notes


@pytest.mark.parametrize(
    ("shards", "killed", "writes", "majority"),
    [
        (3, "a", "pause", True),
        (3, "a b", "stop", False),
        (3, "a r", "stop", True),
        (3, "r", "continue", True),
        (3, "r t v", "continue", True),
        (4, "a b", "stop", False),
        (4, "a", "pause", True),
        (5, "a b", "pause", True),
        (5, "a b c", "stop", False),
        (1, "a", "stop", False),
    ],
)
def test_a_majority_of_all_primaries_with_slots_has_to_vote(
    shards: int, killed: str, writes: str, majority: bool
) -> None:
    found = told(cluster(shards), killed)
    assert (found.writes, found.majority) == (writes, majority)


def test_slots_that_nobody_serves_go_dark_and_take_the_rest_with_them_unless_told_otherwise() -> None:
    found = told(cluster(), "a r")
    dark, *others = found.shards
    assert (dark.dark_slots, dark.promoted, dark.why_not) == (((0, 5460),), None, {"r:1": "it is lost as well"})
    assert {one.writes for one in others} == {"stop"}
    assert "5,461 slots go dark" in found.reason
    partial = told(cluster(), "a r", Assumed(full_coverage=False))
    assert {one.writes for one in partial.shards[1:]} == {"continue"}
    assert partial.writes == "stop"


STANDING = [
    # r, s, who is taken, who may be as well, why not s (or r)
    ({}, {}, "r", ("s",), "as far on as r:1: chance decides"),
    ({"offset": 90_000}, {"offset": 80_000}, "r", (), "it is 10,000 bytes behind r:1, and so asks for votes later"),
    ({"offset": 80_000}, {"offset": 90_000}, "s", (), "it is 10,000 bytes behind s:1, and so asks for votes later"),
    ({"fault": "hung"}, {}, "s", (), "it does not answer (hung)"),
    ({}, {"read": None}, "r", (), "it has not answered yet"),
]


@pytest.mark.parametrize(("r", "s", "taken", "equals", "why_not"), STANDING)
def test_of_two_replicas_the_one_that_is_further_on_is_taken(
    r: dict[str, object], s: dict[str, object], taken: str, equals: tuple[str, ...], why_not: str
) -> None:
    shard = told(cluster(replicas=2, r=r, s=s), "a").shards[0]
    assert (short(shard.promoted), tuple(map(short, shard.equals))) == (taken, equals)
    assert shard.why_not == {at("s" if taken == "r" else "r"): why_not}


@pytest.mark.parametrize(
    ("seconds", "stands"), [(0, True), (100, True), (156, True), (157, False), (None, False), (-1, False)]
)
def test_a_replica_whose_data_are_too_old_does_not_stand(seconds: int | None, stands: bool) -> None:
    found = told(cut(cluster(), "r", seconds), "a")
    assert (found.promoted is not None) == stands
    assert told(cut(cluster(), "r", 10_000), "a", Assumed(validity_factor=0)).promoted == "r:1"


def test_a_replica_that_is_set_never_to_take_over_does_not() -> None:
    found = told(cluster(flags={"r": "nofailover"}), "a")
    assert found.why_not == {"r:1": "it is set never to take over (cluster-replica-no-failover)"}
    assert told(cluster(replicas=2, flags={"r": "nofailover"}), "a").promoted == "s:1"


def test_who_has_failed_for_the_others_neither_votes_nor_stands() -> None:
    found = told(cluster(flags={"b": "fail"}), "a")
    assert (found.writes, found.majority) == ("stop", False)
    assert told(cluster(flags={"r": "fail"}), "a").why_not == {"r:1": "the cluster holds it to be failed"}


def test_who_is_silent_to_us_alone_is_not_lost() -> None:
    """Silent for longer than it takes the cluster to notice, and nobody there has."""
    long, now = Fault("unreachable", "no route", NOW - 500), Fault("unreachable", "no route", NOW - 5)
    one = cluster()
    for fault, left in ((long, 3), (now, 2)):
        silent = replace(
            one, nodes=tuple(replace(each, fault=fault) if each.address == "b:1" else each for each in one.nodes)
        )
        assert f"{left} of the 3" in told(silent, "r").reason


def test_the_loss_is_what_the_replica_lacks() -> None:
    one = cluster(a={"offset": 9_000}, r={"offset": 8_000})
    assert told(one, "a").loss_bytes == 1_000
    assert told(cluster(a={"replid": "other"}), "a").loss_bytes is None


def test_valkey_from_9_1_on_is_quicker() -> None:
    one = cluster()
    new = replace(one, nodes=tuple(replace(each, server="valkey", version="9.1.2") for each in one.nodes))
    assert told(new, "a", Assumed(node_timeout=2.0)).outage_seconds == 2.7
    assert told(one, "a", Assumed(node_timeout=2.0)).outage_seconds == 3.9


def test_a_bare_shard_gets_a_replica_of_one_that_can_spare_it() -> None:
    one = cluster(replicas=2)
    assert any("a replica of b:1 moves over" in note for note in told(one, "a r").notes)
    assert not any("moves over" in note for note in told(cluster(), "a").notes)


def test_min_replicas_to_write_stops_a_shard_that_has_no_replica_left() -> None:
    one = guarded(cluster(), "a", "r")
    found = told(one, "r")
    assert (found.writes, found.shards[0].writes, found.shards[1].writes) == ("stop", "stop", "continue")
    assert "a:1 refuses writes" in found.reason
    found = told(one, "a")
    assert (found.writes, found.promoted, found.shards[0].writes) == ("stop", "r:1", "stop")
    assert told(one, "b").writes == "pause"
    assert len(whole(fleet(one), "").smallest_stop) == 1


def test_a_cluster_without_a_map_is_not_known() -> None:
    assert told(replace(cluster(), cluster=None), "a").writes == "unknown"


@pytest.mark.parametrize(
    ("shards", "replicas", "fewest"), [(3, 0, 1), (3, 1, 2), (3, 2, 2), (5, 1, 2), (5, 2, 3), (1, 2, 1), (4, 2, 2)]
)
def test_the_fewest_losses_that_stop_writes(shards: int, replicas: int, fewest: int) -> None:
    found = whole(fleet(cluster(shards, replicas)), "")
    assert (len(found.smallest_stop), found.exact) == (fewest, True)


@settings(max_examples=20)
@given(some.data())
def test_no_smaller_set_stops_writes_than_the_one_that_is_told(data: some.DataObject) -> None:
    shards, replicas = data.draw(some.integers(1, 4)), data.draw(some.integers(0, 2))
    names = [*NAMES[:shards], *(one for name in NAMES[:shards] for one in REPLICAS[name][:replicas])]
    odd = data.draw(some.sets(some.sampled_from(names), max_size=2))
    flags = {one: data.draw(some.sampled_from(("fail", "nofailover"))) for one in odd}
    one = cluster(shards, replicas, {name: flag for name, flag in flags.items() if name not in NAMES or flag == "fail"})
    one = guarded(one, *data.draw(some.sets(some.sampled_from(names))))
    found = forecast(fleet(one), ())
    everybody = [each.address for each in one.nodes]
    least = next(size for size in range(len(everybody) + 1) for killed in combinations(everybody, size)
                 if _stops(one, killed))  # fmt: skip
    assert len(found.smallest_stop) == least
    assert _stops(one, found.smallest_stop)


def _stops(one: Group, killed: tuple[str, ...]) -> bool:
    return forecast(fleet(one), killed).groups[0].writes == "stop"
