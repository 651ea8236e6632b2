"""The table of metrics: whole, without doubles, and fit for what is read with it."""

from __future__ import annotations

import pytest

from redistui.metrics import BY_NAME, FIELDS, KEPT, METRICS, SPARKS, Metric
from redistui.replies.info import InfoReader, InfoText
from tests.replies import UNSAID, recorded, reply

UNITS = {"bytes", "percent", "count", "per second", "bytes per second", "seconds", "ms", "ratio"}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_row_is_whole(metric: Metric) -> None:
    assert metric.unit in UNITS
    assert metric.doc.endswith(".")
    assert metric.title
    assert metric.since
    assert metric.kind == "gauge" or metric.fields, "a counter is counted by the server"
    assert bool(metric.fields) is (metric.source == "INFO"), "a derived one says of what"
    assert len(metric.fields) <= 2


def test_names_and_titles_are_told_apart() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert len({metric.title for metric in METRICS}) == len(METRICS)
    assert len(FIELDS) == len(set(FIELDS))


def test_what_is_kept_and_shown_is_in_the_table() -> None:
    assert set(KEPT) <= set(BY_NAME)
    assert set(SPARKS) <= set(KEPT)
    assert len(set(KEPT)) == len(KEPT)


@pytest.mark.parametrize("version", recorded("primary-info"))
def test_every_field_of_the_table_is_said_by_every_version(version: str) -> None:
    info = InfoText(InfoReader(FIELDS))
    info.take(reply(version, "primary-info"))
    assert {field for field in FIELDS if not isinstance(info.values.get(field), int | float)} == UNSAID[version]
