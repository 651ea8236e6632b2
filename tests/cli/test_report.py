"""`report`: its document as the contract has it, text and Markdown, and what it refuses."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import pytest

from redistui.cli.output import printed
from redistui.cli.report import length
from redistui.cli.report_document import document
from redistui.cli.written import lines
from redistui.history import History
from redistui.judge.report import report
from redistui.model import Fleet
from redistui.view import incident as incident_view
from redistui.view.blocks import Items, Table, words
from redistui.view.cells import Cell, Column
from redistui.view.report import blocks
from tests.cli.running import redistui
from tests.cli.test_status import FINDING, TIME
from tests.fleets import history, quiet, troubled
from tests.view.test_report import an_incident

KEYS = {"at", "score", "status", "alerts", "recommendations", "summary", "trends", "groups", "capacity", "drift"}
SUMMARY = {"nodes", "nodes_up", "memory_used", "memory_limit", "clients", "ops_per_second", "cpu_percent"}
TREND = {"first", "last", "min", "max", "mean", "slope", "margin", "since", "until", "samples"}


def assert_contract(found: dict) -> None:
    assert set(found) >= KEYS
    assert TIME.fullmatch(found["at"])
    assert found["status"] in ("excellent", "good", "fair", "poor", "critical")
    assert all(set(one) >= FINDING | {"since"} for one in found["alerts"])
    assert all(one["text"] and one["reason"] for one in found["recommendations"])
    assert set(found["summary"]) >= SUMMARY
    assert all(set(group) >= SUMMARY | {"name", "kind", "health", "primary"} for group in found["groups"])
    trends = found["trends"]
    every = [*trends["fleet"].values(), *(one for node in trends["nodes"].values() for one in node.values())]
    assert all(set(one) >= TREND for one in every)


@pytest.mark.parametrize("fleet", [quiet(), troubled(), Fleet(0.0, 1.0, ())], ids=["quiet", "troubled", "empty"])
def test_the_document_has_every_key_of_the_contract(fleet):
    past = history(fleet) if fleet.groups else History()
    assert_contract(json.loads(printed(document(report(fleet, past, 300.0)))))


def test_what_is_unknown_is_null():
    found = document(report(Fleet(0.0, 1.0, ()), History(), 300.0))
    assert {found["summary"][name] for name in SUMMARY - {"nodes", "nodes_up"}} == {None}
    assert found["trends"]["fleet"] == {}


def test_the_text_tells_what_the_document_tells(monkeypatch):
    monkeypatch.setenv("COLUMNS", "4000")
    one = report(troubled(), history(troubled()), 300.0)
    text = "\n".join(lines(blocks(one)))
    assert f"score {one.score} of 100: {one.status}" in text
    assert all(advice.text in text.replace("\n    ", " ") for advice in one.recommendations[:1])
    assert "\x1b" not in text


def test_long_sentences_are_wrapped_and_stay_indented(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    found = list(lines([Items((((Cell("word " * 40),), (Cell("reason " * 20),)),)), words("so " * 60)]))
    assert all(len(line) <= 60 for line in found)
    assert found[0].startswith("  - word")
    assert all(line.startswith("    ") for line in found[1:3])
    assert " ".join(found).split().count("reason") == 20


def test_a_table_that_is_too_wide_has_its_longest_texts_over_several_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    rows = ((Cell("a"), Cell("word " * 30), Cell("end")), (Cell("b"), Cell("short"), Cell("end")))
    found = list(lines([Table((Column("N", 1), Column("TEXT", 9), Column("LAST", 4)), rows)]))
    assert all(len(line) <= 60 for line in found)
    assert [line.split()[0] for line in found if line[2] != " "] == ["N", "a", "b"]
    assert [line.endswith("end") for line in found] == [False, True, *[False] * (len(found) - 3), True]
    assert " ".join(found).split().count("word") == 30


def test_what_is_still_too_wide_does_without_the_columns_that_it_can(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    columns = (Column("N", 1), Column("A", 1, rank=1), Column("B", 1, rank=2), Column("LAST", 4))
    rows = ((Cell("x" * 10), Cell("a" * 15), Cell("b" * 15), Cell("word " * 20)),)
    found = list(lines([Table(columns, rows)]))
    assert all(len(line) <= 60 for line in found)
    assert found[0].split() == ["N", "A", "LAST"]


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    wide = replace(an_incident().outages[0], group="orders-of-the-shop", before="10.200.100.101:16379")
    documents = (
        incident_view.blocks(replace(an_incident(), outages=(wide,)), History()),
        blocks(report(troubled(), history(troubled()), 300.0)),
    )
    for one in documents:
        assert [line for line in lines(one) if len(line) > columns] == []


@pytest.mark.parametrize("text", ["", "x", "0s", "8d", "-5", "nan", "1e9"])
def test_no_length_of_time_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        length(text)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "--markdown"], "one of them"),
        (["--from", "-90s"], "--replay FILE"),
        (["--trend", "soon"], "no length of time"),
        (["--replay", "/nowhere/at/all"], "/nowhere/at/all"),
        (["--replay", "x", "redis://127.0.0.1"], "name no target"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_code_2(arguments, words):
    ended = redistui("report", *arguments)
    assert ended.code == 2
    assert len(ended.sentences) == 1
    assert words in ended.err
    assert bool(ended.out) is ("--json" in arguments)


def test_on_servers_it_reports_what_stands_behind_the_targets(standing_fleet):
    ended = redistui("report", "--json", *standing_fleet.targets)
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert_contract(found)
    assert found["summary"]["nodes"] == found["summary"]["nodes_up"] == 13
    assert {group["kind"] for group in found["groups"]} == {"sentinel", "cluster", "replication"}
    assert found["trends"]["fleet"]["up"]["last"] == 13
    assert "no-limit" in {one["name"] for one in found["recommendations"]}
    assert found["drift"] == []
