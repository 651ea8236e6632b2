"""One cluster node that holds slots, as a value, and keys whose slot is known: what tests.ops.slot_world is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import count

from redistui.replies.slot import slot_of

P1, P2, P3 = "10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"
R1, R2, R3 = "10.0.0.4:7000", "10.0.0.5:7000", "10.0.0.6:7000"
ID = {address: f"{number:x}" * 40 for number, address in enumerate((P1, P2, P3, R1, R2, R3), 1)}
SLOTS = 12
TIMEOUT = 2.0
"""cluster-node-timeout."""
GOSSIP = 0.1
Keys = dict[bytes, int]


@cache
def tags() -> tuple[str, ...]:
    """A hash tag of each slot."""
    found: dict[int, str] = {}
    for number in count():
        slot = slot_of((tag := f"t{number}").encode())
        if slot < SLOTS:
            found.setdefault(slot, tag)
            if len(found) == SLOTS:
                return tuple(found[slot] for slot in range(SLOTS))
    raise AssertionError


def key(slot: int, number: int) -> bytes:
    return f"{{{tags()[slot]}}}:{number}".encode()


class Down(Exception):
    """CLUSTERDOWN, for a client."""


class Redirected(Exception):
    """MOVED, ASK or TRYAGAIN, for a client."""


@dataclass
class Server:
    """One cluster node."""

    address: str
    id: str
    owners: dict[int, str]
    epochs: dict[int, int]
    """Of each slot's owner, as far as this node has heard."""
    primary: str | None = None
    keys: dict[int, Keys] = field(default_factory=dict)
    migrating: dict[int, str] = field(default_factory=dict)
    importing: dict[int, str] = field(default_factory=dict)
    alive: bool = True
    hung: bool = False
    silent_since: float | None = None
    heard: dict[str, float] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        return self.alive and not self.hung

    def held(self, slot: int) -> Keys:
        return self.keys.setdefault(slot, {})
