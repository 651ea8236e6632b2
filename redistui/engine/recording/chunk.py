"""A chunk as it is written and read: a key frame and the parts behind it, each told as what is different from before.

Both ends keep the last row of each reply of each server, and the tables of addresses, shapes and texts that were told.
Of a piece, first comes what is seldom as JSON, then the numbers in columns: of all servers that gave replies of one
shape, all values of one number stand together, as differences from the server's last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from redistui.engine.observation import TICKS, Observation, ServerKind
from redistui.engine.recording.rows import Row, Shape
from redistui.model import Fault

SAME, OTHER, NEW = 0, 1, 2
"""A reply is the same as the server's last of that name, has other numbers, or has another shape or other texts."""
H = TypeVar("H", bound=Hashable)


class Seen:
    """An observation whose replies are rows."""

    __slots__ = ("address", "asked_at", "at", "fault", "kind", "names", "ping_ms", "rows")

    def __init__(self, seen: Observation, names: tuple[str, ...], rows: list[Row]) -> None:
        self.address, self.at, self.asked_at = seen.address, seen.at, seen.asked_at
        self.kind: ServerKind = seen.kind
        self.fault: Fault | None = seen.fault
        self.ping_ms = seen.ping_ms
        self.names, self.rows = names, rows

    @staticmethod
    def of(
        address: str, at: float, asked_at: float, kind: ServerKind, fault: Fault | None, ping_ms: float | None,
        names: tuple[str, ...], rows: list[Row],
    ) -> Seen:  # fmt: skip
        """As it was read."""
        one = object.__new__(Seen)
        one.address, one.at, one.asked_at, one.kind, one.fault, one.ping_ms = (
            address,
            at,
            asked_at,
            kind,
            fault,
            ping_ms,
        )
        one.names, one.rows = names, rows
        return one

    def only(self, names: Iterable[str]) -> Seen:
        """Without the other replies."""
        wanted = set(names)
        pairs = [pair for pair in zip(self.names, self.rows, strict=True) if pair[0] in wanted]
        return Seen.of(
            self.address, self.at, self.asked_at, self.kind, self.fault, self.ping_ms,
            tuple(name for name, _ in pairs), [row for _, row in pairs],
        )  # fmt: skip


class Table(Generic[H]):
    """Values that are told once and then by their number."""

    def __init__(self) -> None:
        self.values: list[H] = []
        self._numbers: dict[H, int] = {}
        self._told = 0

    def number(self, value: H) -> int:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = len(self.values)
            self.values.append(value)
        return number

    def news(self) -> list[H]:
        """Those that were not told yet."""
        told, self._told = self._told, len(self.values)
        return self.values[told:]

    def learn(self, values: Iterable[H]) -> None:
        self.values.extend(values)


class Tables:
    """All that a chunk has told so far."""

    def __init__(self) -> None:
        self.addresses: Table[str] = Table()
        self.rounds: Table[tuple[str, ...]] = Table()
        """Names of replies that came together."""
        self.shapes: Table[Shape] = Table()
        self.texts: Table[tuple[bytes, ...]] = Table()
        self.last: defaultdict[int, dict[str, tuple[Row, int]]] = defaultdict(dict)
        """By the number of a server, by the name of a reply: its row, and the number of the row's shape."""
        self.typical: dict[int, list[int]] = {}
        """By the number of a shape, the numbers of the last row of it, whosever: a new one is told against them."""

    def told(self) -> dict[str, Any]:
        return {
            "addresses": self.addresses.news(),
            "rounds": self.rounds.news(),
            "shapes": self.shapes.news(),
            "texts": [[text.decode("latin-1") for text in texts] for texts in self.texts.news()],
        }

    def learn(self, told: dict[str, Any]) -> None:
        self.addresses.learn(told["addresses"])
        self.rounds.learn(tuple(names) for names in told["rounds"])
        self.shapes.learn(tupled(shape) for shape in told["shapes"])
        self.texts.learn(tuple(text.encode("latin-1") for text in texts) for texts in told["texts"])


def tupled(value: Any) -> Any:
    return tuple(map(tupled, value)) if isinstance(value, list) else value


def ticks(at: float) -> int | None:
    """A time in ticks where that says it exactly, else None."""
    number = round(at * TICKS)
    return number if number / TICKS == at else None


def in_order(seen: Sequence[Seen], tables: Tables) -> Iterator[Seen]:
    """What was seen between two marks, in the order of the servers' numbers: the same of each server as it came."""
    return iter(sorted(seen, key=lambda one: tables.addresses.number(one.address)))
