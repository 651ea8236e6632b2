"""CLUSTER NODES of many nodes, read as one: the same as the plain parser says, and shared where nodes agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import Peer
from redistui.replies import cluster_views
from redistui.replies.cluster import ClusterNodes, read_nodes
from redistui.replies.cluster_views import ViewReader
from redistui.replies.words import BadReply
from tests.replies import names, reply
from tests.replies.strategies import nested, outcome, torn
from tests.versions import VERSIONS

VIEWS = [(version, name) for version in VERSIONS for name in names(version) if name.endswith("cluster-nodes")]
A, B = "a" * 40, "b" * 40


def plain(view: ClusterNodes) -> tuple[object, ...]:
    """A view without the order of its lines, in which the servers differ."""
    return view.myself, tuple(sorted(view.peers, key=lambda peer: peer.id)), view.open_slots


def line(id_: str, rest: str = "0-5", flags: str = "master", ping: int = 0, pong: int = 0) -> str:
    return f"{id_} 10.0.0.1:6379@16379 {flags} - {ping} {pong} 7 connected {rest}\n"


@pytest.mark.parametrize(("version", "name"), VIEWS)
def test_it_says_what_the_plain_parser_says(version: str, name: str) -> None:
    reader, said = ViewReader(), reply(version, name)
    assert plain(reader.read(said)) == plain(read_nodes(said))
    assert plain(reader.read(said)) == plain(read_nodes(said)), "from memory, too"


@pytest.mark.parametrize("version", VERSIONS)
def test_two_members_that_agree_share_one_belief(version: str) -> None:
    reader = ViewReader()
    one, other = (reader.read(reply(version, f"cluster-{who}-cluster-nodes")) for who in ("primary", "replica"))
    assert one.belief is other.belief
    assert one.myself != other.myself
    assert one.belief is not None
    assert not any("myself" in peer.flags for peer in one.belief.peers)
    (me,) = (peer for peer in other.peers if "myself" in peer.flags)
    assert me.id == other.myself


def test_only_what_a_line_means_makes_another_belief_not_its_times_nor_its_place() -> None:
    reader = ViewReader()
    first = reader.read((line(A, flags="myself,master") + line(B, "6-9")).encode())
    again = reader.read((line(B, "6-9", "myself,master", 5, 99) + line(A, ping=7, pong=1700000000001)).encode())
    assert first.belief is again.belief
    moved = reader.read((line(A, "0-4", "myself,master") + line(B, "5-9")).encode())
    assert moved.belief is not first.belief
    assert moved.belief is not None
    assert [owner for owner, _ in moved.belief.owners] == [A, B]
    flagged = reader.read((line(A, flags="myself,master") + line(B, "6-9", "master,fail?")).encode())
    assert flagged.belief is not first.belief
    assert first.belief is not None
    assert flagged.belief is not None
    assert flagged.belief.owners is first.belief.owners, "the same map"


def test_an_open_slot_is_the_nodes_own_and_leaves_the_belief_as_it_is() -> None:
    reader = ViewReader()
    whole = reader.read((line(A, flags="myself,master") + line(B, "6-9")).encode())
    opened = reader.read((line(A, f"0-5 [3->-{B}]", flags="myself,master") + line(B, "6-9")).encode())
    assert opened.belief is whole.belief
    assert [one.slot for one in opened.open_slots] == [3]
    assert whole.open_slots == ()


def test_a_reader_that_has_seen_too_much_forgets_and_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_views, "MOST", 3)
    reader = ViewReader()
    for first in range(8):
        said = (line(A, f"{first}-9", "myself,master") + line(B, f"10-{first + 10}")).encode()
        assert plain(reader.read(said)) == plain(read_nodes(said))


@pytest.mark.parametrize(
    "said",
    [
        b"garbage",
        line(A, flags="myself,master") + line(B, flags="myself,master"),
        line(A) + line(A),
        line(A) + line(A, "7-8"),
        line(A, "9-5"),
        None,
        7,
    ],
)
def test_what_is_no_view_is_refused_each_time(said: object) -> None:
    reader = ViewReader()
    reader.read(line(A, flags="myself,master").encode())
    for _ in range(2):
        with pytest.raises(BadReply):
            reader.read(said.encode() if isinstance(said, str) else said)


@given(some.sampled_from(VIEWS), some.data())
def test_of_anything_it_makes_what_the_plain_parser_makes(view: tuple[str, str], data: some.DataObject) -> None:
    reader, real = ViewReader(), reply(*view)
    reader.read(real)
    said = data.draw(torn(real) | nested | some.binary(max_size=80))
    one, other = outcome(reader.read, said), outcome(read_nodes, said)
    assert isinstance(one, ClusterNodes) == isinstance(other, ClusterNodes)
    if isinstance(one, ClusterNodes) and isinstance(other, ClusterNodes):
        assert plain(one) == plain(other)
        assert all(isinstance(peer, Peer) for peer in one.peers)
