"""What stands where: by the config's words first, by the server's own zone else."""

from __future__ import annotations

import pytest

from redistui.judge.sites import NOWHERE, site_of, sites
from redistui.model import Site
from tests.judge.short import fleet, group, node

EAST = Site("east", ("10.1.0.0/16", "redis-e*", "fd00::/8"))
WEST = Site("west", ("10.2.0.1:6379", "*.west.example:*", "unix:/run/west/*"))


@pytest.mark.parametrize(
    ("address", "zone", "site"),
    [
        ("10.1.2.3:6379", None, "east"),
        ("10.2.0.1:6379", None, "west"),
        ("10.2.0.1:6380", None, None),
        ("10.2.0.1:6380", "zone-b", "zone-b"),
        ("10.1.2.3:6379", "zone-b", "east"),
        ("redis-e1:6379", None, "east"),
        ("a.west.example:1", None, "west"),
        ("fd00::1:6379", None, "east"),
        ("fe80::1:6379", None, None),
        ("unix:/run/west/socket", None, "west"),
        ("unix:/run/socket", "", None),
        ("10.1.2.300:6379", None, None),
    ],
)
def test_a_site_is_named_by_host_port_network_or_pattern(address: str, zone: str | None, site: str | None) -> None:
    assert site_of(address, zone, [EAST, WEST]) == site


def test_the_first_site_that_names_it_has_it_and_nonsense_names_nobody() -> None:
    assert site_of("a:1", None, [Site("x", ("not/a/network",)), Site("y", ("a",)), Site("z", ("*",))]) == "y"


def test_each_site_tells_its_groups_its_lag_and_how_far_it_is() -> None:
    one = group(
        node("a", site="east", ping=1.0),
        node("b", "a", site="west", ping=20.0, lag_bytes=500.0),
        node("c", "b", site="west", ping=30.0, lag_bytes=90.0),
        node("d", "a", site=None, fault="refused"),
    )
    east, west, nowhere = sites(fleet(one))
    assert [site.name for site in (east, west, nowhere)] == ["east", "west", NOWHERE]
    assert (east.groups[0].primary_here, east.groups[0].lag_bytes, east.latency_ms, east.health) == (
        True,
        None,
        1.0,
        "ok",
    )
    assert (west.groups[0].primary_here, west.groups[0].lag_bytes, west.latency_ms) == (False, 90, 25.0)
    assert (nowhere.nodes, nowhere.nodes_up, nowhere.latency_ms, nowhere.health) == (1, 0, None, "bad")


def test_a_site_is_bad_when_nobody_answers_and_warned_of_when_some_do_not() -> None:
    found = sites(
        fleet(
            group(
                node("a", site="east"),
                node("b", "a", site="west", fault="hung"),
                node("c", "a", site="west"),
                node("d", "a", site="north", fault="hung"),
                node("e", "a", site="south", read=None),
            )
        )
    )
    assert {site.name: site.health for site in found} == {
        "east": "ok",
        "north": "bad",
        "south": "unknown",
        "west": "warn",
    }


def test_a_fleet_without_sites_has_one_place_and_an_empty_one_none() -> None:
    assert [site.name for site in sites(fleet(group(node("a"))))] == [NOWHERE]
    assert sites(fleet()) == ()
