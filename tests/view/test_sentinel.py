"""A Sentinel's own page, and what all Sentinels say of one replica."""

from __future__ import annotations

from dataclasses import replace

from redistui.model import Fault, Fleet, Group, Sentinel, WatchedSentinel
from redistui.view.glyphs import UNICODE
from redistui.view.sentinel import replica_page, sentinel_page
from redistui.view.source import Lines
from tests import fleets

WIDTH = 100


def said(lines: Lines) -> str:
    return "\n".join("".join(cell.text for cell in lines.line(index).cells) for index in range(len(lines)))


def page(sentinel: Sentinel, fleet: Fleet | None = None, group: Group | None = None) -> str:
    fleet = fleet or fleets.quiet()
    return said(sentinel_page(fleet, group or fleet.groups[0], sentinel, UNICODE, WIDTH))


def orders() -> Sentinel:
    return fleets.quiet().groups[0].sentinels[0]


def test_a_sentinels_page_tells_how_it_counts_and_what_it_is_set_to() -> None:
    text = page(orders())
    assert "What it believes of orders" in text
    assert "2 needed (majority 2 of 3), 3 reached" in text
    assert "down-after 5s" in text
    assert "10.20.0.13:6379" in text
    assert "10.20.0.12:26379" in text


def test_scripts_that_run_and_wait_are_told() -> None:
    assert "0 running, 0 in the queue" in page(orders())
    assert "1 running, 3 in the queue" in page(replace(orders(), running_scripts=1, queued_scripts=3))
    lines = page(replace(orders(), running_scripts=None)).splitlines()
    assert next(line for line in lines if "scripts" in line).endswith("–")


def test_every_other_name_it_watches_is_told() -> None:
    one = orders()
    watches = {**one.watches, "carts": replace(one.watches["orders"], name="carts", primary="10.9.0.1:6379")}
    text = page(replace(one, watches=watches))
    assert "What else it watches" in text
    assert "primary 10.9.0.1:6379" in text


def test_of_a_silent_sentinel_nothing_it_believed_is_told() -> None:
    text = page(replace(orders(), fault=Fault("refused", "nothing listens there", fleets.AT - 7)))
    assert "nothing listens there, for 7s" in text
    assert "believes" not in text
    assert "scripts" not in text


def test_a_peer_that_is_down_and_whom_it_voted_for_are_told() -> None:
    one = orders()
    peer = WatchedSentinel("10.0.0.9:26379", frozenset({"sentinel", "s_down"}), None, "f" * 40, 7, 90_000)
    watches = {"orders": replace(one.watches["orders"], sentinels=(peer,))}
    assert "down, hello 1m30s ago, voted for ffffffff in epoch 7" in page(replace(one, watches=watches))


def test_a_vote_names_the_sentinel_it_went_to() -> None:
    one = orders()
    peer = WatchedSentinel("10.20.0.12:26379", frozenset({"sentinel"}), None, one.run_id, 7, 300)
    watches = {"orders": replace(one.watches["orders"], sentinels=(peer,))}
    assert "voted for 10.20.0.11:26379 in epoch 7" in page(replace(one, watches=watches))


def test_a_page_fits_its_width() -> None:
    fleet = fleets.quiet()
    one = orders()
    long = {"n" * 90: replace(one.watches["orders"], name="x")}
    lines = sentinel_page(fleet, fleet.groups[0], replace(one, watches=one.watches | long), UNICODE, 60)
    rows = [lines.line(index).cells for index in range(len(lines))]
    assert all(sum(len(cell.text) for cell in row) <= 60 for row in rows)


def test_what_each_sentinel_says_of_a_replica_stands_side_by_side() -> None:
    fleet = fleets.quiet()
    text = said(replica_page(fleet.groups[0], "10.20.0.13:6379", UNICODE, WIDTH))
    assert text.count("follows 10.20.0.11:6379") == 3
    assert "priority 100" in text
