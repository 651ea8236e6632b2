"""failover: another node of a Sentinel group becomes primary, planned, and no acknowledged write is lost.

Never the plain SENTINEL FAILOVER of a healthy primary: it leaves the old one writable for about 10 s after the
promotion, and all that it acknowledges then is lost. Instead, in this order:

* Valkey >= 9.0 at the primary and at every Sentinel: SENTINEL FAILOVER ... COORDINATED. The server holds its own
  writes, waits for the replica and hands over; when the console dies, the Sentinels finish alone.
* Older: hold writes (redistui.ops.fence), wait until every replica that could be chosen has them all, order the
  failover, and as soon as a new primary serves, do to the old one what Sentinel would do 10 s later; then lift the
  fence. When the console dies on the way, the fence stays, so that nothing is lost, and the journal says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Kind
from redistui.ops import sentinel_checks
from redistui.ops.action import Action, Aim, Check, Option, Plan
from redistui.ops.catch_up import CatchUp
from redistui.ops.checks import failed, found, fresh, numbers
from redistui.ops.fence import Fence, fence_for
from redistui.ops.sentinel_plan import build, down_after_ms, order, promotion
from redistui.ops.sentinel_steps import Demote, WriteConfig

INSTEAD: dict[Kind, str] = {
    "cluster": "a cluster fails over shard by shard: `cluster-failover REPLICA` is for that",
    "replication": "no Sentinel watches this group: `promote REPLICA` is for that",
}
COORDINATED_SINCE = (9, 0)
CATCH_UP_SECONDS = 2.0


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = fleet.group(aim.group)
    if group is None or group.kind != "sentinel":
        yield from found(fleet, aim, ("sentinel",), INSTEAD)
        return
    if aim.options.get("to"):
        yield failed("choosing the replica (--to) is not possible yet: the Sentinels choose")
    yield from fresh(fleet)
    yield from sentinel_checks.sentinels(fleet, group)
    yield from sentinel_checks.recent(fleet, group)
    yield from sentinel_checks.data(fleet, group)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    assert group.primary is not None
    return coordinated(group, group.primary) if knows_coordinated(group) else fenced(group, group.primary)


def knows_coordinated(group: Group) -> bool:
    primary = group.node(group.primary or "")
    servers = [(s.server, s.version) for s, _ in sentinel_checks.believers(group)]
    servers.append((None, None) if primary is None else (primary.server, primary.version))
    return all(server == "valkey" and numbers(version)[:2] >= COORDINATED_SINCE for server, version in servers)


def coordinated(group: Group, primary: Address) -> Plan:
    return build(
        group,
        (order(group, primary, coordinated=True), promotion(group, primary)),
        loses="No acknowledged write. Writes at the primary wait for about 1 s.",
        undo="Fail over again: the same wait, and a partial resync.",
    )


def fenced(group: Group, primary: Address) -> Plan:
    fence = fence_for(primary, down_after_ms(group))
    steps = (
        *fence.hold,
        CatchUp(primary, sentinel_checks.candidates(group), CATCH_UP_SECONDS),
        order(group, primary, coordinated=False),
        promotion(group, primary),
        Demote(primary),
        *fence.release,
        WriteConfig(primary),
    )
    return build(group, steps, *sentences(fence), fence=fence, point=len(fence.hold) + 1)


def sentences(fence: Fence) -> tuple[str, str]:
    """What can be lost, and what it costs to go back."""
    lost, cut = "No acknowledged write.", "Connections to the old primary are cut."
    if fence.pause_seconds is None:
        refusal = "Writes are refused (NOREPLICAS) for about 1.2 s; the replicas do a full resync afterwards."
        return f"{lost} {refusal} {cut}", "Fail over again: the same refusal, and a full resync of each replica."
    wait = (
        f"Writes wait for about 1.2 s; should it take more than {fence.pause_seconds:g} s, they are refused until then."
    )
    return f"{lost} {wait} {cut}", "Fail over again: the same wait; the replicas resync, as a rule partially."


FAILOVER = Action(
    name="failover",
    title="Fail over",
    key="F",
    danger="risky",
    kinds=("sentinel",),
    usage="[--to REPLICA]",
    doc="Another node becomes primary; no acknowledged write is lost, and every step is verified.",
    checks=checks,
    plan=plan,
    options=(Option("to", "REPLICA", "the replica that is to become primary"),),
)
