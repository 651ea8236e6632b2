"""What counts as another fleet than the one that a plan was made for, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops.fingerprint import fingerprint
from tests.ops import shards, test_cluster_checks
from tests.ops.changed import Change, metric, node, replication
from tests.ops.cluster_world import P1, P2, P3
from tests.ops.test_failover_checks import B, down, healthy, sentinel, watch

COUNT: list[tuple[str, Change]] = [
    ("a role", node(1, role="primary")),
    ("a restart", node(0, run_id="f" * 40)),
    ("another version", node(1, version="8.0.1")),
    ("another history", replication(1, replid="f" * 40)),
    ("whom one follows", replication(2, primary=B)),
    ("one went silent", node(2, **down())),
    ("a Sentinel went silent", sentinel(0, **down())),
    ("a Sentinel was restarted", sentinel(1, run_id="f" * 40)),
    ("whom a Sentinel believes in", watch(2, primary=B)),
    ("a Sentinel's epoch", watch(2, epoch=99)),
]
DO_NOT: list[tuple[str, Change]] = [
    ("an offset", replication(1, offset=7)),
    ("a link", replication(1, link="down")),
    ("a lag", metric(1, "lag_bytes", 77.0)),
]


@pytest.mark.parametrize("change", [row[1] for row in COUNT], ids=[row[0] for row in COUNT])
def test_another_deed_makes_another_fleet(change: Change) -> None:
    assert fingerprint(change(healthy())) != fingerprint(healthy())


@pytest.mark.parametrize("change", [row[1] for row in DO_NOT], ids=[row[0] for row in DO_NOT])
def test_moving_numbers_do_not(change: Change) -> None:
    assert fingerprint(change(healthy())) == fingerprint(healthy())


def test_of_one_that_is_silent_nothing_is_forgotten_that_was_known() -> None:
    """What it last said goes after a while, and nothing has happened then."""
    silent = node(2, **down())(healthy())
    assert fingerprint(node(2, role=None, replication=None)(silent)) == fingerprint(silent)


def test_in_a_cluster_owners_and_epochs_count() -> None:
    before = shards.fleet(shards.world()).groups[0]
    moved = shards.fleet(shards.world({P1: "0-5459", P2: "5460-10921", P3: "10922-16383"})).groups[0]
    later = test_cluster_checks.view(P2, my_epoch=99)(shards.fleet(shards.world())).groups[0]
    assert len({fingerprint(one) for one in (before, moved, later)}) == 3
    assert fingerprint(replace(before, survey=shards.survey())) == fingerprint(before)
