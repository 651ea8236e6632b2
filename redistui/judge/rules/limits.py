"""THRESHOLDS: from where on a number is too much, one row each; and who has limits of his own.

A config sets each of them for everything, for a fleet, for groups and for single servers: what is said of a server
goes before what is said of its group, and that before all else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from redistui.model import Address, Level, host_of

Thresholds = Mapping[str, float]
"""By `name.level`; `group:PATTERN/name.level` and `node:PATTERN/name.level` are those of some only."""
MB = 1024.0 * 1024


class Threshold(NamedTuple):
    """One number that can be too much. None: it never is, unless a config says so."""

    name: str
    unit: str
    warn: float | None
    bad: float | None
    doc: str
    under: bool = False
    """Too little is what is wrong."""


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold("memory_percent", "percent", 80, 90, "Of its limit, that a server uses."),
    Threshold("cpu_percent", "percent", 80, 90, "CPU time; 100 is one core."),
    Threshold("clients", "count", 1000, None, "Client connections of a server."),
    Threshold("clients_percent", "percent", 80, 95, "Of maxclients, that are connected."),
    Threshold("ops_per_second", "per second", 10_000, None, "Commands a server runs."),
    Threshold("lag_bytes", "bytes", 10 * MB, None, "By which a replica is behind."),
    Threshold("lag_seconds", "seconds", 10, 30, "Since a replica last acknowledged."),
    Threshold("lag_growth", "bytes per second", 256 * 1024, None, "A second, by which a replica falls behind."),
    Threshold("full_syncs", "count", 3, 6, "Full syncs that a primary gave to each of its replicas in ten minutes."),
    Threshold("backlog_seconds", "seconds", 60, 10, "Of writes that the replication backlog holds.", under=True),
    Threshold("replica_buffer", "bytes", 48 * MB, 192 * MB,
              "Output that waits for one replica; the servers' own limit is 64 MB for a minute, 256 MB at once."),
    Threshold("eviction_percent", "percent", 10, 50, "Of its keys, that a server threw out within a minute."),
    Threshold("rejected", "count", 1, 100, "Connections refused within a minute."),
    Threshold("buffer_cuts", "count", 1, 100, "Clients cut off within a minute because they did not read."),
    Threshold("failovers", "count", 3, 6, "Changes of the primary in ten minutes; in a cluster, of one shard."),
    Threshold("restarts", "count", 3, None, "Restarts of a server in an hour."),
    Threshold("clock_skew", "seconds", 2, 60,
              "Between the clocks of two servers of a group; each is read at every tenth poll."),
    Threshold("fork_ms", "ms", 1000, None, "For which the last fork stopped a server."),
)  # fmt: skip
BY_NAME: Mapping[str, Threshold] = {one.name: one for one in THRESHOLDS}
DEFAULTS: Thresholds = {
    f"{one.name}.{level}": float(value)
    for one in THRESHOLDS
    for level, value in (("warn", one.warn), ("bad", one.bad))
    if value is not None
}
"""What is too much, by name and level; a config may set each."""


TARGET = "target:"
"""How the names begin of thresholds that hold for what is found by one target: `target:TEXT NAME`."""


class Chosen(dict[str, float]):
    """The thresholds that hold for a server; a rule keeps with them what it makes of them."""

    __slots__ = ("made",)

    def __init__(self, *thresholds: Thresholds) -> None:
        super().__init__()
        for some in thresholds:
            self.update(some)
        self.made: Any = None


class Limits:
    """The thresholds of a fleet, its groups and servers, ready to be asked."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._all = Chosen(DEFAULTS, {name: value for name, value in thresholds.items() if "/" not in name})
        self._groups = _scoped(thresholds, "group:")
        self._nodes = _scoped(thresholds, "node:")
        self._made: dict[tuple[str, Address | None], Chosen] = {}
        everywhere = {name: value for name, value in thresholds.items() if not name.startswith(TARGET)}
        self._within = {target: Limits({**everywhere, **own}) for target, own in _by_target(thresholds).items()}

    def within(self, target: str | None) -> Limits:
        """Those that hold for what was found by a target: of several fleets each has its own."""
        return self._within.get(target or "", self)

    def of(self, group: str, node: Address | None = None) -> Chosen:
        """Those that hold for a group, or for a server in it. Where nobody has limits of his own: one and the same."""
        if not self._groups and not self._nodes:
            return self._all
        made = self._made.get((group, node))
        if made is None:
            if len(self._made) > 10_000:
                self._made.clear()
            made = self._made[group, node] = self._merged(group, node)
        return made

    def _merged(self, group: str, node: Address | None) -> Chosen:
        merged = Chosen(self._all)
        for pattern, limits in self._groups.items():
            if fnmatchcase(group, pattern):
                merged.update(limits)
        for pattern, limits in self._nodes.items() if node is not None else ():
            if node is not None and (fnmatchcase(node, pattern) or host_of(node) == pattern):
                merged.update(limits)
        return merged

    def exceeded(self, name: str, value: float, group: str, node: Address | None = None) -> tuple[Level, float] | None:
        """The worst level that a value has come to, with its threshold; None: it is in order.

        >>> Limits({"clients.bad": 5000.0}).exceeded("clients", 6000.0, "orders")
        ('bad', 5000.0)
        >>> Limits({}).exceeded("backlog_seconds", 30.0, "orders")
        ('warn', 60.0)
        """
        return exceeded(name, value, self.of(group, node))


def exceeded(name: str, value: float, limits: Thresholds) -> tuple[Level, float] | None:
    """The same, of thresholds already chosen."""
    under = BY_NAME[name].under
    levels: tuple[Level, ...] = ("bad", "warn")
    for level in levels:
        limit = limits.get(f"{name}.{level}")
        if limit is not None and (value < limit if under else value >= limit):
            return level, limit
    return None


def _scoped(thresholds: Thresholds, scope: str) -> dict[str, dict[str, float]]:
    """By pattern, in the order of the config: what comes later goes before."""
    found: dict[str, dict[str, float]] = {}
    for pattern, name, value in _rows(thresholds, scope):
        found.setdefault(pattern, {})[name] = value
    return found


def of_target(target: str, name: str) -> str:
    """The name of a threshold that holds only for what is found by a target."""
    return f"{TARGET}{target} {name}"


def _by_target(thresholds: Thresholds) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for key, value in thresholds.items():
        if key.startswith(TARGET):
            target, _, name = key.removeprefix(TARGET).rpartition(" ")
            found.setdefault(target, {})[name] = value
    return found


def _rows(thresholds: Thresholds, scope: str) -> Iterator[tuple[str, str, float]]:
    for key, value in thresholds.items():
        if key.startswith(scope):
            pattern, _, name = key.removeprefix(scope).rpartition("/")
            yield pattern, name, value
