"""CLUSTER SLOTS and redirections as a cluster client reads them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import SLOTS
from redistui.replies.cluster import ClusterInfo
from redistui.replies.words import BadReply
from redistui.route.cluster.map import ClusterMap, Redirect, ShardPlaces, Sight, latest, read_redirect, read_slots

A, B, C = "10.0.0.1:7001", "10.0.0.2:7002", "10.0.0.3:7003"


def node(address: str) -> list[Any]:
    host, _, port = address.rpartition(":")
    return [host.encode(), int(port), b"0" * 40]


def facts(state: str, epoch: int) -> ClusterInfo:
    return ClusterInfo("ok" if state == "ok" else "fail", epoch, epoch, SLOTS, SLOTS, 0, 0, 6)


def test_a_reply_says_who_serves_each_slot_and_who_its_replicas_are() -> None:
    read = read_slots([[0, 99, node(A), node(B)], [100, 100, node(C)], [200, SLOTS - 1, node(A), node(B)]], A)
    assert read.shard(0) == read.shard(SLOTS - 1) == ShardPlaces(A, (B,))
    assert read.shard(100) == ShardPlaces(C)
    assert read.shard(101) is None
    assert [shard.primary for shard in read.shards] == [A, C]
    assert read.covered == SLOTS - 99


@pytest.mark.parametrize("host", [None, b""])
def test_a_host_that_is_left_out_is_that_of_the_node_that_was_asked(host: bytes | None) -> None:
    assert read_slots([[0, 1, [host, 7001, b"id"]]], "10.9.9.9:7000").shard(0) == ShardPlaces("10.9.9.9:7001")


def test_a_node_whose_name_nobody_knows_serves_nothing() -> None:
    read = read_slots([[0, 9, [b"?", 7001, b"id"]], [10, 19, node(A), [b"?", 7002, b"id"]]], C)
    assert read.shard(0) is None
    assert read.shard(10) == ShardPlaces(A)


@pytest.mark.parametrize(
    "reply",
    [
        b"OK",
        [[0, 5]],
        [[5, 3, node(A)]],
        [[-1, 3, node(A)]],
        [[0, SLOTS, node(A)]],
        [[b"x", 3, node(A)]],
        [[0, 3, b"10.0.0.1:7001"]],
        [[0, 3, [b"10.0.0.1"]]],
        ["0-3"],
    ],
)
def test_what_is_no_map_is_told_from_one(reply: Any) -> None:
    with pytest.raises(BadReply):
        read_slots(reply, A)


replies = some.recursive(
    some.none() | some.integers(-5, 20000) | some.binary(max_size=12), lambda inner: some.lists(inner, max_size=5)
)


@given(replies)
def test_no_reply_whatever_breaks_the_reader(reply: Any) -> None:
    covered = 0
    with suppress(BadReply):
        covered = read_slots(reply, A).covered
    assert 0 <= covered <= SLOTS


def test_what_moved_says_counts_at_once_and_only_for_that_slot() -> None:
    known = read_slots([[0, 9, node(A), node(B)], [10, 19, node(C)]], A)
    known.moved(10, A)
    known.moved(11, B)
    assert known.shard(10) == ShardPlaces(A, (B,))
    assert known.shard(11) == ShardPlaces(B)
    assert known.shard(12) == ShardPlaces(C)


@given(some.text(max_size=40))
def test_no_error_text_whatever_breaks_a_redirection(error: str) -> None:
    redirect = read_redirect(error, A)
    assert redirect is None or 0 <= redirect.slot < SLOTS


@pytest.mark.parametrize(
    ("error", "redirect"),
    [
        ("MOVED 7 10.0.0.2:7002", Redirect(7, B)),
        ("ASK 7 ::1:7002", Redirect(7, "::1:7002")),
        ("MOVED 7 :7002", Redirect(7, "10.0.0.1:7002")),
        ("MOVED 7", None),
        ("MOVED seven 10.0.0.2:7002", None),
        ("MOVED 16384 10.0.0.2:7002", None),
        ("MOVED 7 10.0.0.2:0", None),
        ("ERR the key MOVED 7 10.0.0.2:7002", None),
    ],
)
def test_a_redirection_is_read_by_its_words_and_not_found_within_a_text(error: str, redirect: Redirect | None) -> None:
    assert read_redirect(error, A) == redirect


def test_of_several_maps_that_of_a_cluster_in_order_counts_and_then_the_latest_epoch() -> None:
    maps = {name: ClusterMap([(0, SLOTS - 1, ShardPlaces(name))]) for name in (A, B, C)}
    sights = [Sight(facts("ok", 3), maps[A]), Sight(facts("fail", 9), maps[B]), Sight(facts("ok", 4), maps[C])]
    assert latest(sights) is maps[C]
    assert latest(sights[1:2]) is maps[B]
    assert latest([]) is None


def test_of_maps_of_one_epoch_that_of_the_node_that_moved_named_counts() -> None:
    maps = {name: ClusterMap([(0, SLOTS - 1, ShardPlaces(name))]) for name in (A, B)}
    sights = [Sight(facts("ok", 3), maps[A]), Sight(facts("ok", 3), maps[B], named=True)]
    assert latest(sights) is maps[B]
    assert latest([Sight(facts("ok", 4), maps[A]), sights[1]]) is maps[A]
