"""What a route is given: addresses, times and the words of commands, refused where they are given."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.net.client import raw
from redistui.route import BadRoute, BalancerRoute, ClusterRoute, SentinelRoute, SitesRoute, SplitRoute, site
from redistui.route.cluster.multi_key import paired
from redistui.route.given import checked_connections, checked_nodes, checked_seconds
from redistui.route.words import word, words

NODE = "10.0.0.1:6379"


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (NODE, "takes a list of addresses"),
        (None, "takes a list of addresses"),
        (["10.0.0.1"], "'10.0.0.1' is no address: write 'host:port'"),
        (["10.0.0.1:"], "is no address"),
        ([":6379"], "is no address"),
        (["10.0.0.1:http"], "is no address"),
        (["10.0.0.1:70000"], "is no address"),
        (["10.0.0.1:0"], "is no address"),
        ([("10.0.0.1", 6379)], "an address is text, 'host:port', not tuple"),
        (["[::1]:6379"], "without brackets"),
        (["redis://10.0.0.1:6379"], "takes addresses, not URLs"),
    ],
)
def test_what_is_no_address_is_refused_with_the_way_to_write_it(nodes: Any, said: str) -> None:
    for made in (BalancerRoute, SplitRoute, ClusterRoute, lambda given: SentinelRoute(given, "orders")):
        with pytest.raises(BadRoute, match=said):
            made(nodes)


@pytest.mark.parametrize("node", ["redis://:sesame@10.0.0.1:6379", "watch:sesame@10.0.0.1:6379"])
def test_what_may_be_a_password_is_not_repeated(node: str) -> None:
    with pytest.raises(BadRoute) as refused:
        checked_nodes([node])
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"seconds": 0}, "seconds is 0 seconds: it must be more than 0"),
        ({"every": -1}, "every is -1 seconds"),
        ({"every": "1"}, "every is '1': it must be a number of seconds"),
        ({"seconds": True}, "must be a number"),
        ({"seconds": float("nan")}, "must be a number"),
        ({"connections": 0}, "connections is 0: it must be a whole number, 1 or more"),
        ({"patience": -1}, "patience is -1 seconds: it must be 0 or more"),
    ],
)
def test_times_that_are_none_are_refused(given: Any, said: str) -> None:
    with pytest.raises(BadRoute, match=said):
        SplitRoute([NODE], **given)
    with pytest.raises(BadRoute, match=said):
        ClusterRoute([NODE], **given)


def test_no_patience_at_all_is_a_choice() -> None:
    checked_seconds(patience=0, seconds=0.1)
    assert checked_connections(1) == 1


@pytest.mark.parametrize("given", [None, True, ["GET", "a"], {"a": 1}, object(), "\ud800"])
def test_what_is_no_word_of_a_command_is_refused(given: Any) -> None:
    with pytest.raises(BadRoute, match="a command's word"):
        words(["SET", "a", given])


@given(some.binary())
def test_bytes_go_out_as_they_are(value: bytes) -> None:
    assert raw(word(value)) == value


def test_what_mset_cannot_set_is_refused() -> None:
    for wrong in (["ab"], [("a",)], ["a", "b"]):
        with pytest.raises(BadRoute, match="mset takes pairs"):
            paired(wrong)  # type: ignore[arg-type]


def test_a_site_is_told_what_its_route_lacks() -> None:
    with pytest.raises(BadRoute, match="site east: say which of the Sentinels' names it is, as watched="):
        site("east", "sentinel", [NODE], primary=True)
    with pytest.raises(BadRoute, match="takes a list of addresses"):
        SitesRoute([site("east", "split", NODE, primary=True)])
