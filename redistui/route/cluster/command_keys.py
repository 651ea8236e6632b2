"""Where the keys of a command stand: the server's own word (COMMAND), for a cluster client that must know its slot.

redis-py's AsyncCommandsParser asks through a connection of its own cluster client, and does not know subcommands of
Redis 6.2; the reply is the same one that redistui.route.commands reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from redistui.replies.words import integer, text
from redistui.route.failures import BadRoute


class KeyPlaces(NamedTuple):
    """The first and the last key's place in the command (below 0: counted from the end; first 0: there are no keys),
    the step between keys, whether only the server can tell (COMMAND GETKEYS), and whether it writes."""

    first: int
    last: int
    step: int
    movable: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class KeyTable:
    """Name, or `name|subcommand`, in small letters, -> places."""

    places: Mapping[str, KeyPlaces] = field(default_factory=dict)

    def of(self, argv: Sequence[str]) -> KeyPlaces | None:
        """None: the table does not know the command."""
        name = argv[0].lower()
        whole = f"{name}|{argv[1].lower()}" if len(argv) > 1 else name
        return self.places.get(whole) or self.places.get(name)

    def keys(self, argv: Sequence[str]) -> tuple[str, ...] | None:
        """The keys of a command, in their order; None: only the server can tell."""
        places = self.of(argv)
        if places is None or places.movable:
            return None
        if places.first <= 0:
            return ()
        last = places.last if places.last >= 0 else len(argv) + places.last
        return tuple(argv[places.first : last + 1 : max(1, places.step)])

    def checked(self, argv: Sequence[str]) -> None:
        """Raises BadRoute for what writes to a whole node, as FLUSHALL does: only one of the shards would run it."""
        places = self.of(argv)
        if places is not None and places.writes and not places.movable and places.first <= 0:
            raise BadRoute(
                f"{argv[0].upper()} names no key, so that only one shard would run it: send it to each primary"
            )


def read_key_places(reply: Any) -> KeyTable:
    """COMMAND's reply, of any version.

    >>> table = read_key_places([[b"mset", -3, [b"write"], 1, -1, 2], [b"ping", -1, [b"fast"], 0, 0, 0]])
    >>> table.keys(["MSET", "a", "1", "b", "2"]), table.keys(["PING"]), table.keys(["NEW.CMD", "k"])
    (('a', 'b'), (), None)
    """
    found: dict[str, KeyPlaces] = {}
    _collect(reply, found)
    return KeyTable(found)


def _collect(rows: Any, found: dict[str, KeyPlaces]) -> None:
    for row in rows if isinstance(rows, list) else ():
        match row:
            case [bytes(name), _, [*flags], first, last, step, *rest]:
                first, last, step = integer(first) or 0, integer(last) or 0, integer(step) or 0
                found[text(name).lower()] = KeyPlaces(first, last, step, b"movablekeys" in flags, b"write" in flags)
                if len(rest) > 3:
                    _collect(rest[3], found)
