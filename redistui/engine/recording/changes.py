"""What is different between two plain values (what JSON knows), told so that the later one can be made of the earlier.

>>> changed({"a": [1, 2, 3], "b": 5}, {"a": [2, 3, 4], "c": 6})
['d', [['a', ['l', 1, 2, [4]]], ['c', ['v', 6]]], ['b']]
>>> applied({"a": [1, 2, 3], "b": 5}, _)
{'a': [2, 3, 4], 'c': 6}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Change = list[Any]
"""`v` a value; `d` of a mapping what is other or new, and which keys are gone; `l` of a list how many are gone from its
front, how many of the rest stay, and what follows these; `e` of a list as long as before its other elements."""


def changed(before: Any, after: Any) -> Change | None:
    """None: they are equal. Tuples are lists. The order of a mapping counts, that of mappings in equal values does
    not."""
    if before == after and not (isinstance(before, dict) and list(before) != list(after)):
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        return changed_mapping(before, after)
    if before and after and isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
        return _changed_list(before, after)
    return ["v", after]


def changed_mapping(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """Of mappings that may be equal; of their values the order counts, too."""
    gone = [] if before.keys() == after.keys() else [key for key in before if key not in after]
    stay = [key for key in before if key in after] if gone else list(before)
    keys = list(after)
    if stay != keys[: len(stay)]:  # the order counts
        return ["v", after]
    told = [[key, change] for key in stay if (change := changed(before[key], after[key])) is not None]
    return ["d", told + [[key, ["v", after[key]]] for key in keys[len(stay) :]], gone]


def _changed_list(before: Sequence[Any], after: Sequence[Any]) -> Change:
    """Lists that grow at their end and lose at their front are told by what came; others one by one."""
    first = next((place for place, one in enumerate(before) if one == after[0]), None)
    alike = len(before) == len(after)
    if first is not None and not (alike and first == 0):
        pairs = zip(before[first:], after, strict=False)
        stay = next((place for place, (one, other) in enumerate(pairs) if one != other), None)
        stay = min(len(before) - first, len(after)) if stay is None else stay
        return ["l", first, stay, list(after[stay:])]
    if not alike:
        return ["v", list(after)]
    told = ((place, changed(one, other)) for place, (one, other) in enumerate(zip(before, after, strict=True)))
    return ["e", [[place, change] for place, change in told if change is not None]]


def applied(before: Any, change: Change | None) -> Any:
    """The later value; the earlier one is left as it is. Raises ValueError, TypeError, LookupError for what `changed`
    would not tell."""
    if change is None:
        return before
    match change:
        case ["v", after]:
            return after
        case ["d", told, gone]:
            found = {key: value for key, value in before.items() if key not in set(gone)}
            for key, one in told:
                found[key] = applied(found.get(key), one)
            return found
        case ["l", first, stay, tail]:
            return [*before[first : first + stay], *tail]
        case ["e", told]:
            elements = list(before)
            for place, one in told:
                elements[place] = applied(elements[place], one)
            return elements
    raise ValueError("no change is told so")
