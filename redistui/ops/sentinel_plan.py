"""What every plan for a Sentinel group is made of: the order, the wait for it, and what must hold afterwards."""

from __future__ import annotations

from redistui.model import Address, Group
from redistui.ops.action import Plan
from redistui.ops.checks import follows_directly
from redistui.ops.fence import Fence
from redistui.ops.fingerprint import fingerprint
from redistui.ops.sentinel_checks import believers, candidates
from redistui.ops.sentinel_steps import AwaitPromotion, OrderFailover
from redistui.ops.sentinel_verify import EveryoneFollows, NewPrimaryServes, SentinelsAgree
from redistui.ops.steps import Step

MARGIN_SECONDS = 15.0
"""Sentinels send a replica that went astray to the new primary only after failover-timeout; this comes on top."""


def build(
    group: Group, steps: tuple[Step, ...], loses: str, undo: str, *, fence: Fence | None = None, point: int = 0
) -> Plan:
    return Plan(
        action="failover",
        group=group.name,
        title=f"Fail over {group.name}: away from {group.primary}",
        danger="risky",
        steps=steps,
        verify=postconditions(group),
        release=() if fence is None else fence.release,
        point_of_no_return=point,
        loses=loses,
        undo=undo,
        fingerprint=fingerprint(group),
        confirm=group.name,
    )


def order(group: Group, primary: Address, *, coordinated: bool) -> Step:
    """To the first of the Sentinels that answer: equal fleets give equal plans."""
    sentinel, watch = believers(group)[0]
    return OrderFailover(sentinel.address, watch.name, primary, coordinated)


def promotion(group: Group, primary: Address) -> Step:
    ordered, watch = believers(group)[0]
    return AwaitPromotion(
        None, watch.name, primary, ordered.address, addresses(group), candidates(group), patience(group)
    )


def postconditions(group: Group) -> tuple[Step, ...]:
    _, watch = believers(group)[0]
    up = tuple(node.address for node in group.nodes if node.up and follows_directly(group, node))
    seconds = patience(group)
    return (
        SentinelsAgree(None, watch.name, addresses(group), watch.epoch or 0, seconds),
        NewPrimaryServes(None, seconds),
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
