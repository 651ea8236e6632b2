"""`[thresholds]`: from where on a metric is a warning, and from where on it is bad.

[thresholds]
memory_percent = { warn = 70, bad = 85 }
clients.warn = 5000
"""

from __future__ import annotations

from redistui.config.section import Section
from redistui.judge.rules import DEFAULTS
from redistui.metrics import BY_NAME

LEVELS = ("warn", "bad")
METRICS: tuple[str, ...] = tuple(dict.fromkeys(name.rpartition(".")[0] for name in DEFAULTS))
"""The metrics that rules look at."""
MOST = {"percent": 10_000.0}
"""By unit; CPU percent counts cores."""


def read_thresholds(table: Section) -> dict[str, float]:
    """The ones that are set, as `metric.level`."""
    found: dict[str, float] = {}
    for metric in METRICS:
        row = table.section(metric)
        unit = BY_NAME[metric].unit
        for level in LEVELS:
            value = row.number(level, 0, MOST.get(unit, 1e15), unit)
            if value is not None:
                found[f"{metric}.{level}"] = value
        row.finish()
        _check_order(row, {**DEFAULTS, **found}, metric)
    table.finish()
    return found


def _check_order(row: Section, limits: dict[str, float], metric: str) -> None:
    """A warning that comes no sooner than bad would never be seen."""
    warn, bad = (limits.get(f"{metric}.{level}") for level in LEVELS)
    if row.table and warn is not None and bad is not None and warn > bad:
        name = "warn" if "warn" in row.table else "bad"
        row.wrong(name, f"warn = {warn:g} is above bad = {bad:g}: it would never be seen")
