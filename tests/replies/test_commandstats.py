"""How long commands take: what counts as a client's, running totals as classes, and percentiles of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.replies import BadReply
from redistui.replies.commandstats import Spent, percentile, read, read_histogram, reduced
from tests.replies import recorded, reply
from tests.replies.strategies import nested, outcome
from tests.versions import VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_what_clients_asked_for_is_counted_and_what_we_ask_is_not(version: str) -> None:
    said = reply(version, "lonely-commandstats")
    spent = read(said)
    assert spent.calls >= 400, "200 times SET and GET"
    assert 0 < spent.usec < 60e6
    more = said + b"cmdstat_info:calls=900,usec=900\r\ncmdstat_cluster|nodes:calls=9,usec=9\r\n"
    assert read(more) == spent
    assert read(reduced("commandstats", said)) == spent


@pytest.mark.parametrize("version", recorded("lonely-latency-histogram"))
def test_running_totals_become_classes_of_calls(version: str) -> None:
    said = reply(version, "lonely-latency-histogram")
    classes = read_histogram(said)
    assert sum(classes.values()) >= 400
    assert all(count >= 0 for count in classes.values())
    half, most = percentile(classes, 0.5), percentile(classes, 1.0)
    assert half is not None
    assert most is not None
    assert 0 < half <= most == max(classes)
    assert read_histogram(reduced("latency", said)) == classes


def test_a_version_that_names_more_of_a_line_or_less_is_read_all_the_same() -> None:
    assert read(b"cmdstat_get:calls=4,usec=10,new_field=1\r\ncmdstat_set:calls=?,usec=1\r\nodd\r\n") == Spent(4, 10)
    assert read(b"") == Spent(0, 0)
    assert read_histogram([]) == {}
    assert read_histogram([b"get", [b"calls", 5]]) == {}


BAD = [7, None, [b"get"], [b"get", 7], [1, []], [b"get", [b"histogram_usec", [1, 5, 2, 3]]],
       [b"get", [b"histogram_usec", [1, b"5"]]]]  # fmt: skip


@pytest.mark.parametrize("said", BAD)
def test_what_is_no_histogram_is_refused(said: Any) -> None:
    with pytest.raises(BadReply):
        read_histogram(said)
    assert reduced("latency", said) == said


@given(nested)
def test_anything_is_read_or_refused(said: Any) -> None:
    for reader in (read, read_histogram):
        outcome(reader, said)


@given(some.dictionaries(some.integers(1, 1 << 30), some.integers(0, 1000), max_size=20), some.floats(0.01, 1.0))
def test_a_percentile_lies_among_the_classes_and_grows_with_the_share(classes: dict[int, int], share: float) -> None:
    found = percentile(classes, share)
    if not any(classes.values()):
        assert found is None
        return
    taken = [most for most, count in classes.items() if count]
    whole = percentile(classes, 1.0)
    assert found is not None
    assert whole == max(taken)
    assert min(taken) / 2 <= found <= whole
