"""ACTIONS: all operator actions; read-only hides them all."""

from __future__ import annotations

from redistui.ops.action import Action
from redistui.ops.add_node import ADD_NODE
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

ACTIONS: tuple[Action, ...] = (
    FAILOVER,
    PROMOTE,
    CLUSTER_FAILOVER,
    SITE_FAILOVER,
    ATTACH,
    DETACH,
    REPLICATE,
    ADD_NODE,
    FORGET,
    REBALANCE,
    RESHARD,
    FIX,
    REPLICA_READ_ONLY,
    PAUSE_WRITES,
    UNPAUSE,
    SET_PARAMETER,
    SENTINEL_RESET,
    SENTINEL_SET,
    HEAL,
    RESUME,
    UNDO,
)
