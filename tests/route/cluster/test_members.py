"""Who of a cluster's members its map does not list, and why."""

from __future__ import annotations

import pytest

from redistui.model import SLOTS
from redistui.replies.words import BadReply
from redistui.route.cluster.map import ClusterMap, ShardPlaces
from redistui.route.cluster.members import FAILED, LEFT, WITHOUT_DATA, Missing, after, missing_of, read_members

A, B, C = "10.0.0.1:7001", "10.0.0.2:7002", "10.0.0.3:7003"
IDS = {A: "a" * 40, B: "b" * 40, C: "c" * 40}


def line(address: str, flags: str, primary: str = "-", slots: str = "") -> str:
    return f"{IDS[address]} {address}@17001 {flags} {primary} 0 0 1 connected {slots}".rstrip()


def read(*lines: str) -> bytes:
    return "\n".join(lines).encode()


ONE = line(A, "myself,master", slots="0-16383")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (line(B, "slave,fail", IDS[A]), {B: Missing("replica", FAILED)}),
        (line(B, "slave", IDS[A]), {B: Missing("replica", WITHOUT_DATA)}),
        (line(B, "master,fail"), {B: Missing(None, FAILED)}),
        (line(B, "master"), {}),
        (line(B, "slave", IDS[C]), {}),
        (line(B, "handshake"), {}),
        (line(B, "slave,fail,noaddr", IDS[A]), {}),
    ],
)
def test_who_is_missing_is_who_failed_and_who_has_no_data_yet(other: str, why: dict[str, Missing]) -> None:
    known = ClusterMap([(0, SLOTS - 1, ShardPlaces(A))])
    assert missing_of(read_members(read(ONE, other)), known) == why


def test_who_is_on_the_map_is_not_missing() -> None:
    known = ClusterMap([(0, SLOTS - 1, ShardPlaces(A, (B,)))])
    assert missing_of(read_members(read(ONE, line(B, "slave,fail", IDS[A]))), known) == {}


def test_who_leaves_the_map_is_missing_at_once_and_who_comes_back_is_not() -> None:
    whole = ClusterMap([(0, SLOTS - 1, ShardPlaces(A, (B, C)))])
    less = ClusterMap([(0, SLOTS - 1, ShardPlaces(C, (B,)))])
    least = ClusterMap([(0, SLOTS - 1, ShardPlaces(C))])
    assert after({}, whole, less) == {A: Missing(None, LEFT)}
    assert after({}, less, least) == {B: Missing("replica", LEFT)}
    told = {A: Missing(None, FAILED)}
    assert after(told, less, less) == told, "what the cluster said of it stays"
    assert after(told, less, whole) == {}


def test_what_is_no_list_of_members_is_told_from_one() -> None:
    with pytest.raises(BadReply):
        read_members(b"nonsense")
