"""What the loss of a site does: by the servers themselves, by hand, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.site_loss import Fate, losses, worst
from redistui.judge.sites import sites
from redistui.model import Fleet, Site
from tests.judge.short import at, fleet, group, node

VIEW = "a 0-5000 e1, b 5001-10000 e2, c 10001-16383 e3, d<a e1, e<b e2"


def plain(**replica: object) -> Fleet:
    return fleet(
        group(
            node("a", site="east", offset=900),
            node("b", "a", site="east", offset=900),
            node("c", "a", **{"site": "west", "offset": 700, **replica}),  # type: ignore[arg-type]
            node("d", "a", site="west", offset=600),
        )
    )


def test_a_group_that_nobody_watches_is_taken_over_by_hand_by_whoever_has_most() -> None:
    lost = losses(plain(), "east")["orders"]
    assert (lost.fate, lost.heirs, lost.to, lost.bytes, lost.seconds) == ("by hand", (at("c"),), ("west",), 200, None)
    assert "nobody is promoted until an operator does it" in lost.why


def test_of_equals_the_head_of_a_chain_takes_over() -> None:
    one = fleet(group(node("z", site="east"), node("b", "c", site="west"), node("c", "z", site="west")))
    assert losses(one, "east")["orders"].heirs == (at("c"),)


def test_a_group_whose_primary_is_elsewhere_goes_on() -> None:
    lost = losses(plain(), "west")["orders"]
    assert (lost.fate, lost.bytes, lost.seconds, lost.heirs) == ("continue", 0, 0.0, ())


def test_a_replica_of_another_history_leaves_the_loss_unknown() -> None:
    lost = losses(plain(replid="two", offset=9000), "east")["orders"]
    assert (lost.fate, lost.heirs, lost.bytes) == ("by hand", (at("c"),), None)


def test_without_a_copy_elsewhere_writes_stop_for_good() -> None:
    one = fleet(group(node("a", site="east"), node("b", "a", site="east"), node("c", "a", site="west", fault="hung")))
    assert losses(one, "east")["orders"].fate == "stop"
    assert losses(one, "nowhere") == {}


def shards(**sites: str) -> Fleet:
    """Three primaries; the first two have a replica each."""
    follows = {"d": "a", "e": "b"}
    return fleet(
        group(*(node(name, follows.get(name), site=sites.get(name), view=VIEW, offset=500) for name in "abcde"))
    )


def test_a_cluster_takes_over_by_itself_where_enough_primaries_are_left_to_vote() -> None:
    lost = losses(shards(a="east", b="west", c="west", d="west", e="east"), "east")["orders"]
    assert (lost.fate, lost.heirs, lost.to, lost.bytes) == ("itself", (at("d"),), ("west",), 0)
    assert lost.seconds is not None
    assert lost.seconds > 0


def test_a_cluster_that_lost_its_majority_is_taken_over_by_hand_shard_by_shard() -> None:
    lost = losses(shards(a="east", b="east", c="west", d="west", e="south"), "east")["orders"]
    assert (lost.fate, lost.heirs, lost.to) == ("by hand", (at("d"), at("e")), ("south", "west"))


def test_a_shard_without_a_replica_elsewhere_stops_the_cluster() -> None:
    assert losses(shards(a="west", b="west", c="east", d="west", e="west"), "east")["orders"].fate == "stop"


@pytest.mark.parametrize(
    ("fates", "said"),
    [([], None), (["continue"], "continue"), (["itself", "unknown"], "unknown"), (["by hand", "stop"], "stop")],
)
def test_a_site_is_as_available_as_the_worst_group_that_it_leads(fates: list[Fate], said: Fate | None) -> None:
    assert worst(fates) == said


def test_a_site_tells_whether_writes_belong_to_it_and_whether_another_takes_over() -> None:
    east, west = sites(replace(plain(), sites=(Site("east", ("a",), primary=True), Site("west", ("c",)))))
    assert (east.name, east.primary, east.available) == ("east", True, "by hand")
    assert (west.name, west.primary, west.available) == ("west", False, None)
