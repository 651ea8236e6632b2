"""No action rests on a recording, on a fleet that was read in part, or on one read before we ourselves stood still.

The table has every action, aimed at a fleet in which nothing else speaks against it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Fleet
from redistui.ops.action import Action, Aim, refusals
from redistui.ops.actions import ACTIONS
from redistui.ops.add_node import ADD_NODE
from redistui.ops.aiming import aim_at
from redistui.ops.attach import ATTACH
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.detach import DETACH
from redistui.ops.failover import FAILOVER
from redistui.ops.fix import FIX
from redistui.ops.forget import FORGET
from redistui.ops.heal import HEAL
from redistui.ops.pause_writes import PAUSE_WRITES, UNPAUSE
from redistui.ops.promote import PROMOTE
from redistui.ops.read_only import REPLICA_READ_ONLY
from redistui.ops.rebalance import REBALANCE
from redistui.ops.replicate import REPLICATE
from redistui.ops.reshard import RESHARD
from redistui.ops.resume import RESUME
from redistui.ops.sentinel_reset import SENTINEL_RESET
from redistui.ops.sentinel_set import SENTINEL_SET
from redistui.ops.set_parameter import SET_PARAMETER
from redistui.ops.site_failover import SITE_FAILOVER
from redistui.ops.undo import UNDO
from tests.ops import (
    shards,
    test_attach_and_detach,
    test_cluster_checks,
    test_fix,
    test_heal,
    test_pause,
    test_resume_moves,
    test_site_failover,
    test_undo,
)
from tests.ops.cluster_world import NEW, P1, P2, R1, R2
from tests.ops.test_failover_checks import fleet, healthy
from tests.ops.test_promote_checks import A, B
from tests.ops.test_promote_checks import healthy as plain

Row = tuple[Action, Fleet, Aim]
CLUSTER = shards.fleet(shards.world(), shards.survey())
SITES = test_site_failover.fleet()


def moved_back() -> Row:
    seen = shards.fleet(shards.world(test_undo.DONE), shards.survey())
    return UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=test_undo.resharded())


def gone_on_with() -> Row:
    begun = shards.plan(RESHARD, CLUSTER, shards.aim(from_=P1, to=P2, slots="5362-5460"))
    seen = shards.fleet(shards.world(test_resume_moves.HALF), shards.survey())
    return RESUME, seen, aim_at(RESUME, seen, ("abcd1234",), {}, past=test_resume_moves.stopped(begun))


TABLE: tuple[Row, ...] = (
    (FAILOVER, fleet(healthy()), Aim("orders")),
    (PROMOTE, fleet(plain()), Aim("plain", B, {}, (B,))),
    (CLUSTER_FAILOVER, test_cluster_checks.fleet(), test_cluster_checks.aim(R1)),
    (SITE_FAILOVER, SITES, test_site_failover.aim(SITES)),
    (ATTACH, test_attach_and_detach.with_stranger(), test_attach_and_detach.attach()),
    (DETACH, fleet(plain()), Aim("plain", B, {}, (B,))),
    (REPLICATE, test_cluster_checks.fleet(), test_cluster_checks.aim(R1, P2)),
    (ADD_NODE, test_cluster_checks.fleet(), test_cluster_checks.aim(NEW)),
    (FORGET, test_cluster_checks.fleet(), test_cluster_checks.aim(R2)),
    (REBALANCE, shards.fleet(shards.world(shards.UNEVEN), shards.survey()), shards.aim()),
    (RESHARD, CLUSTER, shards.aim(from_=P1, to=P2, slots="0-99")),
    (FIX, test_fix.fleet_of(**test_fix.MOVING), test_fix.aim()),
    (REPLICA_READ_ONLY, fleet(plain()), Aim("plain", B, {}, (B, "off"))),
    (PAUSE_WRITES, test_pause.fleet(test_pause.plain()), Aim("plain", words=("5",))),
    (UNPAUSE, test_pause.fleet(test_pause.plain()), Aim("plain")),
    (SET_PARAMETER, fleet(plain()), Aim("plain", A, {}, (A, "maxmemory-policy", "allkeys-lru"))),
    (SENTINEL_RESET, fleet(healthy()), Aim("orders")),
    (SENTINEL_SET, fleet(healthy()), Aim("orders", words=("quorum", "3"))),
    (HEAL, fleet(test_heal.torn()), test_heal.heal()),
    gone_on_with(),
    moved_back(),
)
SEEN: list[tuple[dict[str, Any], str]] = [
    ({"replayed": True}, "this is a recording"),
    ({"stalled": True}, "we stood still for more than 3 s ourselves"),
    ({"complete": False}, "not every node has been asked yet"),
]


def test_every_action_stands_in_the_table() -> None:
    assert [action.name for action, _, _ in TABLE] == [action.name for action in ACTIONS]


@pytest.mark.parametrize(("action", "fleet", "aim"), TABLE, ids=[row[0].name for row in TABLE])
def test_it_is_refused_on_what_was_not_seen_whole_and_just_now(action: Action, fleet: Fleet, aim: Aim) -> None:
    well = replace(fleet, complete=True)
    assert refusals(action, well, aim) == ()
    for changes, words in SEEN:
        assert words in "; ".join(refusals(action, replace(well, **changes), aim))
