"""Alerts: findings that have lasted, with who knows of them. An alert begins once and ends once."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model.places import Address, Level

AlertKey = tuple[str, str, Address | None]
"""Rule, group, node: findings that share these are one alert."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong, from when it was first seen until it is over. Times in seconds since 1970."""

    rule: str
    level: Level
    group: str
    node: Address | None
    message: str
    """Of the newest finding."""
    since: float
    """When the finding was first seen."""
    raised_at: float
    """When it had lasted long enough to be told."""
    level_since: float
    """When it came to its present level."""
    ended_at: float | None = None
    """When it was last seen, for one that is over; None: it lasts."""
    value: float | None = None
    threshold: float | None = None
    acknowledged_at: float | None = None
    """An operator knows of it: it is told no more until it gets worse. None: nobody said so."""
    silenced_until: float | None = None
    """Until then it is told to nobody; None: it is not silenced."""
    flips: int = 0
    """How often it came and went in the last minutes, where that is so often that it counts as lasting; else 0."""

    @property
    def told(self) -> bool:
        """It lasts, and nobody has acknowledged or silenced it."""
        return self.ended_at is None and self.acknowledged_at is None and self.silenced_until is None

    @property
    def key(self) -> AlertKey:
        return self.rule, self.group, self.node


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that are told to nobody for a while. Patterns with `*` and `?`; all three must fit."""

    rule: str
    group: str
    node: str
    """Matched against the address; an alert of a whole group has an empty one."""
    until: float
    """Seconds since 1970."""

    @property
    def patterns(self) -> tuple[str, str, str]:
        return self.rule, self.group, self.node
