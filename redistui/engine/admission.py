"""Whether the operator is let in, at every node that a plan sends something to, before anything is sent.

Found out only half-way it would leave a fence up, or an old primary without a new one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator

from redistui.engine.driver import Driver
from redistui.engine.house import House
from redistui.model import Address, Fleet, Operator
from redistui.ops.action import Plan
from redistui.ops.steps import Lost, Refused

SECONDS = 2.0
SHUT_OUT = re.compile(r"\b(WRONGPASS|NOAUTH|NOPERM)\b")
"""How a server says that it was the login; any other trouble is for the checks of the action."""


async def turned_away(driver: Driver, plan: Plan, house: House, groups: Iterable[str]) -> tuple[str, ...]:
    """Why the operator cannot act; empty: every login is known and taken, or whoever watches acts.

    A password that a server does not take is forgotten, so that it is asked for again.
    """
    nodes = tuple(doors(driver, plan, house.fleet, tuple(groups)))
    said = await asyncio.gather(*(_knock(driver, node, operator) for node, operator in nodes))
    for (_, operator), text in zip(nodes, said, strict=True):
        if text:
            house.logins.wrong(operator)
    return tuple(dict.fromkeys(text for text in said if text))


def doors(driver: Driver, plan: Plan, fleet: Fleet, groups: tuple[str, ...]) -> Iterator[tuple[Address, Operator]]:
    """The nodes that commands go to, and for every operator at least one that answers."""
    touched = set(plan.touched())
    met: set[Operator] = set()
    members = [member for group in fleet.groups if group.name in groups for member in group.members if member.up]
    for member in sorted(members, key=lambda each: each.address not in touched):
        operator = driver.operator_at(member.address)
        if operator is not None and (member.address in touched or operator not in met):
            met.add(operator)
            yield member.address, operator


async def _knock(driver: Driver, node: Address, operator: Operator) -> str:
    """Why the node does not let the operator in; empty: it does, or something else is the matter."""
    try:
        await driver.read(node, ("PING",), SECONDS)
    except Refused as error:
        if not driver.knows(operator):
            return str(error)
        if SHUT_OUT.search(str(error)):
            return f"{node} does not let {operator.user} in: {error}"
    except Lost:
        pass
    return ""
