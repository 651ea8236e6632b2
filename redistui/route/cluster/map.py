"""The map that a cluster client goes by: who serves which slots, as one node of the cluster says it (CLUSTER SLOTS).

CLUSTER SLOTS and not CLUSTER SHARDS: Redis 6.2 knows only the first. A node that lags behind shows an old map, so
several are asked, and the one that has seen the latest epoch, and calls the cluster ok, is believed (`latest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redistui.model import SLOTS, Address, host_of
from redistui.replies.cluster import ClusterInfo
from redistui.replies.words import BadReply, integer, join


@dataclass(frozen=True, slots=True)
class ShardPlaces:
    """Who serves some slots: the primary, and its replicas that the cluster does not call failed."""

    primary: Address
    replicas: tuple[Address, ...] = ()

    @property
    def nodes(self) -> tuple[Address, ...]:
        return (self.primary, *self.replicas)


class ClusterMap:
    """Slot -> shard. It changes by `moved` alone, by which one MOVED is learnt at once."""

    def __init__(self, rows: Iterable[tuple[int, int, ShardPlaces]] = ()) -> None:
        self._by_slot: list[ShardPlaces | None] = [None] * SLOTS
        self._by_primary: dict[Address, ShardPlaces] = {}
        for first, last, shard in rows:
            self._by_slot[first : last + 1] = [shard] * (last + 1 - first)
            self._by_primary[shard.primary] = shard

    def shard(self, slot: int) -> ShardPlaces | None:
        """Who serves a slot; None: nobody that the map knows of."""
        return self._by_slot[slot]

    @property
    def shards(self) -> tuple[ShardPlaces, ...]:
        """Each once, in the order of their first slots."""
        return tuple(self._by_primary.values())

    @property
    def covered(self) -> int:
        """Slots that somebody serves."""
        return SLOTS - self._by_slot.count(None)

    def moved(self, slot: int, primary: Address) -> None:
        """What a MOVED said. Of a primary that had no slots before, no replicas are known."""
        self._by_slot[slot] = self._by_primary.setdefault(primary, ShardPlaces(primary))


class Redirect(NamedTuple):
    """Where MOVED or ASK sends a command."""

    slot: int
    node: Address


def read_slots(reply: Any, asked: Address) -> ClusterMap:
    """Reads CLUSTER SLOTS (Redis >= 3.0; hosts may be nil or empty since 7.0: then the node that was `asked` stands at
    that host). Raises BadReply."""
    if not isinstance(reply, list):
        raise BadReply("CLUSTER SLOTS", reply)
    rows: list[tuple[int, int, ShardPlaces]] = []
    for row in reply:
        if not isinstance(row, list) or len(row) < 3:
            raise BadReply("CLUSTER SLOTS", row)
        first, last = integer(row[0]), integer(row[1])
        if first is None or last is None or not 0 <= first <= last < SLOTS:
            raise BadReply("CLUSTER SLOTS", row)
        primary, *replicas = [_place(node, asked) for node in row[2:]]
        if primary is not None:  # a name that nobody knows yet: as good as not served
            rows.append((first, last, ShardPlaces(primary, tuple(node for node in replicas if node))))
    return ClusterMap(rows)


def _place(node: Any, asked: Address) -> Address | None:
    if not isinstance(node, list) or len(node) < 2:
        raise BadReply("CLUSTER SLOTS", node)
    return join(node[0] or host_of(asked), node[1])


def read_redirect(error: str, asked: Address) -> Redirect | None:
    """Reads `MOVED 866 10.0.0.1:6379` and `ASK ...`; a host left out is that of the node that said it. None where it
    is neither.

    >>> read_redirect("MOVED 866 10.0.0.1:7001", "10.0.0.9:7000"), read_redirect("ASK 1 :7001", "10.0.0.9:7000")
    (Redirect(slot=866, node='10.0.0.1:7001'), Redirect(slot=1, node='10.0.0.9:7001'))
    >>> read_redirect("MOVED 99999 10.0.0.1:7001", "a:1"), read_redirect("TRYAGAIN Multiple keys", "a:1")
    (None, None)
    """
    words = error.split(" ")
    if len(words) < 3 or words[0] not in ("MOVED", "ASK"):
        return None
    slot = integer(words[1].encode())
    host, _, port = words[2].rpartition(":")
    node = join(host or host_of(asked), port.encode())
    return None if slot is None or not 0 <= slot < SLOTS or node is None else Redirect(slot, node)


class Sight(NamedTuple):
    """A node's map, and what it says of its cluster's state beside it."""

    facts: ClusterInfo
    map: ClusterMap
    named: bool = False
    """A MOVED has just named this node as the owner of a slot: it knows of that before the others do, and its epoch
    need not have grown."""


def latest(sights: Sequence[Sight]) -> ClusterMap | None:
    """The map to believe: of those that call their cluster ok, before the others, the one of the highest epoch."""

    def rank(sight: Sight) -> tuple[bool, int, bool, int]:
        return sight.facts.state == "ok", sight.facts.epoch or 0, sight.named, sight.map.covered

    return max(sights, key=rank).map if sights else None
