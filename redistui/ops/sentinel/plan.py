"""What every plan for a failover of a Sentinel group is made of: the order, the wait for it, the temporary priorities,
and what must hold afterwards."""

from __future__ import annotations

from redistui.model import Address, Group
from redistui.ops.action import Plan
from redistui.ops.checks import follows_directly
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.sentinel.candidates import candidates
from redistui.ops.sentinel.checks import believers
from redistui.ops.sentinel.priorities import AwaitPriorities, RestorePriority, SetPriority, changes
from redistui.ops.sentinel.steps import AwaitPromotion, How, OrderFailover
from redistui.ops.sentinel.verify import EveryoneFollows, NewPrimaryServes, SentinelsAgree
from redistui.ops.steps import Step

MARGIN_SECONDS = 15.0
"""Sentinels send a replica that went astray to the new primary only after failover-timeout; this comes on top."""


def build(
    group: Group,
    chosen: Address | None,
    *,
    first: tuple[Step, ...] = (),
    hold: tuple[Step, ...] = (),
    order: tuple[Step, ...],
    let_go: tuple[Step, ...] = (),
    release: tuple[Step, ...] = (),
    loses: str,
    undo: str,
) -> Plan:
    """Choose, hold writes, order and see it through, let go again. `release`: what undoes `hold`; `first`: reads that
    it needs, so that it can be sent whenever the plan stops."""
    prefer, put_back = preference(group, chosen)
    before = (*first, *prefer, *hold)
    return Plan(
        action="failover",
        group=group.name,
        title=f"Fail over {group.name}: away from {group.primary}" + (f", to {chosen}" if chosen else ""),
        danger="risky",
        steps=(*before, *order, *let_go, *put_back, *(WriteConfig(s.node, *PRIORITY) for s in put_back)),
        verify=postconditions(group, chosen),
        release=(*release, *put_back),
        point_of_no_return=len(before),
        loses=loses,
        undo=undo,
        fingerprint=fingerprint(group),
        confirm=group.name,
    )


PRIORITY = ("priority", "restarted, it may come back with the temporary one, which the Sentinels have had written")
"""A Sentinel has every node that it reconfigures write its config file, with the priority of that moment."""


def preference(group: Group, chosen: Address | None) -> tuple[tuple[Step, ...], tuple[RestorePriority, ...]]:
    """What makes the Sentinels take the chosen one, and what undoes it."""
    if chosen is None:
        return (), ()
    _, watch = believers(group)[0]
    made = changes(group, chosen, rivals(group, chosen))
    asked = AwaitPriorities(None, watch.name, addresses(group), chosen)
    return (
        (*(SetPriority(one.node, one.before, one.meanwhile) for one in made), asked),
        tuple(RestorePriority(one.node, one.before) for one in made),
    )


def rivals(group: Group, chosen: Address) -> tuple[Address, ...]:
    """Every other replica that a Sentinel knows of, and that we reach: one that is not well now may be in 10 s."""
    known = {each.address for _, watch in believers(group) for each in watch.replicas} - {chosen}
    return tuple(sorted(a for a in known if (node := group.node(a)) is not None and node.up))


def order(group: Group, primary: Address, how: How, chosen: Address | None) -> tuple[Step, ...]:
    """To the first of the Sentinels that answer: equal fleets give equal plans."""
    sentinel, watch = believers(group)[0]
    who = (chosen,) if chosen is not None else candidates(group, silent=how == "unplanned")
    awaited = AwaitPromotion(None, watch.name, primary, sentinel.address, addresses(group), who, patience(group))
    heirs = who if how == "unplanned" else ()
    return OrderFailover(sentinel.address, watch.name, primary, how, heirs), awaited


def postconditions(group: Group, chosen: Address | None) -> tuple[Step, ...]:
    _, watch = believers(group)[0]
    up = tuple(node.address for node in group.nodes if node.up and follows_directly(group, node))
    seconds = patience(group)
    return (
        SentinelsAgree(None, watch.name, addresses(group), watch.epoch or 0, seconds),
        NewPrimaryServes(None, seconds, chosen or ""),
        EveryoneFollows(None, up, seconds),
    )


def addresses(group: Group) -> tuple[Address, ...]:
    return tuple(sentinel.address for sentinel, _ in believers(group))


def down_after_ms(group: Group) -> int:
    """The shortest that any Sentinel goes by."""
    return min(watch.down_after_ms or 0 for _, watch in believers(group))


def patience(group: Group) -> float:
    """Seconds in which the Sentinels have either finished or given up."""
    timeouts = (watch.failover_timeout_ms or 0 for _, watch in believers(group))
    return max(30.0, max(timeouts) / 1000 + MARGIN_SECONDS)
