"""Markers: whom they go to, and how what comes out becomes a lag. No server here."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from redistui.model import Access
from redistui.replies.slot import slot_of
from redistui.route.canary.markers import REMEMBERED, Beat, Heard, Markers, Sent, beats, tag_in
from tests import fleets


def test_outside_a_cluster_all_replicas_get_them_by_a_channel_chained_ones_too() -> None:
    (beat,) = beats([fleets.sentinel_group()], "run")
    assert beat == Beat("10.20.0.11:6379", ("10.20.0.12:6379", "10.20.0.13:6379", "10.20.0.14:6379"))


def test_in_a_cluster_each_shard_has_a_key_of_its_own() -> None:
    group = fleets.cluster_group(troubled=False)
    found = beats([group], "run")
    assert group.cluster is not None
    assert [beat.primary for beat in found] == [shard.primary for shard in group.cluster.shards]
    for beat, shard in zip(found, group.cluster.shards, strict=True):
        tag = beat.key.partition("{")[2].partition("}")[0]
        assert beat.key == f"redistui:canary:{{{tag}}}:run:marker"
        assert any(first <= slot_of(beat.key.encode()) <= last for first, last in shard.slots)


def test_nobody_to_hear_them_and_nobody_to_send_them_is_no_marker() -> None:
    group = fleets.sentinel_group()
    alone = replace(group, nodes=group.nodes[:1])
    never_seen = replace(group, nodes=(group.nodes[0], replace(group.nodes[1], seen_at=None)))
    assert beats([alone, never_seen, replace(group, primary=None)], "run") == ()


@pytest.mark.parametrize("slots", [((0, 0),), ((16383, 16383),), ((5461, 5461), (9000, 9001))])
def test_a_tag_is_found_for_any_slots(slots: tuple[tuple[int, int], ...]) -> None:
    assert any(first <= slot_of(tag_in(slots).encode()) <= last for first, last in slots)


def test_a_lag_is_the_last_markers_until_the_next_is_late() -> None:
    sent, heard = Sent(), Heard()
    assert heard.lag(sent, 0.0) is None
    heard.begin(sent)
    first = sent.next(10.0)
    assert heard.lag(sent, 10.5) is None, "it has just begun to listen"
    heard.hear(first, sent, 10.25)
    assert heard.lag(sent, 10.9) == 250.0
    second = sent.next(11.0)
    assert heard.lag(sent, 11.1) == 250.0, "not late yet"
    assert heard.lag(sent, 15.0) == 4000.0, "it is not through after 4 s"
    heard.hear(second, sent, 16.0)
    assert heard.lag(sent, 16.0) == 5000.0
    third = sent.next(17.0)
    heard.hear(third, sent, 17.001)
    assert heard.lag(sent, 17.001) == pytest.approx(1.0)


def test_a_replica_that_gives_out_nothing_from_the_beginning_lags_too() -> None:
    sent, heard = Sent(), Heard()
    heard.begin(sent)
    sent.next(10.0)
    assert heard.lag(sent, 12.0) == 2000.0


def test_what_was_sent_before_it_listened_and_what_never_went_out_is_not_waited_for() -> None:
    sent, heard = Sent(), Heard()
    sent.next(1.0)
    heard.begin(sent)
    assert heard.lag(sent, 60.0) is None
    sent.unsent(sent.next(2.0))
    assert heard.lag(sent, 60.0) is None


def test_one_that_listens_again_still_waits_for_what_it_missed() -> None:
    sent, heard = Sent(), Heard()
    heard.begin(sent)
    heard.hear(sent.next(1.0), sent, 1.001)
    sent.next(2.0)
    heard.begin(sent)
    assert heard.lag(sent, 9.0) == 7000.0


def test_markers_of_others_old_ones_and_repeats_say_nothing() -> None:
    sent, heard = Sent(), Heard()
    heard.begin(sent)
    for _ in range(REMEMBERED + 5):
        last = sent.next(1.0)
    heard.hear(last, sent, 1.5)
    for number in (last, 3, last + 100, -1):
        heard.hear(number, sent, 900.0)
    assert (heard.number, heard.ms) == (last, 500.0)
    assert len(sent.at) == REMEMBERED


async def test_news_that_come_after_the_end_begin_nothing() -> None:
    markers = Markers(lambda _: Access(), "run")
    await markers.close()
    markers.look([fleets.sentinel_group()])
    assert asyncio.all_tasks() == {asyncio.current_task()}
