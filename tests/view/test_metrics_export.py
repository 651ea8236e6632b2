"""The past as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from redistui.history import History
from redistui.model import Group, Node
from redistui.view.metrics_export import FIELDS, BadExport, export_text
from redistui.view.plotted import Members
from tests.fleets import AT

MEMBERS: Members = ((Group("orders", "sentinel", ()), Node("10.0.0.1:6379", role="primary")),)


def past() -> History:
    found = History()
    for number in range(20):
        if not 8 <= number < 16:
            found.add("10.0.0.1:6379", AT - 20 + number, {"clients": float(number), "memory_used": 1e9})
    return found


def test_csv_has_a_line_for_each_step_that_is_known() -> None:
    rows = list(csv.DictReader(io.StringIO(export_text(".csv", MEMBERS, past(), ["clients"], AT, 300.0))))
    assert tuple(rows[0]) == FIELDS
    assert {(row["group"], row["node"], row["role"], row["metric"], row["unit"]) for row in rows} == {
        ("orders", "10.0.0.1:6379", "primary", "clients", "count")
    }
    assert [float(row["mean"]) for row in rows][:3] == [0.0, 1.0, 2.0]
    assert rows[0]["at"].endswith("Z")
    assert len(rows) < 20


def test_json_names_the_metrics_and_holds_the_same() -> None:
    document = json.loads(export_text(".JSON", MEMBERS, past(), ["clients", "memory_used"], AT, 300.0))
    assert [metric["name"] for metric in document["metrics"]] == ["clients", "memory_used"]
    (node,) = document["nodes"]
    assert (node["group"], node["address"], node["role"]) == ("orders", "10.0.0.1:6379", "primary")
    assert node["samples"]["clients"][1][1:] == [1.0, 1.0, 1.0]
    assert document["step_seconds"] == 1.0


@pytest.mark.parametrize(
    ("suffix", "members", "metrics", "sentence"),
    [
        (".txt", MEMBERS, ["clients"], "a name that ends in .csv or .json says which of the two is to be written"),
        (".csv", (), ["clients"], "no node is listed: there is nothing to write"),
        (".csv", MEMBERS, ["fork_ms"], "the past of fork_ms is not kept: there is nothing to write"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(suffix: str, members: Members, metrics: list[str], sentence: str) -> None:
    with pytest.raises(BadExport, match=sentence):
        export_text(suffix, members, past(), metrics, AT, 300.0)


def test_no_text_from_a_server_becomes_a_formula_or_moves_a_cursor() -> None:
    group, node = MEMBERS[0]
    hostile: Members = ((replace(group, name="=cmd|' /C calc'!A0\x1b[2J"), node),)
    row = next(csv.DictReader(io.StringIO(export_text(".csv", hostile, past(), ["clients"], AT, 300.0))))
    assert row["group"] == "'=cmd|' /C calc'!A0\\x1b[2J"
