"""CLUSTER LINKS: what is out of the ordinary among a node's links, on every version that has the command."""

from __future__ import annotations

from typing import Any

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.replies.cluster import read_nodes
from redistui.replies.cluster_links import FULLEST, Links, read_links
from redistui.replies.words import BadReply
from tests.replies import recorded, reply
from tests.replies.strategies import bent, nested, outcome

A, B = "a" * 40, "b" * 40


def link(way: str, node: str, used: int = 0) -> list[Any]:
    return [b"direction", way.encode(), b"node", node.encode(), b"send-buffer-used", used]


@pytest.mark.parametrize("version", recorded("cluster-primary-cluster-links"))
def test_in_a_whole_cluster_each_other_member_has_one_link_each_way(version: str) -> None:
    links = read_links(reply(version, "cluster-primary-cluster-links"))
    assert (links.total, links.one_way) == (10, ())


@pytest.mark.parametrize("version", recorded("failed-cluster-links"))
def test_to_a_node_that_hangs_one_direction_is_left(version: str) -> None:
    links = read_links(reply(version, "failed-cluster-links"))
    assert links.total == 3
    ((id_, way),) = links.one_way
    assert (way, len(id_)) == ("from", 40)
    assert read_nodes(reply(version, "failed-cluster-nodes")).myself != id_


def test_both_directions_of_many_links_leave_nothing_to_say_but_what_waits() -> None:
    both = [link(way, name * 40, 10 * number) for number, name in enumerate("abcde") for way in ("to", "from")]
    assert read_links(both) == Links(10, (), (("e" * 40, 40), ("d" * 40, 30), ("c" * 40, 20)))
    assert len(read_links(both).waiting) == FULLEST
    assert read_links([link("to", B), link("from", A), link("to", A)]) == Links(3, ((B, "to"),), ())


def test_a_map_is_read_like_an_array_and_unknown_fields_are_left_out() -> None:
    as_map = {b"direction": b"to", b"node": A.encode(), b"hue": b"green", b"events": b"rw"}
    assert read_links([as_map, link("from", A)]) == Links(2, (), ())
    assert read_links([]) == Links(0, (), ())


@pytest.mark.parametrize(
    "said", [None, b"", 7, [b"x"], [[b"node", A.encode()]], [[b"direction", b"to"]], [link("sideways", A)]]
)
def test_what_is_no_list_of_links_is_refused(said: Any) -> None:
    with pytest.raises(BadReply):
        read_links(said)


REAL = [reply(version, "cluster-primary-cluster-links") for version in recorded("cluster-primary-cluster-links")]


@given(nested | some.sampled_from(REAL).flatmap(bent))
def test_whatever_a_stranger_sends_it_is_links_or_a_bad_reply(said: Any) -> None:
    links = outcome(read_links, said)
    if isinstance(links, Links):
        assert not isinstance(said, hiredis.ReplyError)
        assert len(links.one_way) <= links.total
        assert list(links.waiting) == sorted(links.waiting, key=lambda pair: (-pair[1], pair[0]))
