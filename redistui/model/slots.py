"""What is known of single slots: a survey, taken gently, slot by slot, and so older than a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redistui.model.places import Address

PerSlot = tuple[float | None, ...]
"""A value for each of the 16,384 slots; None: not known."""


@dataclass(frozen=True, slots=True)
class Stray:
    """Keys of a slot at a primary that does not own it and is not taking it in: no client can reach them."""

    node: Address
    slot: int
    keys: int


@dataclass(frozen=True, slots=True)
class SlotJob:
    """A move of whole slots that a server makes by itself (CLUSTER GETSLOTMIGRATIONS, Valkey >= 9.0)."""

    name: str
    """The same at both ends."""
    slots: tuple[tuple[int, int], ...]
    source: str
    """Node id."""
    target: str
    state: str
    """In the server's words: snapshotting ..., success, failed, cancelled."""
    message: str
    left: int | None
    """Bytes that wait to be sent."""
    at: float | None
    """When it last came further, by the server's clock."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Keys, and what else the servers tell, of every slot of one cluster.

    Keys: CLUSTER SLOT-STATS (Valkey >= 8.0, Redis >= 8.2), else CLUSTER COUNTKEYSINSLOT, at the slot's owner.
    """

    began: float
    at: float
    """When its first and its last slot were asked."""
    keys: PerSlot
    memory: PerSlot | None = None
    """Bytes of keys and values."""
    memory_by: Literal["server", "sample", "average"] | None = None
    """Who says so: the server (memory-bytes); MEMORY USAGE of some keys of each slot, times its keys; or the node's
    mean key, times the slot's keys."""
    cpu: PerSlot | None = None
    """Microseconds of CPU a second, between this survey and the one before; None where the server does not count."""
    net_in: PerSlot | None = None
    """Bytes a second."""
    net_out: PerSlot | None = None
    strays: tuple[Stray, ...] = ()
    """Orphan keys."""
    arriving: tuple[Stray, ...] = ()
    """Keys of open slots at the node that takes them in, which is not their owner yet."""
    unasked: tuple[Address, ...] = ()
    """Primaries that could not be asked: their slots are None."""
    refused: tuple[Address, ...] = ()
    """Those of them whose watch user may not count (CLUSTER COUNTKEYSINSLOT): asked once, and not again."""
    unmetered: tuple[Address, ...] = ()
    """Primaries that could tell CPU and network per slot, but do not count them (cluster-slot-stats-enabled no)."""
    jobs: tuple[SlotJob, ...] = ()
    """Moves that servers make or have made by themselves, as the sources remember them; asked for only while a map of
    moves is looked at."""
    progress: float = 1.0
    """Part of the slots that this survey itself has asked; the others are of the one before, or None."""

    @property
    def complete(self) -> bool:
        return self.progress >= 1.0
