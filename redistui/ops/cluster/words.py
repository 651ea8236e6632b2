"""The words of the actions that move slots: numbers, weights, slots and nodes, as an operator types them.

What is no such word at all raises BadWord, with a sentence; whether there is such a node or slot is for the checks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from redistui.model import SLOTS
from redistui.ops.action import Aim
from redistui.ops.templates import Ranges, ranges_of

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", re.ASCII)


class BadWord(Exception):
    """A sentence on what is wrong with a word."""


def complaint(read: Callable[[Aim], object]) -> Callable[[Aim], str]:
    """For `Action.wrong`: what is wrong with an aim that is read like this; empty: nothing."""

    def wrong(aim: Aim) -> str:
        try:
            read(aim)
        except BadWord as error:
            return str(error)
        return ""

    return wrong


def number_in(word: str, what: str) -> float:
    """A number of 0 or more.

    >>> number_in("1.5", "a weight")
    1.5
    """
    value = float(word) if NUMBER.fullmatch(word) else math.nan
    if not math.isfinite(value):
        raise BadWord(f"{what} is a number of 0 or more, not {word!r}")
    return value


def whole_in(word: str, what: str, most: int) -> int:
    value = int(word) if WHOLE.fullmatch(word) else 0
    if not 1 <= value <= most:
        raise BadWord(f"{what} is a whole number from 1 to {most}, not {word!r}")
    return value


def weights_in(text: str) -> tuple[tuple[str, float], ...]:
    """`NODE=W NODE=W`, as nodes and weights, each node once.

    >>> weights_in("10.0.0.1:6379=2 10.0.0.2:6379=0")
    (('10.0.0.1:6379', 2.0), ('10.0.0.2:6379', 0.0))
    """
    found: dict[str, float] = {}
    for word in text.split():
        node, equals, weight = word.rpartition("=")
        if not equals or not node:
            raise BadWord(f"a weight is given as NODE=WEIGHT, not {word!r}")
        if node in found:
            raise BadWord(f"{node} was given two weights")
        found[node] = number_in(weight, f"the weight of {node}")
    return tuple(found.items())


def nodes_in(text: str, option: str) -> tuple[str, ...]:
    """Nodes with commas between, each once."""
    nodes = tuple(text.replace(",", " ").split())
    if not nodes:
        raise BadWord(f"--{option} wants a node")
    if twice := next((node for place, node in enumerate(nodes) if node in nodes[:place]), None):
        raise BadWord(f"--{option} names {twice} twice")
    return nodes


def slots_in(text: str) -> int | Ranges:
    """A number of slots, or the slots themselves as ranges with commas between; a single slot is `7-7`.

    >>> slots_in("100"), slots_in("0-99,200"), slots_in("7-7")
    (100, ((0, 99), (200, 200)), ((7, 7),))
    """
    words: Sequence[str] = text.replace(",", " ").split()
    if len(words) == 1 and "-" not in words[0].strip("-") and not words[0].startswith("-"):
        return whole_in(words[0], "the number of slots", SLOTS)
    found: list[int] = []
    for word in words:
        found += _range_in(word)
    if len(set(found)) < len(found):
        twice = next(one for one, other in pairwise(sorted(found)) if one == other)
        raise BadWord(f"slot {twice} is named twice")
    if not found:
        raise BadWord("--slots wants a number of slots, or slots like 0-99,200")
    return ranges_of(found)


def _range_in(word: str) -> range:
    match = RANGE.fullmatch(word)
    if match is None:
        raise BadWord(f"slots are given as a number of them, or like 0-99,200, not {word!r}")
    first, last = int(match[1]), int(match[2] or match[1])
    if max(first, last) >= SLOTS:
        raise BadWord(f"there is no slot {max(first, last)}: they go from 0 to {SLOTS - 1}")
    if first > last:
        raise BadWord(f"slots {word} end before they begin")
    return range(first, last + 1)
