"""Cutting slots out of a shard's ranges so that few and long ranges come of it, on either side."""

from __future__ import annotations

from collections.abc import Collection, Iterable

Range = tuple[int, int]
"""First and last slot."""


def ranged(slots: Iterable[int]) -> list[Range]:
    """Slots in rising order, as ranges.

    >>> ranged((1, 2, 3, 7))
    [(1, 3), (7, 7)]
    """
    found: list[Range] = []
    for slot in slots:
        if found and found[-1][1] == slot - 1:
            found[-1] = (found[-1][0], slot)
        else:
            found.append((slot, slot))
    return found


def size(one: Range) -> int:
    return one[1] - one[0] + 1


def cut(ranges: list[Range], count: int, near: Collection[int]) -> list[int]:
    """Takes so many slots out of `ranges`: a range that fits exactly, else a piece of one that adjoins the slots
    `near`, else of the longest one; where
    none is as long as that, the longest ones whole.

    >>> left = [(0, 9), (20, 39)]
    >>> cut(left, 5, {40, 41}), left
    ([35, 36, 37, 38, 39], [(0, 9), (20, 34)])
    """
    taken: list[int] = []
    exact = next((one for one in ranges if size(one) == count), None)
    long = sorted(ranges, key=lambda one: (-size(one), one[0])) if exact is None else [exact]
    for first, last in long:
        if size((first, last)) > count:
            break
        taken += range(first, last + 1)
        count -= size((first, last))
    gone = set(taken)
    ranges[:] = [one for one in ranges if one[0] not in gone]
    if not count:
        return taken
    place = ranges.index(_best(ranges, count, near))
    first, last = ranges[place]
    at_end = last + 1 in near
    ranges[place] = (first, last - count) if at_end else (first + count, last)
    return taken + list(range(last - count + 1, last + 1) if at_end else range(first, first + count))


def _best(ranges: list[Range], count: int, near: Collection[int]) -> Range:
    """A range longer than what is wanted: one was left over."""
    long = [one for one in ranges if size(one) > count]
    beside = [one for one in long if one[1] + 1 in near or one[0] - 1 in near]
    return max(beside or long, key=size)
