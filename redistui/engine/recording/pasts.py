"""Pasts: what of each server a key frame needs: of each reply the last two, from which rates begin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from redistui.engine.recording.chunk import Seen
from redistui.engine.recording.rows import Row
from redistui.model import Address

_SHAPE, _ERROR = itemgetter(0), ("e",)


class Past:
    """Of one server: of each reply the last one, and the last one before it that could be read; and its last fault."""

    __slots__ = ("_before", "_fault", "_last", "at", "ping_ms")

    def __init__(self) -> None:
        self.at: float | None = None
        """Of its last answers."""
        self.ping_ms: float | None = None
        self._last: dict[str, tuple[Seen, Row]] = {}
        self._before: dict[str, tuple[Seen, Row]] = {}
        self._fault: Seen | None = None

    def note(self, one: Seen) -> None:
        if one.ping_ms is not None:
            self.ping_ms = one.ping_ms
        if one.fault is not None:
            self._fault = one
            return
        self.at = one.at
        last, before = self._last, self._before
        for name, row in zip(one.names, one.rows, strict=True):
            known = last.get(name)
            if known is not None and known[1].shape[0] != "e":
                before[name] = known
            last[name] = (one, row)

    def told(self) -> list[Seen]:
        """In the order of their times, each with the answers that count."""
        counting: dict[int, tuple[Seen, list[str]]] = {}
        for group in (self._before, self._last):
            for name, (seen, _) in group.items():
                counting.setdefault(id(seen), (seen, []))[1].append(name)
        found = [seen.only(names) for seen, names in counting.values()]
        if self._fault is not None:
            found.append(self._fault)
        return sorted(found, key=lambda seen: seen.at)


class Pasts:
    """Of all servers. In the hands of one thread."""

    def __init__(self) -> None:
        self._pasts: dict[Address, Past] = {}

    def note(self, seen: Sequence[Seen]) -> None:
        """In the order of their times. Of replies without an error that came together only the last two count."""
        counting: list[Seen] = []
        later: dict[tuple[Address, tuple[str, ...]], int] = {}
        for one in reversed(seen):
            key = one.address, one.names
            behind = later.get(key, 0)
            if one.fault is not None or _ERROR in map(_SHAPE, one.rows):
                counting.append(one)
            elif behind < 2:
                counting.append(one)
                later[key] = behind + 1
        for one in reversed(counting):
            self._note(one)

    def of(self, address: Address) -> Past:
        """Nothing, where it has said nothing."""
        return self._pasts.get(address) or Past()

    def forget(self, address: Address) -> None:
        """Whoever answers there from now on is somebody else."""
        self._pasts.pop(address, None)

    def told(self, addresses: Iterable[Address]) -> list[list[Seen]]:
        """What these servers said last; nothing else is known from now on, as to one who begins to read here."""
        found = [self.of(address).told() for address in addresses]
        self._pasts = {}
        for past in found:
            for one in past:
                self._note(one)
        return found

    def _note(self, one: Seen) -> None:
        past = self._pasts.get(one.address)
        if past is None:
            past = self._pasts[one.address] = Past()
        past.note(one)
