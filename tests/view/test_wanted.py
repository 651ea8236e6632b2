"""The filter of the Metrics screen, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.view.wanted import Wanted, number, read
from tests import fleets

FLEET = fleets.quiet()


def found(text: str) -> list[str]:
    wanted = read(text)
    return [node.address for group in FLEET.groups for node in group.nodes if wanted.finds(group, node)]


ALL = [node.address for group in FLEET.groups for node in group.nodes]
PRIMARIES = [node.address for group in FLEET.groups for node in group.nodes if node.role == "primary"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ALL),
        ("role=primary", PRIMARIES),
        ("role!=replica", PRIMARIES),
        ("ROLE=primary", []),
        ("role=PRIMARY 10.20", [address for address in PRIMARIES if address.startswith("10.20")]),
        ("node=10.20.*", [address for address in ALL if address.startswith("10.20")]),
        ("group=cart role=primary", [address for address in PRIMARIES if not address.startswith("10.20")]),
        ("clients>=0", ALL),
        ("clients<0", []),
        ("version=no*", []),
        ("latency_p99>0", []),
    ],
)
def test_words_and_comparisons_are_all_to_hold(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_metric_splits_the_nodes_in_two_and_an_unknown_value_is_in_neither_half() -> None:
    high, low = found("ops_per_second>1000"), found("ops_per_second<=1000")
    assert high
    assert set(high).isdisjoint(low)
    assert sorted(high + low) == sorted(ALL)
    lagging = found("lag_bytes>=0")
    assert set(lagging).isdisjoint(PRIMARIES)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("clients>many", "clients: many is no number, as in clients>10"),
        ("clients>", "clients: nothing is no number, as in clients>10"),
        ("role>primary", "role is compared by = or !=, as in role=x"),
        ("client>5", "no metric client; did you mean clients?"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence_and_finds_nothing(text: str, problem: str) -> None:
    assert read(text).problem == problem
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "metric", "value"),
    [
        ("1.5G", "memory_used", 1.5 * 2**30),
        ("2kb", "net_in", 2048.0),
        ("2k", "ops_per_second", 2000.0),
        ("1.5h", "uptime_seconds", 5400.0),
        ("20ms", "latency_p99", 20.0),
        ("50%", "memory_percent", 50.0),
        ("50%", "clients", None),
        ("3h", "clients", None),
        ("5G", "uptime_seconds", None),
        ("-1", "clients", None),
        ("1e9", "clients", None),
    ],
)
def test_numbers_are_read_in_the_metrics_own_unit(text: str, metric: str, value: float | None) -> None:
    assert number(text, metric) == value


@given(st.text(max_size=60))
def test_any_text_is_a_filter(text: str) -> None:
    wanted = read(text)
    assert isinstance(wanted, Wanted)
    assert set(found(text)) <= set(ALL)
