"""The canary's log as a file: never written over, only ours to read, and read back with sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redistui.drill.log import Log, LogError, key_of, read_log


def test_a_log_is_a_new_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    log = Log(tmp_path / "drills" / "one.jsonl")
    log.begin(run="r")
    log.close()
    assert log.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LogError, match="it is there already; name another with --log"):
        Log(log.path)


def test_a_log_holds_several_runs_each_with_its_own_clock(tmp_path: Path) -> None:
    log = Log(tmp_path / "one.jsonl")
    for run in ("first", "second"):
        log.begin(run=run)
        log.phase("before")
    log.close()
    runs = read_log(log.path)
    assert [[line["what"] for line in run] for run in runs] == [["drill", "phase"], ["drill", "phase"]]
    assert [run[0]["run"] for run in runs] == ["first", "second"]


def test_a_last_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_text('{"what":"drill","run":"r"}\n{"what":"wri')
    assert [len(run) for run in read_log(path)] == [1]


@pytest.mark.parametrize("row", ["no json", "[]", '{"what":7}', "{}", "[" * 100_000])
def test_a_line_that_is_none_is_named_by_its_number(tmp_path: Path, row: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"what": "drill"}) + f"\n{row}\n")
    with pytest.raises(LogError, match="line 2: this is no line of a drill's log"):
        read_log(path)


def test_a_log_that_is_not_there_or_no_text_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LogError, match="it is no text"):
        read_log(tmp_path / "binary")


def test_every_key_stands_under_the_canarys_prefix_and_in_its_shards_slot() -> None:
    assert key_of("t7", "r", "aware", "count") == "redistui:canary:{t7}:r:aware:count"
