"""What primaries told of their slots, and the survey it makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.engine.told import Told, drawn
from redistui.model import SLOTS, Group, SlotJob, Stray
from redistui.net.faults import WireFault
from redistui.replies.slot_migrations import Told as JobTold
from redistui.replies.slot_stats import SlotStats
from tests import fleets

A, B, C = (f"10.30.0.{last}:7000" for last in (1, 2, 3))


def cart() -> Group:
    return fleets.cluster_group(troubled=False)


def counted(group: Group) -> dict[str, Told]:
    """Every slot of every shard holds as many keys as its number says, modulo five."""
    assert group.cluster is not None
    told = {}
    for shard in group.cluster.shards:
        one = told[shard.primary] = Told(shard.primary)
        slots = [slot for first, last in shard.slots for slot in range(first, last + 1)]
        one.begin(len(slots))
        one.count(slots, [slot % 5 for slot in slots])
        one.asked = len(slots)
    return told


def test_every_slot_is_what_its_owner_says() -> None:
    survey = drawn(cart(), counted(cart()), 10.0, 12.0)
    assert survey is not None
    assert survey.keys == tuple(slot % 5 for slot in range(SLOTS))
    assert (survey.began, survey.at, survey.progress, survey.complete) == (10.0, 12.0, 1.0, True)
    assert (survey.cpu, survey.net_in, survey.memory, survey.unasked, survey.strays) == (None, None, None, (), ())


def test_a_primary_that_failed_leaves_its_slots_unknown_and_is_named() -> None:
    told = counted(cart())
    told[B].fault = WireFault("hung", "silent")
    told[C].fault = WireFault("noperm", "NOPERM")
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert survey.keys[:5462] == tuple(slot % 5 for slot in range(5462))
    assert set(survey.keys[5462:]) == {None}
    assert survey.unasked == (B, C)
    assert survey.refused == (C,)
    assert survey.complete


def test_progress_is_the_part_that_was_asked_so_far() -> None:
    told = counted(cart())
    told[A].asked = 0
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert survey.progress == pytest.approx(2 / 3, abs=0.01)
    assert not survey.complete


def test_keys_at_a_stranger_are_strays_and_those_at_the_next_owner_arrive() -> None:
    told = counted(cart())
    told[B].strays = {7: 3, 6000: 9}
    told[C].others = {8: 4}
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert survey.strays == (Stray(B, 7, 3),)  # 6000 is its own by now
    assert survey.arriving == (Stray(C, 8, 4),)
    assert survey.keys[7] == 2


def test_what_was_told_of_slots_that_moved_away_is_forgotten() -> None:
    one = Told(A)
    one.take(1.0, {1: SlotStats(5, 10, 10, 10), 2: SlotStats(6, 10, 10, 10)})
    one.strays = {9: 1}
    one.own(frozenset({2, 9}))
    assert one.keys == {2: 6}
    assert set(one.used) == {2}
    assert one.strays == {}


def test_rates_come_from_two_surveys_and_a_counter_that_went_back_starts_afresh() -> None:
    told = counted(cart())
    one = told[A]
    one.take(100.0, {0: SlotStats(1, 1000, 50, 70)})
    one.take(102.0, {0: SlotStats(1, 5000, 250, 470), 1: SlotStats(1, 9, 9, 9)})
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert survey.cpu is not None
    assert survey.net_in is not None
    assert survey.net_out is not None
    assert (survey.cpu[0], survey.net_in[0], survey.net_out[0]) == (2000.0, 100.0, 200.0)
    assert survey.cpu[1] is None
    one.take(104.0, {0: SlotStats(1, 10, 0, 0)})
    again = drawn(cart(), told, 0.0, 1.0)
    assert again is not None
    assert again.cpu is not None
    assert again.cpu[0] is None


def test_a_server_that_does_not_count_is_named_and_its_rates_are_unknown() -> None:
    told = counted(cart())
    told[A].has_stats = True
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert survey.unmetered == (A,)
    assert survey.cpu is None


def test_memory_is_the_servers_word_else_samples_else_the_mean_key() -> None:
    told = counted(cart())
    told[A].dataset = 100.0 * sum(told[A].keys.values())
    mean = drawn(cart(), told, 0.0, 1.0)
    assert mean is not None
    assert mean.memory is not None
    assert (mean.memory_by, mean.memory[3], mean.memory[0]) == ("average", 300.0, 0.0)
    assert mean.memory[5463] is None  # nothing is known of the second shard's keys
    told[A].sampled = {3: 70.0, 4: 30.0}
    sampled = drawn(cart(), told, 0.0, 1.0)
    assert sampled is not None
    assert sampled.memory is not None
    assert (sampled.memory_by, sampled.memory[3], sampled.memory[2]) == ("sample", 210.0, 100.0)
    told[A].take(1.0, {3: SlotStats(3, memory=999)})
    said = drawn(cart(), told, 0.0, 1.0)
    assert said is not None
    assert said.memory is not None
    assert (said.memory_by, said.memory[3]) == ("server", 999)


def test_a_job_told_by_both_ends_is_one_as_its_source_tells_it() -> None:
    told = counted(cart())
    job = SlotJob("x", ((0, 9),), "a" * 40, "b" * 40, "snapshotting", "", 12, 5.0)
    told[B].jobs = (JobTold(replace(job, state="waiting"), False),)
    told[A].jobs = (JobTold(job, True), JobTold(replace(job, name="y", at=9.0), True))
    survey = drawn(cart(), told, 0.0, 1.0)
    assert survey is not None
    assert [(one.name, one.state) for one in survey.jobs] == [("y", "snapshotting"), ("x", "snapshotting")]


def test_without_a_map_there_is_no_survey() -> None:
    assert drawn(replace(cart(), cluster=None), {}, 0.0, 1.0) is None
