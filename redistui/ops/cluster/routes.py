"""Routes: which slots go from whom to whom, and the commands that move them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from redistui.model import Address
from redistui.ops.templates import Ranges, slot_count, slots_of

How = Literal["classic", "atomic", "import"]
"""classic: CLUSTER SETSLOT and MIGRATE, slot by slot, key by key (every version). atomic: CLUSTER MIGRATESLOTS at the
source (Valkey >= 9.0). import: CLUSTER MIGRATION IMPORT at the target (Redis >= 8.4; written from its documentation,
not tried on a server)."""


class Route(NamedTuple):
    """Slots that one primary gives to another. In a stored step it is a plain tuple: read it with `routes_in`."""

    source: Address
    source_id: str
    target: Address
    target_id: str
    reached_at: Address
    """The target as the source knows it: where MIGRATE sends the keys. Another address than ours behind a NAT."""
    ranges: Ranges

    @property
    def name(self) -> str:
        return f"{self.source} to {self.target}"

    @property
    def slots(self) -> list[int]:
        return slots_of(self.ranges)


def routes_in(rows: Iterable[tuple[str, str, str, str, str, Ranges]]) -> tuple[Route, ...]:
    """The routes of a step, also of one that was read back from the journal."""
    return tuple(Route(*row) for row in rows)


def all_slots(routes: Iterable[Route]) -> int:
    return sum(slot_count(route.ranges) for route in routes)
