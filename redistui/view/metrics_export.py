"""The past of some metrics as CSV or JSON: what `:export` writes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from redistui.history import History, Sample
from redistui.metrics import BY_NAME, KEPT
from redistui.view.cells import show
from redistui.view.plot import Window, window
from redistui.view.plotted import Members

POINTS = 1440
"""Steps at most: of a day each is a minute, of five minutes a second."""
FIELDS = ("at", "group", "node", "role", "metric", "unit", "low", "mean", "high")


class BadExport(Exception):
    """A sentence on what cannot be written."""


def export_text(
    suffix: str, members: Members, history: History, metrics: Sequence[str], at: float, seconds: float
) -> str:
    """The whole file. `suffix`: .csv or .json; `at`: when the past ends, in seconds since 1970. Raises BadExport."""
    makers = {".csv": as_csv, ".json": as_json}
    if suffix.lower() not in makers:
        raise BadExport("a name that ends in .csv or .json says which of the two is to be written")
    if not members:
        raise BadExport("no node is listed: there is nothing to write")
    kept = [name for name in metrics if name in KEPT]
    if not kept:
        raise BadExport(f"the past of {', '.join(metrics)} is not kept: there is nothing to write")
    return makers[suffix.lower()](members, history, kept, window(at, seconds, POINTS))


def as_csv(members: Members, history: History, metrics: Sequence[str], span: Window) -> str:
    """One line for each step of which something is known."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(FIELDS)
    for group, node in members:
        for name in metrics:
            head = (_cell(group.name), _cell(node.address), node.role or "unknown", name, BY_NAME[name].unit)
            for one in _known(history, node.address, name, span):
                rows.writerow((iso(one.at), *head, _number(one.low), _number(one.mean), _number(one.high)))
    return out.getvalue()


def as_json(members: Members, history: History, metrics: Sequence[str], span: Window) -> str:
    """`samples` of a metric: a list of [time, low, mean, high], without those steps of which nothing is known."""

    def of(node: str, name: str) -> list[list[Any]]:
        return [[iso(one.at), *map(_number, one[1:])] for one in _known(history, node, name, span)]

    document = {
        "since": iso(span.since),
        "until": iso(span.until),
        "step_seconds": span.step,
        "metrics": [{"name": name, "unit": BY_NAME[name].unit, "doc": BY_NAME[name].doc} for name in metrics],
        "nodes": [
            {
                "group": group.name,
                "address": node.address,
                "role": node.role or "unknown",
                "samples": {name: of(node.address, name) for name in metrics},
            }
            for group, node in members
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _known(history: History, node: str, metric: str, span: Window) -> Iterator[Sample]:
    samples = history.span(node, metric, span.since, span.until, span.points)
    return (one for one in samples if one is not None)


def _number(value: float) -> float:
    """Seven digits are what is kept."""
    return float(f"{value:.7g}")


def _cell(text: str) -> str:
    """A text from a server, so that no table program takes it for a formula.

    >>> _cell("orders"), _cell("=1+1")
    ('orders', "'=1+1")
    """
    text = show(text)
    return f"'{text}" if text[:1] in "=+-@\t" and text else text


def iso(at: float) -> str:
    """ISO 8601, UTC, with milliseconds.

    >>> iso(1_760_000_000.25)
    '2025-10-09T08:53:20.250Z'
    """
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
