"""What one node has shown of its cluster, since when, and who of a large cluster is asked next."""

from __future__ import annotations

import pytest

from redistui.engine.views import AGAIN, OPENING, PAUSE, OwnView, chosen
from redistui.model import Address
from redistui.replies.cluster import ClusterInfo
from redistui.replies.cluster_views import ViewReader
from redistui.replies.words import BadReply

A, B, C = "a" * 40, "b" * 40, "c" * 40
FACTS = ClusterInfo("ok", 7, 3, 16384, 16384, 0, 0, 2)


def line(id_: str, slots: str = "", flags: str = "master", host: str = "10.0.0.1", link: str = "connected") -> str:
    return f"{id_} {host}:6379@16379 {flags} - 0 1700 7 {link} {slots}".rstrip() + "\n"


def said(slots: str = "0-9", *more: str, link: str = "connected") -> bytes:
    return "".join((line(A, slots, "myself,master"), line(B, host="10.0.0.2", link=link), *more)).encode()


def links(*ways: tuple[str, str, int]) -> list[list[object]]:
    return [[b"direction", way.encode(), b"node", id_.encode(), b"send-buffer-used", used] for way, id_, used in ways]


def test_a_view_is_as_old_as_its_last_change_and_its_map_as_the_maps() -> None:
    view = OwnView(ViewReader())
    view.take(said(), 10.0)
    first = view.nodes
    view.take(said(), 11.0)
    assert (view.at, view.since, view.map_since) == (11.0, None, None), "it was so when we began to look"
    assert view.nodes is first, "what did not change stays the same object"
    view.take(said(link="disconnected"), 12.0)
    assert (view.since, view.map_since) == (12.0, None)
    view.take(said("0-8"), 13.0)
    assert (view.since, view.map_since) == (13.0, 13.0)
    view.take(said(f"0-8 [3->-{B}]"), 14.0)
    assert (view.since, view.map_since, len(view.nodes.open_slots)) == (14.0, 13.0, 1)
    with pytest.raises(BadReply):
        view.take(b"garbage", 15.0)
    assert (view.at, len(view.nodes.peers)) == (14.0, 2)


def test_whoever_comes_later_has_its_view_since_then() -> None:
    reader = ViewReader()
    OwnView(reader).take(said(), 10.0)
    late, early = OwnView(reader), OwnView(reader)
    early.take(said(), 10.0 + OPENING)
    late.take(said(), 10.1 + OPENING)
    assert (early.since, early.map_since) == (None, None)
    assert (late.since, late.map_since) == (10.1 + OPENING, 10.1 + OPENING)


def test_tries_to_meet_one_address_count_as_one_whatever_they_are_called() -> None:
    view = OwnView(ViewReader())
    view.take(said("0-9", line(C, flags="handshake", host="10.0.0.3")), 10.0)
    assert view.handshakes == (("10.0.0.3:6379", 10.0),)
    view.take(said(), 10.0 + PAUSE - 0.1)
    assert view.handshakes == (("10.0.0.3:6379", 10.0),), "a try that just ended"
    view.take(said(), 10.0 + PAUSE)
    assert not view.handshakes
    view.take(said("0-9", line("d" * 40, flags="handshake", host="10.0.0.3")), 10.0 + AGAIN - 1)
    assert view.handshakes == (("10.0.0.3:6379", 10.0),)
    view.take(said("0-9", line(C, host="10.0.0.3")), 10.0 + AGAIN)
    assert not view.handshakes, "they have met"


def test_a_link_in_one_direction_counts_when_it_was_so_twice_and_bytes_that_do_not_get_fewer() -> None:
    view = OwnView(ViewReader())
    view.take_links(links(("to", B, 100), ("to", A, 0), ("from", A, 0)), 10.0)
    assert view.links is not None
    assert (view.links.total, view.links.one_way, view.links.fullest) == (3, (), ())
    view.take_links(links(("to", B, 900)), 20.0)
    assert (view.links.at, view.links.one_way, view.links.fullest) == (20.0, ((B, "to"),), ((B, 900),))
    view.take_links(links(("to", B, 900), ("from", B, 0)), 30.0)
    assert (view.links.one_way, view.links.fullest) == ((), ((B, 900),))
    view.take_links(links(("to", B, 899), ("from", B, 0)), 40.0)
    assert (view.links.one_way, view.links.fullest) == ((), ())


@pytest.mark.parametrize(
    "later",
    [
        FACTS._replace(state="fail"),
        FACTS._replace(my_epoch=8),
        FACTS._replace(known_nodes=3),
        FACTS._replace(slots_assigned=16383),
    ],
)
def test_a_view_is_overtaken_by_what_its_node_says_of_itself_later(later: ClusterInfo) -> None:
    view = OwnView(ViewReader())
    assert view.overtaken(FACTS)
    view.take(said(), 10.0)
    view.settle(FACTS)
    assert not view.overtaken(FACTS)
    view.settle(later)
    assert view.overtaken(later)
    assert not view.overtaken(FACTS._replace(epoch=9)), "somebody else's new epoch is not its own"
    view.take(said(), 11.0)
    view.settle(later)
    assert not view.overtaken(later)


def test_next_are_asked_the_overtaken_then_the_doubted_then_the_oldest() -> None:
    views: dict[Address, OwnView] = {}
    for number in range(6):
        view = views[f"n{number}:1"] = OwnView(ViewReader())
        if number != 5:
            view.take(said(), 10.0 + number)
        view.settle(FACTS)
    views["n4:1"].settle(FACTS)
    facts = dict.fromkeys(views, FACTS) | {"n4:1": FACTS._replace(my_epoch=9)}
    asked = [(address, view, facts[address]) for address, view in views.items()]
    assert list(chosen(asked, frozenset({"n3:1"}), 4)) == ["n4:1", "n3:1", "n5:1", "n0:1"]
