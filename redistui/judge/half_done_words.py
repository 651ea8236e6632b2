"""What a half-done slot is, in an operator's words: what, where, and how it comes about."""

from __future__ import annotations

from collections.abc import Iterable

from redistui.judge.half_done import HalfDone

MOST = 6
"""Ranges that are named; the rest is counted."""


def told(one: HalfDone) -> str:
    """One sentence: the slots, their state, and where their keys are."""
    said = {
        "announced": _announced,
        "leaving": _leaving,
        "moving": _moving,
        "several": _several,
        "stale": _stale,
        "given-up": _given_up,
        "told-some": _told_some,
        "claimed-twice": _claimed_twice,
        "uncovered": _uncovered,
        "orphans": _orphans,
        "echoed": _echoed,
    }[one.kind](one)
    where = _keys(one)
    return f"{slots(one)} {said}{f'; {where}' if where else ''}"


def warned(one: HalfDone) -> str:
    """Of an open slot, as a finding: somebody may be moving it just now."""
    if one.kind in ("announced", "leaving", "moving"):
        way = f"on the way from {one.name(one.owner)} to {one.name(one.taker)}"
        return f"{slots(one)} {_is(one)} open, {way}: unless somebody moves {_it(one)} just now, `fix` ends that"
    return f"{told(one)}; {f'not to be ended: {one.stuck}' if one.stuck else '`fix` ends that'}"


def slots(one: HalfDone) -> str:
    """
    >>> slots(HalfDone("orphans", ((5, 7), (9, 9)), "", "", (), (), None, ()))
    'slots 5-7 9'
    >>> slots(HalfDone("orphans", tuple((slot, slot) for slot in range(0, 14, 2)), "", "", (), (), None, ()))
    'slots 0 2 4 6 8 10 and 1 more range'
    """
    all_ = [str(first) if first == last else f"{first}-{last}" for first, last in one.slots]
    left = len(all_) - MOST
    more = f" and {left} more range{'' if left == 1 else 's'}" if left > 0 else ""
    return f"slot{'' if one.count == 1 else 's'} {' '.join(all_[:MOST])}{more}"


def keys(count: int | None) -> str:
    """
    >>> keys(1), keys(1200), keys(None)
    ('1 key', '1,200 keys', 'an unknown number of keys')
    """
    return "an unknown number of keys" if count is None else f"{count:,} key{'' if count == 1 else 's'}"


def both(names: Iterable[str]) -> str:
    """
    >>> both(["a"]), both(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last


def _is(one: HalfDone) -> str:
    return "is" if one.count == 1 else "are"


def _it(one: HalfDone) -> str:
    return "it" if one.count == 1 else "them"


def _announced(one: HalfDone) -> str:
    owner, taker = one.name(one.owner), one.name(one.taker)
    return f"{_is(one)} to come from {owner} to {taker}, but {owner} was never told, or forgot it in a failover"


def _leaving(one: HalfDone) -> str:
    owner, taker = one.name(one.owner), one.name(one.taker)
    return (
        f"{_is(one)} on the way from {owner} to {taker}, which does not take {_it(one)} in: clients are sent to and "
        f"fro for every key that {owner} has not"
    )


def _moving(one: HalfDone) -> str:
    return (
        f"{_is(one)} half-way from {one.name(one.owner)} to {one.name(one.taker)}: a move that stopped while keys "
        f"were on their way"
    )


def _several(one: HalfDone) -> str:
    takers = [one.name(mark.node) for mark in one.marks if mark.kind == "importing"]
    sent = f"clients are sent to {one.name(one.taker)}" if one.taker else "clients are sent to none of them"
    return (
        f"{_is(one)} on more than one way from {one.name(one.owner)}, as after two operators at once: "
        f"{f'{both(takers)} take {_it(one)} in, and ' if takers else ''}{sent}"
    )


def _stale(one: HalfDone) -> str:
    return f"{_is(one)} open without a way to go: {one.why or one.stuck}"


def _given_up(one: HalfDone) -> str:
    return (
        f"{'has' if one.count == 1 else 'have'} no owner: the one before gave {_it(one)} to {one.name(one.taker)}, "
        f"which was not told to own {_it(one)}; clients are sent to and fro"
    )


def _told_some(one: HalfDone) -> str:
    return (
        f"{'belongs' if one.count == 1 else 'belong'} to {one.name(one.owner)}, but "
        f"{both([one.name(id_) for id_ in one.astray])} name{'s' if len(one.astray) == 1 else ''} another owner, or "
        f"none: not everybody was told"
    )


def _claimed_twice(one: HalfDone) -> str:
    owner, losers = one.name(one.owner), both([one.name(id_) for id_, _ in one.elsewhere])
    return (
        f"{_is(one)} claimed by {owner} and {losers}; as soon as they hear each other {owner}, with the newer epoch, "
        f"keeps {_it(one)}, and {losers} drops the keys it has there"
    )


def _uncovered(one: HalfDone) -> str:
    why = f", since {one.why} and has no replica" if one.why else ""
    return f"{'has' if one.count == 1 else 'have'} no owner{why}: no client can read or write there"


def _orphans(one: HalfDone) -> str:
    return (
        f"{'belongs' if one.count == 1 else 'belong'} to {one.name(one.owner)}, but keys lie elsewhere, where no "
        f"client reaches them"
    )


def _echoed(one: HalfDone) -> str:
    replicas = both([one.name(mark.node) for mark in one.marks])
    return (
        f"{_is(one)} open at {replicas} alone, and not at the primary there: whoever ordered it was cut off half-way. "
        f"No move begins before that is cleared, and a failover to {replicas} would open {_it(one)}"
    )


def _keys(one: HalfDone) -> str:
    """Where the keys are, as far as they were counted."""
    if one.kind == "echoed":
        return ""
    held = [(one.owner, one.kept), *one.elsewhere] if one.owner else list(one.elsewhere)
    if one.kept is None and all(count is None for _, count in held):
        return "" if one.kind in ("told-some", "claimed-twice") else "keys were not counted"
    rows = [f"{keys(count)} at {one.name(id_)}" for id_, count in held if count != 0 or id_ == one.owner]
    return both(rows) if rows else "nobody who answers holds a key there"
