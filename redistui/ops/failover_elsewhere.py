"""failover where no Sentinel watches: of a plain group it is `promote`, of a cluster `cluster-failover`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Aim, Check, Plan
from redistui.ops.checks import failed, passed
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.promote import PROMOTE, best


def checks(fleet: Fleet, group: Group, aim: Aim) -> Iterator[Check]:
    named = aim.options.get("to")
    if group.kind == "cluster":
        if named is None:
            yield failed(f"a cluster fails over shard by shard (`cluster-failover`): which one? {shards(group)}")
        else:
            yield from CLUSTER_FAILOVER.checks(fleet, pointed(aim, named))
        return
    to = named or best(fleet, group)
    if to is None:
        yield failed(f"{group.name} has no replica that answers")
        return
    if named is None:
        yield passed(f"{to} is the best of its replicas")
    yield from PROMOTE.checks(fleet, pointed(aim, to))


def plan(fleet: Fleet, group: Group, aim: Aim) -> Plan:
    to = aim.options.get("to") or best(fleet, group)
    assert to is not None
    aim = pointed(aim, to)
    return (CLUSTER_FAILOVER if group.kind == "cluster" else PROMOTE).plan(fleet, aim)


def pointed(aim: Aim, to: Address) -> Aim:
    """The same aim, as the other action takes it."""
    return replace(aim, node=to, words=(to,), options={})


def shards(group: Group) -> str:
    """What can be said after --to."""
    found = () if group.cluster is None else group.cluster.shards
    each = (f"--to {' or '.join(shard.replicas)} (for {shard.primary})" for shard in found if shard.replicas)
    return "; ".join(each) or "none has a replica"
