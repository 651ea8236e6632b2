"""CLUSTER INFO and CLUSTER NODES: every form of a line that servers print, and none of those they never print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import SLOTS, OpenSlot, Peer
from redistui.replies.cluster import ClusterNodes, read_info, read_nodes
from redistui.replies.words import BadReply
from tests.replies import names, reply
from tests.replies.strategies import nested, outcome, torn
from tests.versions import VERSIONS

A, B, C = "a" * 40, "b" * 40, "c" * 40
VIEWS = [(version, name) for version in VERSIONS for name in names(version) if name.endswith("cluster-nodes")]
FACTS = [(version, name) for version in VERSIONS for name in names(version) if name.endswith("cluster-info")]


def line(
    *slots: str, id_: str = A, where: str = "10.0.0.1:6379@16379", flags: str = "master", primary: str = "-"
) -> str:
    return " ".join((id_, where, flags, primary, "0", "0", "7", "connected", *slots))


def nodes(*lines: str) -> ClusterNodes:
    return read_nodes("".join(f"{one}\n" for one in lines).encode("utf-8", "surrogateescape"))


# -- real replies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("who", ["cluster-primary", "cluster-replica", "migrating", "importing", "bystander"])
def test_every_member_shows_three_primaries_three_replicas_and_all_slots(version: str, who: str) -> None:
    view = read_nodes(reply(version, f"{who}-cluster-nodes"))
    primaries = [peer for peer in view.peers if "primary" in peer.flags]
    replicas = [peer for peer in view.peers if "replica" in peer.flags]
    assert [len(primaries), len(replicas)] == [3, 3]
    assert sum(last - first + 1 for peer in primaries for first, last in peer.slots) == SLOTS
    assert {peer.primary for peer in replicas} == {peer.id for peer in primaries}
    assert all(peer.primary is None for peer in primaries)
    assert all(peer.link_up and peer.address.startswith("127.0.0.1:") for peer in view.peers)
    assert len({peer.epoch for peer in primaries}) == 3
    (me,) = (peer for peer in view.peers if "myself" in peer.flags)
    assert view.myself == me.id == reply(version, f"{who}-cluster-myid").decode()


@pytest.mark.parametrize("version", VERSIONS)
def test_only_a_slots_own_node_tells_that_it_is_open(version: str) -> None:
    out, in_, by = (
        read_nodes(reply(version, f"{who}-cluster-nodes")) for who in ("migrating", "importing", "bystander")
    )
    assert out.open_slots == (OpenSlot(100, "migrating", out.myself or "", in_.myself or ""),)
    assert in_.open_slots == (OpenSlot(100, "importing", in_.myself or "", out.myself or ""),)
    assert by.open_slots == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_suspicion_and_certain_failure_are_told_apart(version: str) -> None:
    flags = [
        {flag for peer in read_nodes(reply(version, f"{who}-cluster-nodes")).peers for flag in peer.flags}
        for who in ("suspecting", "failed")
    ]
    assert "fail?" in flags[0]
    assert "fail" not in flags[0]
    assert "fail" in flags[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_node_that_met_nobody_has_no_host_of_its_own_yet(version: str) -> None:
    (peer,) = read_nodes(reply(version, "fresh-cluster-nodes")).peers
    assert peer.address.startswith(":")
    assert peer.slots == ()
    assert "handshake" in str(read_nodes(reply(version, "stuck-cluster-nodes")).peers)


@pytest.mark.parametrize("version", VERSIONS)
def test_cluster_info_tells_state_epochs_and_slots(version: str) -> None:
    whole, failed, fresh = (
        read_info(reply(version, f"{who}-cluster-info")) for who in ("cluster-primary", "failed", "fresh")
    )
    assert (whole.state, whole.slots_assigned, whole.slots_ok, whole.known_nodes) == ("ok", SLOTS, SLOTS, 6)
    assert (whole.slots_pfail, whole.slots_fail) == (0, 0)
    assert 1 <= (whole.my_epoch or 0) <= (whole.epoch or 0)
    assert (failed.state, failed.slots_assigned) == ("fail", SLOTS)
    assert (failed.slots_ok or 0) + (failed.slots_fail or 0) + (failed.slots_pfail or 0) == SLOTS
    assert (fresh.slots_assigned, fresh.known_nodes) == (0, 1)


# -- forms of a line --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "address", "hostname"),
    [
        ("10.0.0.1:6379@16379", "10.0.0.1:6379", None),
        ("10.0.0.1:6379", "10.0.0.1:6379", None),
        (":6379@16379", ":6379", None),
        (":0@0", ":0", None),
        ("fe80::1:2:6379@16379", "fe80::1:2:6379", None),
        ("::1:6379@16379,node-1.local", "::1:6379", "node-1.local"),
        ("10.0.0.1:6379@16379,node-1.local,shard-id=69bc", "10.0.0.1:6379", "node-1.local"),
        ("10.0.0.1:6379@16379,,shard-id=69bc080", "10.0.0.1:6379", None),
        ("10.0.0.1:6379@16379,shard-id=69bc080", "10.0.0.1:6379", None),
        ("10.0.0.1:6379@16379,", "10.0.0.1:6379", None),
    ],
)
def test_addresses_come_in_many_forms(where: str, address: str, hostname: str | None) -> None:
    (peer,) = nodes(line(where=where)).peers
    assert (peer.address, peer.hostname) == (address, hostname)


@pytest.mark.parametrize(
    ("slots", "ranges"),
    [
        ((), ()),
        (("0-16383",), ((0, 16383),)),
        (("0",), ((0, 0),)),
        (("5", "7-9", "16383"), ((5, 5), (7, 9), (16383, 16383))),
        (("0-5", "", "7"), ((0, 5), (7, 7))),
    ],
)
def test_slots_are_ranges_with_both_ends(slots: tuple[str, ...], ranges: tuple[tuple[int, int], ...]) -> None:
    assert nodes(line(*slots)).peers[0].slots == ranges


@pytest.mark.parametrize(
    "slots",
    [
        ("16384",), ("0-16384",), ("5-3",), ("-1",), ("1-",), ("a-b",), ("1e3",), ("1_0",), ("٣",),
        ("0-5", "3-9"), ("7", "5"), ("5", "5"), ("0-16383", "0-16383"),
        (f"[16384->-{B}]",), ("[1->x]",), (f"[x->-{B}]",), ("[",), (f"[-1->-{B}]",),
    ],
)  # fmt: skip
def test_slots_that_cannot_be_make_the_whole_reply_bad(slots: tuple[str, ...]) -> None:
    with pytest.raises(BadReply, match="CLUSTER NODES"):
        nodes(line(*slots, flags="myself,master"))


@pytest.mark.parametrize(
    "bad",
    [
        "x",
        " ".join([A] * 7),
        line(id_="a" * 39),
        line(id_="a" * 41),
        line(id_="g" * 40),
        line(id_="A" * 40),
        line(id_="é" * 20),
        line()[:60],
        "\x00" * 100,
    ],
)
def test_a_broken_line_makes_the_whole_reply_bad(bad: str) -> None:
    with pytest.raises(BadReply, match="CLUSTER NODES"):
        nodes(line(id_=B), bad)


def test_a_node_cannot_be_two_nodes_at_once_nor_two_nodes_one() -> None:
    with pytest.raises(BadReply):
        nodes(line(flags="myself,master"), line(id_=B, flags="myself,slave", primary=A))
    with pytest.raises(BadReply):
        nodes(line(), line())


def test_a_view_without_myself_is_a_view_all_the_same() -> None:
    view = nodes(line("0-5"))
    assert view.myself is None
    assert view.peers[0].slots == ((0, 5),)


def test_flags_that_nobody_knows_are_kept() -> None:
    (peer,) = nodes(line(flags="master,nofailover,from-the-future")).peers
    assert peer.flags == {"primary", "nofailover", "from-the-future"}


def test_a_replica_names_its_primary_and_all_is_read_of_a_line() -> None:
    (peer,) = nodes(line(id_=B, flags="slave,noaddr", primary=A).replace("connected", "disconnected")).peers
    assert peer == Peer(B, "10.0.0.1:6379", frozenset({"replica", "noaddr"}), A, 7, False, (), bus_port=16379)


def test_windows_line_ends_and_empty_lines_do_no_harm() -> None:
    assert nodes(line("0-5") + "\r", "", line(id_=B)).peers == nodes(line("0-5"), line(id_=B)).peers


@pytest.mark.parametrize("said", [None, 7, [], [b"x"], {}, True])
def test_what_is_no_text_is_a_bad_reply(said: object) -> None:
    for read in (read_info, read_nodes):
        with pytest.raises(BadReply):
            read(said)


def test_cluster_info_takes_the_first_of_two_and_leaves_out_what_is_no_number() -> None:
    facts = read_info(b"cluster_state:ok\r\ncluster_state:fail\r\ncluster_known_nodes:nan\r\ncluster_new:1\r\nodd\r\n")
    assert (facts.state, facts.known_nodes, facts.epoch) == ("ok", None, None)
    assert read_info(b"cluster_state:new\r\n").state is None
    assert read_info(b"").state is None


# -- anything at all --------------------------------------------------------------------------------------------------


@given(some.one_of(nested, some.sampled_from(VIEWS).flatmap(lambda which: torn(reply(*which)))))
def test_any_view_is_read_or_refused_and_what_is_read_fits_the_slot_map(said: object) -> None:
    view = outcome(read_nodes, said)
    if isinstance(view, BadReply):
        assert view.command == "CLUSTER NODES"
        return
    for peer in view.peers:
        taken = [slot for first, last in peer.slots for slot in range(first, last + 1)]
        assert len(taken) == len(set(taken)) <= SLOTS
        assert all(0 <= slot < SLOTS for slot in taken)


@given(some.one_of(nested, some.sampled_from(FACTS).flatmap(lambda which: torn(reply(*which)))))
def test_any_cluster_info_is_read_or_refused(said: object) -> None:
    facts = outcome(read_info, said)
    assert facts.command == "CLUSTER INFO" if isinstance(facts, BadReply) else facts.state in ("ok", "fail", None)


@given(some.recursive(some.just(()), lambda rest: some.tuples(some.integers(0, 400), some.integers(0, 200), rest)))
def test_ranges_come_back_as_they_were_printed(steps: tuple[object, ...]) -> None:
    ranges: list[tuple[int, int]] = []
    at = 0
    while steps:
        gap, length, steps = steps  # type: ignore[misc]
        ranges.append((at + gap + 1, at + gap + 1 + length))
        at = ranges[-1][1] + 1
    printed = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    assert nodes(line(*printed)).peers[0].slots == tuple(ranges)
