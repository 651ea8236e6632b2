"""The gate before a plan is fired: is anybody else at work here, and is the plan still the one that was confirmed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from redistui.engine.driver import Driver
from redistui.engine.reach import NAME
from redistui.model import Address, Fleet
from redistui.ops.action import Action, Aim, Plan, refusals, warnings
from redistui.ops.run import Run, planned, refused
from redistui.ops.steps import Lost, Refused

LOCK_SECONDS = 2.0


def gate(action: Action, aim: Aim, fleet: Fleet, confirmed: Plan, others: tuple[str, ...]) -> Run:
    """What speaks against firing, now that everything was read anew."""
    against = (*others, *refusals(action, fleet, aim))
    if against:
        return refused(action.name, aim.group, against, confirmed)
    plan, noted = action.plan(fleet, aim), warnings(action, fleet, aim)
    if plan != confirmed:
        return refused(action.name, aim.group, (difference(confirmed, plan),), plan, noted)
    return planned(action.name, aim.group, plan, noted)


def difference(confirmed: Plan, plan: Plan) -> str:
    """Why a plan must be confirmed again."""
    if [step.commands() for step in confirmed.steps] != [step.commands() for step in plan.steps]:
        return "the plan is another one by now; look at it, and confirm it anew"
    if confirmed.fingerprint != plan.fingerprint:
        return "the fleet has changed since the plan was made (roles, history or epochs); look, and confirm it anew"
    return "the plan's conditions have changed since it was made; look at it, and confirm it anew"


def plan_hash(plan: Plan) -> str:
    """Of all that the plan would send, and of what it rests on."""
    sends = [(step.node, tuple(step.commands())) for step in (*plan.steps, *plan.release)]
    return hashlib.sha256(repr((sends, plan.fingerprint)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


async def others_at(driver: Driver, plan: Plan, fleet: Fleet, groups: Sequence[str]) -> tuple[str, ...]:
    """Operations of other consoles, seen by the names of their connections at the data nodes this plan rests on."""
    found = []
    for node in lock_nodes(plan, fleet, groups):
        try:
            reply = await driver.read(node, ("CLIENT", "LIST"), LOCK_SECONDS)
        except (Refused, Lost) as error:
            found.append(f"whether another console works at {node} cannot be seen: {error}")
            continue
        if names := foreign(reply, driver.name):
            found.append(f"another console works at {node} ({', '.join(names)}); wait until it is done")
    return tuple(found)


def lock_nodes(plan: Plan, fleet: Fleet, groups: Sequence[str]) -> tuple[Address, ...]:
    """Data nodes that commands go to, and the primaries of each group that takes part; only those that answer."""
    found = [group for group in fleet.groups if group.name in groups]
    shards = (shard.primary for group in found if group.cluster is not None for shard in group.cluster.shards)
    wanted = {*plan.touched(), *(group.primary for group in found), *shards}
    return tuple(node.address for group in found for node in group.nodes if node.address in wanted and node.up)


def foreign(reply: object, own: str) -> tuple[str, ...]:
    """Names of other operations' connections in a CLIENT LIST.

    >>> foreign(b"id=3 name=redistui-ops:1f db=0\\nid=4 name=redistui-ops:2e db=0", "redistui-ops:1f")
    ('redistui-ops:2e',)
    """
    text = reply.decode("utf-8", "backslashreplace") if isinstance(reply, bytes) else ""
    fields = (field.removeprefix("name=") for field in text.split() if field.startswith(f"name={NAME}"))
    return tuple(sorted({name for name in fields if name != own}))
