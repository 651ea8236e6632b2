"""failover: another node becomes primary.

Planned, no acknowledged write is lost. Never the plain SENTINEL FAILOVER of a healthy primary: it leaves the old one
writable for about 10 s after the promotion, and all that it acknowledges then is lost. Instead, in this order:

* With --to: the chosen replica gets the lowest replica-priority for a while (redistui.ops.sentinel.priorities), and
  every Sentinel has to have seen it before anything else is done.
* Valkey >= 9.0 at the primary and at every Sentinel: SENTINEL FAILOVER ... COORDINATED. The server holds its own
  writes, waits for the replica and hands over; when the console dies, the Sentinels finish alone.
* Older: hold writes (redistui.ops.node.fence), wait until every replica that could be chosen has them all, order the
  failover, and as soon as a new primary serves, do to the old one what Sentinel would do 10 s later; then lift the
  fence. When the console dies on the way, the fence stays, so that nothing is lost, and the journal says so.

Unplanned (the primary is silent): redistui.ops.sentinel.unplanned. What can be lost is said, and has to be typed. A
minority of Sentinels is refused: the other side of the partition may elect another primary. With --minority the
operator answers for that: a single Sentinel obeys without any vote.

A cluster and a plain group have actions of their own, to which this one leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.model import Address, Fleet, Group
from redistui.ops import failover_elsewhere
from redistui.ops.action import Action, Aim, Check, Option, Plan
from redistui.ops.checks import failed, found, fresh, numbers
from redistui.ops.node.catch_up import CatchUp
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.node.fence import Fence, fence_for
from redistui.ops.repeated import hardened
from redistui.ops.sentinel import checks as sentinel_checks
from redistui.ops.sentinel import nodes as sentinel_nodes
from redistui.ops.sentinel import unplanned as sentinel_unplanned
from redistui.ops.sentinel.candidates import candidates
from redistui.ops.sentinel.demote import Demote, DemoteReturned
from redistui.ops.sentinel.plan import build, down_after_ms, order

COORDINATED_SINCE = (9, 0)
CATCH_UP_SECONDS = 2.0


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = fleet.group(aim.group)
    if group is None:
        yield from found(fleet, aim, (), {})
    elif group.kind != "sentinel":
        yield from failover_elsewhere.checks(fleet, group, aim)
    else:
        yield from _sentinel_checks(fleet, group, aim.options.get("to"), few="minority" in aim.options)


def _sentinel_checks(fleet: Fleet, group: Group, chosen: Address | None, *, few: bool) -> Iterator[Check]:
    silent = sentinel_nodes.is_silent(group)
    yield from fresh(fleet)
    if few and not (silent and sentinel_checks.is_minority(group)):
        yield failed("--minority is for a primary that is dead, and most of its Sentinels with it")
    yield from sentinel_checks.sentinels(fleet, group, silent=silent, few=few)
    yield from sentinel_checks.recent(fleet, group, silent=silent)
    about = sentinel_unplanned if silent else sentinel_nodes
    yield from about.checks(fleet, group, chosen)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    if group.kind != "sentinel":
        return failover_elsewhere.plan(fleet, group, aim)
    assert group.primary is not None
    made = _sentinel_plan(group, group.primary, aim.options.get("to"))
    return hardened(by_few(made, group.primary) if "minority" in aim.options else made, fleet)


def _sentinel_plan(group: Group, primary: Address, chosen: Address | None) -> Plan:
    if sentinel_nodes.is_silent(group):
        return unplanned(group, primary, chosen)
    return (coordinated if knows_coordinated(group) else fenced)(group, primary, chosen)


def knows_coordinated(group: Group) -> bool:
    primary = group.node(group.primary or "")
    servers = [(s.server, s.version) for s, _ in sentinel_checks.believers(group)]
    servers.append((None, None) if primary is None else (primary.server, primary.version))
    return all(server == "valkey" and numbers(version)[:2] >= COORDINATED_SINCE for server, version in servers)


def coordinated(group: Group, primary: Address, chosen: Address | None) -> Plan:
    return build(
        group,
        chosen,
        order=order(group, primary, "coordinated", chosen),
        loses="No acknowledged write. Writes at the primary wait for about 1 s.",
        undo="Fail over again: the same wait, and a partial resync.",
    )


def fenced(group: Group, primary: Address, chosen: Address | None) -> Plan:
    """All that could be chosen must have caught up, not only the one that is to be: should it fail in the very last
    moment, the Sentinels take another."""
    fence = fence_for(primary, down_after_ms(group))
    loses, undo = sentences(fence)
    return build(
        group,
        chosen,
        first=fence.hold[:1],
        hold=(*fence.hold[1:], CatchUp(primary, candidates(group), CATCH_UP_SECONDS)),
        order=order(group, primary, "fenced", chosen),
        let_go=(Demote(primary), *fence.release, WriteConfig(primary)),
        release=fence.release,
        loses=loses,
        undo=undo,
    )


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


def unplanned(group: Group, primary: Address, chosen: Address | None) -> Plan:
    loss = sentinel_unplanned.loss_of(group, chosen)
    made = build(
        group,
        chosen,
        order=order(group, primary, "unplanned", chosen),
        let_go=(DemoteReturned(primary),),
        loses=sentinel_unplanned.sentence(loss, primary),
        undo="What is lost stays lost. The old primary can be primary again by a planned failover, once it has synced.",
    )
    return replace(made, danger="lossy", confirm=loss.sentence(group.name))


def by_few(plan: Plan, primary: Address) -> Plan:
    """A Sentinel obeys without the others, so nobody but the operator keeps the other side from having a primary."""
    more = (
        f"Should {primary} live, with the other Sentinels, it takes writes until they meet, and all of these are lost."
    )
    said = f"{primary} and its Sentinels are fenced, {plan.confirm}"
    return replace(plan, loses=f"{plan.loses} {more}", confirm=said)


FAILOVER = Action(
    name="failover",
    title="Fail over",
    key="F",
    danger="risky",
    kinds=("sentinel", "replication", "cluster"),
    doc="Another node becomes primary; no acknowledged write is lost, unless the primary is down already.",
    checks=checks,
    plan=plan,
    options=(
        Option("to", "REPLICA", "the replica that is to become primary"),
        Option(
            "minority", "", "the primary is dead and fenced, and most Sentinels with it: the rest promote without them"
        ),
    ),
)
