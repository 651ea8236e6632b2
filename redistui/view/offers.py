"""Offers: the actions that a group knows, pointed at the node under the cursor, each with what still is to be typed, or
with the first reason why it cannot be done now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Action, Aim, Option
from redistui.ops.actions import ACTIONS
from redistui.ops.aiming import BadAim, aim_at, split
from redistui.ops.resume import RESUME
from redistui.ops.stored import Past
from redistui.view.cells import Cell, Row, show
from redistui.view.keys import Key, shown
from redistui.view.words import paragraph

NAME_WIDTH = 18
DETAIL_LINES = 5


class Offer(NamedTuple):
    """One action at one place."""

    action: Action
    line: str
    """What is typed for it after `:`, as far as it is known."""
    wants: str = ""
    """The arguments that are still missing; empty: its dialog can be opened."""
    reason: str = ""
    """The first of what refuses it now."""


def offers(fleet: Fleet, group: Group, node: Address | None, past: Sequence[Past] = ()) -> Iterator[Offer]:
    """Those that are for this kind of group, in the order of ACTIONS. `past`: operations that were not finished."""
    for action in ACTIONS:
        if group.kind in action.kinds and (action is not RESUME or past):
            yield offer(action, fleet, group, node, past)


def offer(action: Action, fleet: Fleet, group: Group, node: Address | None, past: Sequence[Past] = ()) -> Offer:
    given = _given(action, group, node, past)
    words, options = split(action, given)
    line = " ".join((action.name, *given))
    missing = action.arguments[len(words) :]
    if missing:
        return Offer(action, line, " ".join("|".join(a.choices) or a.name for a in missing))
    try:
        aim = aim_at(action, fleet, words, options, looked_at=group.name, past=_past(words, past))
    except BadAim:  # options that it cannot do without
        return Offer(action, line, " ".join(f"--{o.name} {o.metavar}" for o in _needed(action, options)))
    return Offer(action, line, reason=first_reason(action, fleet, aim))


def _needed(action: Action, options: Mapping[str, str]) -> Iterator[Option]:
    return (option for option in action.options if option.metavar and option.name not in options)


def first_reason(action: Action, fleet: Fleet, aim: Aim) -> str:
    """Its checks are only asked as far as the first that refuses it."""
    return next((check.text for check in action.checks(fleet, aim) if check.mark == "fail"), "")


def _given(action: Action, group: Group, node: Address | None, past: Sequence[Past]) -> tuple[str, ...]:
    """What the place tells: the one operation that there is to resume; the node under the cursor, which in a cluster
    also says which shard is meant."""
    if action is RESUME:
        return (past[0].operation,) if len(past) == 1 else ()
    if node is None:
        return ()
    if action.arguments and action.arguments[0].sort == "node":
        return (node,)
    found = group.node(node)
    if group.kind != "cluster" or found is None:
        return ()
    names = {option.name for option in action.options}
    if "from" in names:
        return ("--from", node) if found.role == "primary" else ()
    if "to" in names and found.role == "replica":
        return ("--to", node)
    return ("--node", node) if "node" in names else ()


def _past(words: Sequence[str], past: Sequence[Past]) -> Past | None:
    return next((one for one in past if one.operation in words), None)


def offer_row(offer: Offer, keys: Mapping[str, str], chosen: str, width: int) -> Row:
    """One line of the list: its key, its name, and what it does or why it cannot be done."""
    dim = bool(offer.reason)
    head = f"{keys.get(offer.action.name, ''):>2} {offer.action.name:<{NAME_WIDTH}} "
    rest = offer.reason or offer.action.doc
    room = width - len(head) - len(chosen)
    rest = show(rest, 400)
    rest = rest if len(rest) <= room else f"{rest[: room - 2]}.."
    return (Cell(chosen, "accent"), Cell(head, "dim" if dim else "key"), Cell(rest, "dim" if dim else "text"))


def detail_rows(offer: Offer, width: int) -> list[Row]:
    """All of the chosen one: what it does, what is typed for it, and its reason in full; always as many lines."""
    rows = [*paragraph(offer.action.doc, width, "text")]
    if offer.reason:
        rows += paragraph(show(offer.reason, 400), width, "bad", Cell("cannot be done now: ", "bad"))
    usage = f":{offer.action.name} {offer.action.usage}".rstrip()
    rows += paragraph(usage, width, "dim")
    return (rows + [()] * DETAIL_LINES)[:DETAIL_LINES]


def keys_of_actions(rows: Sequence[Key]) -> dict[str, str]:
    """Action -> the single key that opens it.

    >>> from redistui.view.keys import KEYS
    >>> keys_of_actions(KEYS)["failover"]
    'F'
    """
    return {row.action[5:-2]: shown(row.key) for row in rows if row.action.startswith("act('")}
