"""Commands with many keys on a cluster: one MGET, MSET or UNLINK for each slot, and what became of each.

A cluster takes a command only where all its keys lie in one slot, so that a call over several slots is several
commands. None of it is atomic: some slots may have taken their part while others have not. That is why every call tells
the outcome slot by slot, and a write that is not whole is raised as PartialWrite, never returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redistui.model import Address
from redistui.model.routes import Answer, Outcome
from redistui.net.client import raw
from redistui.replies.slot import slot_of
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.words import Word, word

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class SlotPart:
    """The part of a call that lies in one slot: one command."""

    slot: int
    keys: tuple[str, ...]
    """As text (redistui.route.words), in their order, duplicates too."""
    places: tuple[int, ...]
    """Where each of them stands in the call, from 0."""


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What became of one such part."""

    slot: int
    keys: tuple[str, ...]
    outcome: Outcome
    node: Address | None
    """Who answered, or was asked last; None: nobody was."""
    ms: float
    """0 where there was no answer."""
    error: RouteFailed | None = None

    def __str__(self) -> str:
        said = f" ({self.error})" if self.error is not None else ""
        return f"slot {self.slot} {self.outcome}{said}"


@dataclass(frozen=True, slots=True)
class ManyRead:
    """Values in the order of the keys that were asked for, duplicates too."""

    values: tuple[Any, ...]
    """bytes, or None where the key is not there; where its slot gave no answer, the RouteFailed that it ended in."""
    slots: tuple[SlotOutcome, ...]

    @property
    def whole(self) -> bool:
        """Every slot answered."""
        return all(part.outcome == "acked" for part in self.slots)


@dataclass(frozen=True, slots=True)
class ManyWritten:
    """A write that every slot has taken."""

    slots: tuple[SlotOutcome, ...]
    count: int
    """Of keys: set, or deleted (those that were there)."""


class PartialWrite(RouteFailed):
    """A write over several slots that not all of them have taken: it is not atomic, and what was taken stays.

    Caught as Refused where no slot has taken anything, else as Unknown. Only the parts that were refused may be sent
    again (`refused_keys`); those of unknown outcome may have run.
    """

    def __init__(self, command: str, slots: Sequence[SlotOutcome], count: int = 0) -> None:
        self.slots = tuple(slots)
        self.count = count
        """Keys that were set or deleted where it was acknowledged."""
        worst = next(part for part in self.slots if part.outcome != "acked")
        failed = worst.error
        super().__init__(
            failed.kind if failed else "ERR",
            f"{command} over {len(self.slots)} slots: {len(self.acked)} acknowledged, {len(self.refused)} refused, "
            f"{len(self.unknown)} unknown, first of them {worst}",
        )

    def _slots(self, outcome: Outcome) -> tuple[int, ...]:
        return tuple(part.slot for part in self.slots if part.outcome == outcome)

    @property
    def acked(self) -> tuple[int, ...]:
        return self._slots("acked")

    @property
    def refused(self) -> tuple[int, ...]:
        return self._slots("refused")

    @property
    def unknown(self) -> tuple[int, ...]:
        return self._slots("unknown")

    @property
    def refused_keys(self) -> tuple[str, ...]:
        """Keys whose part changed nothing, so that it may be sent again; by slot, in their order."""
        return tuple(key for part in self.slots if part.outcome == "refused" for key in part.keys)


class PartlyWritten(PartialWrite, Unknown):
    """Some slots have taken their part, or may have."""

    outcome = "unknown"


class NothingWritten(PartialWrite, Refused):
    """Every slot refused: nothing was changed."""

    outcome = "refused"


def by_slot(keys: Sequence[str]) -> tuple[SlotPart, ...]:
    """A call's keys by their slots, in the order in which the slots first come up.

    >>> [(part.slot, part.keys, part.places) for part in by_slot(["{a}1", "b", "{a}2", "b"])]
    [(15495, ('{a}1', '{a}2'), (0, 2)), (3300, ('b', 'b'), (1, 3))]
    """
    found: dict[int, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(slot_of(raw(key)), []).append(place)
    return tuple(
        SlotPart(slot, tuple(keys[place] for place in places), tuple(places)) for slot, places in found.items()
    )


def singles(parts: Sequence[SlotPart], keys: Sequence[str]) -> tuple[SlotPart, ...]:
    """One part for each key, where each is a command of its own; of a key that comes twice the last place.

    >>> [(part.slot, part.keys, part.places) for part in singles(by_slot(["b", "{a}1", "b"]), ["b", "{a}1", "b"])]
    [(3300, ('b',), (2,)), (15495, ('{a}1',), (1,))]
    """
    last = {key: place for place, key in enumerate(keys)}
    return tuple(SlotPart(part.slot, (key,), (last[key],)) for part in parts for key in dict.fromkeys(part.keys))


def outcome_of(part: SlotPart, answered: Answer | RouteFailed) -> SlotOutcome:
    if isinstance(answered, RouteFailed):
        return SlotOutcome(part.slot, part.keys, answered.outcome, answered.node, 0.0, answered)
    return SlotOutcome(part.slot, part.keys, "acked", answered.node, answered.ms)


def gathered(parts: Sequence[SlotPart], answers: Sequence[Answer | RouteFailed]) -> ManyRead:
    """The values of an MGET for each slot, back in the order of the call."""
    values: dict[int, Any] = {}
    for part, answered in zip(parts, answers, strict=True):
        given = [answered] * len(part.keys) if isinstance(answered, RouteFailed) else answered.value
        values.update(zip(part.places, given, strict=True))
    return ManyRead(
        tuple(values[place] for place in range(len(values))),
        tuple(map(outcome_of, parts, answers)),
    )


def written(
    command: str,
    parts: Sequence[SlotPart],
    answers: Sequence[Answer | RouteFailed],
    counted: Callable[[SlotPart, Answer], int],
) -> ManyWritten:
    """Raises PartialWrite unless every slot acknowledged. `counted`: how many keys an acknowledged part changed."""
    slots = tuple(map(outcome_of, parts, answers))
    count = sum(
        counted(part, answered)
        for part, answered in zip(parts, answers, strict=True)
        if not isinstance(answered, RouteFailed)
    )
    if all(part.outcome == "acked" for part in slots):
        return ManyWritten(slots, count)
    nothing = all(part.outcome == "refused" for part in slots)
    raise (NothingWritten if nothing else PartlyWritten)(command, slots, count)


def paired(given: Mapping[Word, Word] | Sequence[tuple[Word, Word]]) -> list[Pair]:
    """Keys with their values. Raises BadRoute.

    >>> paired({"a": 1}), paired([("a", b"x"), ("b", 2.5)])
    ([('a', '1')], [('a', 'x'), ('b', '2.5')])
    """
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise BadRoute(f"mset takes pairs of key and value, or a mapping: not {type(pair).__name__}")
    return [(word(key), word(value)) for key, value in pairs]


def flat(pairs: Iterable[Pair]) -> tuple[str, ...]:
    """Arguments of MSET."""
    return tuple(word for pair in pairs for word in pair)
