"""What of a reply is recorded, and how it becomes numbers and texts: whatever is recorded reads as what was said."""

from __future__ import annotations

import re
from typing import Any

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.engine.recording.answers import kept
from redistui.engine.recording.columns import Unpacker, differences, packed, sums
from redistui.engine.recording.info_rows import InfoTrack
from redistui.engine.recording.rows import number_of, numbers_in, printed, reply_of, row_of
from redistui.engine.recording.tracks import ReplyTracks
from redistui.metrics import FIELDS
from redistui.replies.cluster import read_info, read_nodes
from redistui.replies.cluster_links import read_links
from redistui.replies.commandstats import read, read_histogram
from redistui.replies.info import InfoReader, InfoText
from redistui.replies.sentinel import read_ckquorum, read_masters, read_replicas, read_sentinels
from redistui.replies.words import BadReply
from tests.replies import names, reply
from tests.versions import VERSIONS

READERS: dict[str, tuple[str, Any]] = {
    "cluster-info": ("cluster-info", read_info),
    "cluster-nodes": ("cluster-nodes", read_nodes),
    "cluster-links": ("cluster-links", read_links),
    "commandstats": ("commandstats", read),
    "latency-histogram": ("latency", read_histogram),
    "masters": ("masters", read_masters),
    "replicas": ("replicas/orders", read_replicas),
    "sentinels": ("sentinels/orders", read_sentinels),
    "ckquorum": ("ckquorum/orders", read_ckquorum),
}
"""By the end of a recorded reply's name, what the poll calls it and who reads it."""
RECORDED = [
    (version, name, ending)
    for version in VERSIONS
    for name in names(version)
    for ending in READERS
    if name.endswith(f"-{ending}") and not name.startswith("error-")
]
INFOS = [
    (version, name)
    for version in VERSIONS
    for name in names(version)
    if name.endswith(("-info", "-info-sections")) and "cluster-info" not in name and not name.startswith("error-")
]
SECRETS = re.compile(rb"config_file|executable|os:|process_id|rdb_filename|tcp_port:\d+x|gcc_version|lru_clock")

leaves = st.one_of(
    st.binary(max_size=12), st.integers(-(10**17), 10**17), st.none(), st.sampled_from([b"1", b"007", b"-0", b"0.50"]),
    st.integers(10**18, 10**20), st.integers(-(10**20), 10**20).map(lambda number: b"%d" % number),
)  # fmt: skip
nested = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@pytest.mark.parametrize(("version", "name", "ending"), RECORDED)
def test_a_recorded_reply_reads_as_the_whole_one(version: str, name: str, ending: str) -> None:
    called, reader = READERS[ending]
    whole = reply(version, name)
    short = reply_of(row_of(kept(called, whole)))
    assert reader(short) == reader(whole)


@pytest.mark.parametrize(("version", "name"), INFOS)
def test_of_info_what_is_read_is_kept_and_nothing_else(version: str, name: str) -> None:
    whole = reply(version, name)
    short = reply_of(InfoTrack().take(whole))
    first, again = InfoText(InfoReader(FIELDS)), InfoText(InfoReader(FIELDS))
    first.take(whole)
    again.take(short)
    assert (again.values, again.replicas, again.keys) == (first.values, first.replicas, first.keys)
    assert first.values
    assert SECRETS.search(short) is None


@given(
    st.lists(st.tuples(st.integers(0, 10**17), st.integers(0, 999_999), st.booleans(), st.integers(0, 3)), max_size=6)
)
def test_of_one_info_after_the_other_the_last_is_read(polls: list[tuple[int, int, bool, int]]) -> None:
    track = InfoTrack()
    for used, cpu, valkey, replicas in polls:
        lines = [b"# Memory", b"used_memory:%d" % used, b"used_cpu_sys:%d.%06d" % (cpu % 7, cpu), b"rss:%d" % cpu]
        lines += [b"slave%d:ip=10.0.0.1,port=6379,state=online,offset=%d,lag=1" % (n, used) for n in range(replicas)]
        lines += [b"valkey_version:9.1.0"] * valkey + [b"db0:keys=%d,expires=0" % cpu]
        said, again = InfoText(InfoReader(FIELDS)), InfoText(InfoReader(FIELDS))
        said.take(b"\r\n".join(lines))
        again.take(reply_of(track.take(b"\r\n".join(lines))))
        assert (again.values, again.replicas, again.keys) == (said.values, said.replicas, said.keys)


@pytest.mark.parametrize("line", [b"used_memory:", b"used_memory:1e9", b"used_memory:0x", b"used_memory:-", b"db0:\0"])
def test_a_line_that_is_odd_is_kept_as_it_is(line: bytes) -> None:
    assert reply_of(InfoTrack().take(b"role:master\r\n" + line)) == b"role:master\r\n" + line


@given(nested)
def test_any_reply_comes_back_as_it_was(value: Any) -> None:
    row = row_of(value)
    assert reply_of(row) == value
    assert numbers_in(row.shape) == len(row.numbers)


def test_an_error_comes_back_as_an_error() -> None:
    again = reply_of(row_of(hiredis.ReplyError("NOPERM no")))
    assert isinstance(again, hiredis.ReplyError)
    assert again.args == ("NOPERM no",)


def test_a_reply_like_the_last_one_is_the_same_row() -> None:
    tracks = ReplyTracks()
    first = tracks.take("role", [b"master", 7, []])
    assert tracks.take("role", [b"master", 7, []]) is first
    assert tracks.take("role", [b"master", 8, []]) == row_of([b"master", 8, []])
    refused = tracks.take("role", hiredis.ReplyError("NOPERM no"))
    assert tracks.take("role", hiredis.ReplyError("NOPERM no")) is refused


@given(st.from_regex(rb"-?\d{1,20}(\.\d{0,9})?", fullmatch=True))
def test_a_number_is_printed_as_it_was_or_is_none(value: bytes) -> None:
    found = number_of(value)
    assert found is None or printed(*found) == value


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8), max_size=5))
def test_columns_come_back_as_they_were(columns: list[list[int]]) -> None:
    unpacker = Unpacker(b"".join(map(packed, columns)))
    assert [unpacker.column(len(column)) for column in columns] == columns


@given(st.lists(st.integers()))
def test_differences_add_up(column: list[int]) -> None:
    assert sums(differences(column)) == column


@pytest.mark.parametrize("raw", [b"", b"\7ab", b"\0a", b"\1abc"])
def test_a_column_that_is_cut_short_is_told(raw: bytes) -> None:
    with pytest.raises(ValueError, match="column"):
        Unpacker(raw).column(2)


def test_a_reply_that_cannot_be_read_is_kept_as_it_is() -> None:
    for name in ("cluster-links", "latency", "masters", "info"):
        assert kept(name, b"\xff") == b"\xff"
    with pytest.raises(BadReply):
        read_links(kept("cluster-links", b"\xff"))
