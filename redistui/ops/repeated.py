"""A second failover of one group within ten minutes: it may be a group that flaps, or two people at work, and wants a
sentence that is typed for it.

What happened before is read from the fleet's events: what Sentinels announced, roles that changed, and what operators
did from here (an event of kind "action", redistui.ops.deed_words; the journal's are told of at the start).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from redistui.model import Address, Event, Fleet
from redistui.ops.action import Plan
from redistui.ops.deed_words import IN_VAIN, begun

SECONDS = 600.0
FAILOVERS = ("failover", "promote", "cluster-failover", "site-failover")
SWITCHED = "+switch-master"
PROMOTED = " was replica, is primary"


def is_failover(event: Event) -> bool:
    """Whether an event says that a primary was replaced, or that somebody began to."""
    match event.kind:
        case "+switch-master":
            return True
        case "role":
            return event.text.endswith(PROMOTED)
        case "action":
            return event.text.startswith(tuple(begun(action, "") for action in FAILOVERS))
    return False


def earlier(fleet: Fleet, group: str, nodes: Collection[Address] = (), *, seconds: float = SECONDS) -> Event | None:
    """The last failover of a group within so many seconds; with `nodes`, the last that names one of them."""
    found = fleet.group(group)
    names = {group, None if found is None else found.watched_as} - {None}
    vain = 0
    for event in reversed([one for one in fleet.events if one.group in names]):
        if fleet.at - event.at > seconds:
            return None
        if event.kind == "action" and event.text.startswith(IN_VAIN):
            vain += 1
        elif event.kind == "action" and vain and " begun: " in event.text:
            vain -= 1
        elif is_failover(event) and (not nodes or any(node in event.text for node in nodes)):
            return event
    return None


def sentence(group: str) -> str:
    """What is typed for another failover of a group."""
    return f"fail {group} over again"


def hardened(plan: Plan, fleet: Fleet, nodes: Collection[Address] = ()) -> Plan:
    """The plan as it is, or, after an earlier failover, with the sentence that has to be typed for another one.

    `nodes` narrows it to one shard of a cluster.
    """
    if earlier(fleet, plan.group, nodes) is None:
        return plan
    why = "This group failed over within the last ten minutes: find out why before it does again."
    if plan.danger == "lossy":
        return replace(plan, loses=f"{plan.loses} {why}".strip())
    return replace(plan, danger="risky", confirm=sentence(plan.group), loses=f"{plan.loses} {why}".strip())
