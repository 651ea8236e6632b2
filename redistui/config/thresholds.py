"""`[thresholds]`: from where on a number is a warning, and from where on it is bad; also for some groups or servers.
`advise`: from where on the health report recommends something.

[thresholds]
memory_percent = { warn = 70, bad = 85, advise = 75 }
clients.warn = 5000

[thresholds.group.orders]
lag_seconds.warn = 5

[thresholds.node."10.0.0.7:*"]
memory_percent.bad = 97
"""

from __future__ import annotations

from collections.abc import Mapping

from redistui.config.section import Section
from redistui.judge.measures import BY_NAME as MEASURES_BY_NAME
from redistui.judge.measures import MEASURES, Measure
from redistui.judge.rules.limits import BY_NAME, DEFAULTS, THRESHOLDS

LEVELS = ("warn", "bad")
SCOPES = ("group", "node")
"""Tables of those that hold for some only, by a name, an address or a pattern with `*` and `?`."""
MOST = {"percent": 10_000.0}
"""By unit; CPU percent counts cores."""


def read_thresholds(table: Section) -> dict[str, float]:
    """The ones that are set, as `name.level`, and as `group:PATTERN/name.level` those of some only."""
    found = _read_all(table, {})
    for scope in SCOPES:
        for pattern, section in table.section(scope).sections().items():
            for key, value in _read_all(section, found).items():
                found[f"{scope}:{pattern}/{key}"] = value
            section.finish()
    table.finish()
    return found


def _read_all(table: Section, above: Mapping[str, float]) -> dict[str, float]:
    """One table of thresholds; `above`: those that hold where it says nothing."""
    found: dict[str, float] = {}
    for one in THRESHOLDS:
        row = table.section(one.name)
        for level in LEVELS:
            value = row.number(level, 0, MOST.get(one.unit, 1e15), one.unit)
            if value is not None:
                found[f"{one.name}.{level}"] = value
        if one.name in MEASURES_BY_NAME:
            _read_measure(row, MEASURES_BY_NAME[one.name], found)
        row.finish()
        _check_order(row, {**DEFAULTS, **above, **found}, one.name)
    for measure in MEASURES:
        if measure.name not in BY_NAME:
            row = table.section(measure.name)
            _read_measure(row, measure, found)
            row.finish()
    return found


def _read_measure(row: Section, measure: Measure, found: dict[str, float]) -> None:
    value = row.number("advise", 0, MOST.get(measure.unit, 1e15), measure.unit)
    if value is not None:
        found[f"{measure.name}.advise"] = value


def _check_order(row: Section, limits: Mapping[str, float], name: str) -> None:
    """A warning that comes no sooner than bad would never be seen."""
    warn, bad = (limits.get(f"{name}.{level}") for level in LEVELS)
    if not row.table.keys() & set(LEVELS) or warn is None or bad is None:
        return
    under = BY_NAME[name].under
    if (warn < bad) if under else (warn > bad):
        key = "warn" if "warn" in row.table else "bad"
        where = "below" if under else "above"
        row.wrong(key, f"warn = {warn:g} is {where} bad = {bad:g}: it would never be seen")
