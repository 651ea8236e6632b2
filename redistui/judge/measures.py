"""MEASURES: from where on something is recommended, one row each. A config sets them as `advise` of its thresholds, for
everything, a fleet, groups and single servers, as it does for rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Measure(NamedTuple):
    """One number."""

    name: str
    unit: str
    advise: float
    doc: str


MEASURES: tuple[Measure, ...] = (
    Measure("memory_percent", "percent", 80, "Of its limit, that a server uses."),
    Measure("full_in_days", "days", 30, "Until a limit is met at the present growth; sooner is too soon."),
    Measure("clients", "count", 5000, "Client connections of a server."),
    Measure("clients_percent", "percent", 80, "Of maxclients, that are connected."),
    Measure("ops_per_second", "per second", 50_000, "Commands a server runs."),
    Measure("fragmentation", "ratio", 1.5, "Memory that a server holds, beside what it uses."),
    Measure("backlog_seconds", "seconds", 60, "Of writes that the replication backlog holds; less is too little."),
)
BY_NAME: Mapping[str, Measure] = {one.name: one for one in MEASURES}
