"""Tally: how far a long step has come, and what the operator orders meanwhile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things a step does side by side: of a slot move, one source and one target."""

    name: str
    """`10.0.0.1:6379 to 10.0.0.4:6379`"""
    slots: int
    """To be moved, and of these moved."""
    slots_done: int = 0
    keys: int | None = None
    """To be moved, as they were counted when the step began; None: not counted."""
    keys_done: int = 0
    bytes: int | None = None
    bytes_done: int | None = None
    doing: str = ""
    """What it does or waits for, in a few words: `slot 812`, `snapshotting`, `paused`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """A step's progress at one moment. Rates and ETA are for whoever shows it to work out."""

    began: float
    now: float
    """On the script's clock (`Now`), in seconds."""
    parts: tuple[Part, ...]
    paused: bool = False
    pace: int = 0

    @property
    def slots(self) -> int:
        return sum(part.slots for part in self.parts)

    @property
    def slots_done(self) -> int:
        return sum(part.slots_done for part in self.parts)

    @property
    def keys_done(self) -> int:
        return sum(part.keys_done for part in self.parts)

    @property
    def keys(self) -> int | None:
        """All keys to be moved; None where not all parts are counted."""
        counted = [part.keys for part in self.parts if part.keys is not None]
        return sum(counted) if len(counted) == len(self.parts) else None


@dataclass(frozen=True, slots=True)
class Orders:
    """What the operator wants of a step that runs. A step that knows of it asks for it between slots."""

    pace: int = 0
    """Keys a second at most, of all parts together; 0: as fast as it goes."""
    paused: bool = False
    """Nothing new is begun; what is half-done is brought to its end first."""
    stop: bool = False
    """End now, with nothing half-done."""
