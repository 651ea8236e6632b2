"""What may follow an action's name on the `:` line: addresses, words, options and their values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Action, Option

PLACES = frozenset({"NODE", "REPLICA", "PRIMARY", "ADDRESS"})
"""Metavars that stand for a node."""


def candidates(
    action: Action, fleet: Fleet, group: Group | None, words: Sequence[str], operations: Iterable[str] = ()
) -> Iterator[str]:
    """What the next word may be after `words`; `operations` are the unfinished ones.

    >>> from redistui.ops.failover import FAILOVER
    >>> list(candidates(FAILOVER, Fleet(0.0, 1.0, ()), None, []))
    ['--to', '--minority']
    """
    options = {f"--{option.name}": option for option in action.options}
    open_ = options.get(words[-1]) if words else None
    if open_ is not None and open_.metavar:
        yield from _values(open_, action, fleet, group)
        return
    given = list(_positional(words, options))
    if len(given) < len(action.arguments):
        yield from _arguments(action, fleet, group, given, operations)
    yield from (name for name in options if name not in words)


def _positional(words: Sequence[str], options: dict[str, Option]) -> Iterator[str]:
    """Without options and what belongs to them."""
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            option = options.get(word)
            if option is not None and option.metavar:
                next(rest, None)
        else:
            yield word


def _arguments(
    action: Action, fleet: Fleet, group: Group | None, given: Sequence[str], operations: Iterable[str]
) -> Iterable[str]:
    argument = action.arguments[len(given)]
    if argument.sort != "word":
        return (one for one in addresses(action, fleet, group) if one not in given)
    if argument.name == "OPERATION":
        return operations
    hints = () if argument.hints is None else argument.hints(fleet, given)
    return argument.choices or tuple(f'"{hint}"' if " " in hint else hint for hint in hints)


def _values(option: Option, action: Action, fleet: Fleet, group: Group | None) -> Iterable[str]:
    return addresses(action, fleet, group) if option.metavar in PLACES else ()


def addresses(action: Action, fleet: Fleet, group: Group | None) -> Iterator[Address]:
    """Data nodes of groups it is for, those of the one that is looked at first."""
    fitting = [one for one in fleet.groups if one.kind in action.kinds]
    for one in sorted(fitting, key=lambda one: one is not group):
        yield from (node.address for node in one.nodes)
