"""The past in a file: what was kept comes back, a crash loses a minute, and a file that is not ours stays as it is."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from redistui.cli import pasts
from redistui.engine.annals import Annals
from redistui.engine.annals_head import APPLICATION, VERSION, BadHistory, check_head
from redistui.history import History
from redistui.metrics import KEPT
from redistui.model import Target
from tests.cli.running import redistui

NOW = 1_700_000_040.0
END = NOW + 3600


def past(seconds: int = 3600, at: float = NOW, history: History | None = None) -> History:
    history = history or History()
    for second in range(seconds):
        history.add("a:1", at + second, {"memory_used": 1e9 + second * 1000, "clients": float(second % 60)})
        history.add("b:1", at + second, {"clients": 7.0, "up": 1.0})
    return history


def written(path: Path, history: History | None = None, now: float = END) -> Annals:
    annals = Annals(path)
    annals.load(History(), NOW)
    annals.write(history or past(), now)
    assert annals.trouble is None
    return annals


def read(path: Path, now: float = END, **kept: tuple[str, ...]) -> History:
    history = History(**kept)  # type: ignore[arg-type]
    Annals(path).load(history, now)
    return history


def test_a_restart_does_not_lose_the_past(tmp_path: Path) -> None:
    path, before = tmp_path / "kept" / "fleet.history", past()
    written(path, before)
    after = read(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert check_head(path)
    assert set(after.nodes) == {"a:1", "b:1"}
    until = NOW + 2640  # what is newer the first one still has as it came
    for node, metric in (("a:1", "memory_used"), ("a:1", "clients"), ("b:1", "up")):
        assert after.span(node, metric, NOW, until, 44) == before.span(node, metric, NOW, until, 44), metric
        assert after.span(node, metric, NOW, NOW + 600, 60) == before.span(node, metric, NOW, NOW + 600, 60), metric
    assert after.span("b:1", "memory_used", NOW, until, 3) == [None] * 3


def test_the_time_between_two_runs_is_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "fleet.history"
    written(path, past(600))
    after = past(600, NOW + 1800, read(path, NOW + 1800))
    means = [one and one.mean for one in after.span("b:1", "clients", NOW, NOW + 2400, 40)]
    assert means == [7.0] * 9 + [None] * 21 + [7.0] * 10, "the last minute was not over, and is in the next writing"


def test_each_writing_adds_what_is_new_and_drops_what_is_over_a_day_old(tmp_path: Path) -> None:
    path, history = tmp_path / "fleet.history", past(600)
    annals = written(path, history)
    annals.write(history, END)
    with sqlite3.connect(path) as file:
        first = file.execute("SELECT step, count(*), count(DISTINCT slot) FROM slots GROUP BY step").fetchall()
    assert first == [(10, 59, 59), (60, 9, 9)]
    for second in range(600, 1200):
        history.add("a:1", NOW + second, {"clients": 1.0})
    annals.write(history, END)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT count(*) FROM slots WHERE step = 60").fetchone() == (19,)
    annals.write(history, NOW + 86_400 + 630)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT step, count(*) FROM slots GROUP BY step").fetchall() == [(60, 8)]


def test_two_programs_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "fleet.history"
    one, other = written(path, past(600)), Annals(path)
    other.load(mine := History(), NOW + 600)
    other.write(past(600, NOW + 700, mine), END)
    assert (one.trouble, other.trouble) == (None, None)
    assert read(path, END).since("a:1") == NOW


def test_other_metrics_than_those_of_now_are_brought_into_their_order(tmp_path: Path) -> None:
    path = tmp_path / "fleet.history"
    written(path)
    turned = (*reversed(KEPT), "fragmentation")
    after = read(path, kept=turned)
    (sample,) = after.span("a:1", "clients", NOW, NOW + 60, 1)
    assert sample is not None
    assert (sample.low, sample.mean, sample.high) == (0.0, pytest.approx(29.5, rel=0.01), 59.0)
    assert after.span("a:1", "fragmentation", NOW, NOW + 60, 1) == [None]


def test_a_clock_that_was_set_back_leaves_what_is_not_yet(tmp_path: Path) -> None:
    path = tmp_path / "fleet.history"
    written(path)
    after = past(300, NOW + 1200, read(path, NOW + 1200))
    assert after.span("b:1", "clients", NOW + 1200, NOW + 1260, 1)[0] is not None
    assert after.span("b:1", "clients", NOW + 3000, NOW + 3060, 1) == [None]


def foreign(path: Path, application: int = 1234, version: int = 1) -> None:
    with sqlite3.connect(path) as file:
        file.execute(f"PRAGMA application_id = {application}")
        file.execute(f"PRAGMA user_version = {version}")
        file.execute("CREATE TABLE mine (its TEXT)")


def torn(path: Path) -> None:
    written(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def scribbled(path: Path) -> None:
    written(path)
    whole = bytearray(path.read_bytes())
    for at in range(4096, len(whole), 97):
        whole[at] ^= 0x5A
    path.write_bytes(whole)


def swapped(path: Path) -> None:
    written(path)
    with sqlite3.connect(path) as file:
        file.execute("UPDATE slots SET samples = nodes")


def unheard(path: Path) -> None:
    written(path)
    with sqlite3.connect(path) as file:
        file.execute("DELETE FROM nodes")


BAD = {
    "text": (lambda path: path.write_text("dear diary, " * 50), "is no history of redistui"),
    "short": (lambda path: path.write_bytes(b"SQLite format 3\0"), "is no history of redistui"),
    "foreign": (foreign, "is a file of another program"),
    "newer": (lambda path: foreign(path, APPLICATION, VERSION + 1), "was written by a newer redistui"),
    "torn": (torn, "cannot be read as a history"),
    "scribbled": (scribbled, "cannot be read as a history"),
    "swapped": (swapped, "cannot be read as a history"),
    "unheard": (unheard, "cannot be read as a history"),
    "empty of tables": (lambda path: foreign(path, APPLICATION, VERSION), "cannot be read as a history"),
    "folder": (lambda path: path.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_none_of_ours_is_a_sentence_and_stays_as_it_is(tmp_path: Path, name: str) -> None:
    spoil, why = BAD[name]
    path = tmp_path / "fleet.history"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(BadHistory) as bad:
        read(path)
    assert why in str(bad.value)
    assert str(path) in str(bad.value)
    assert before == (path.read_bytes() if path.is_file() else None)
    assert os.listdir(tmp_path) == ["fleet.history"]


def test_an_empty_file_is_a_new_history_and_an_unwritable_place_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "fleet.history"
    path.touch()
    written(path)
    assert read(path).since("a:1") is not None
    with pytest.raises(BadHistory, match="cannot be read"):
        read(path / "below")


def test_each_fleet_has_its_own_file_and_what_is_of_neither_is_kept_nowhere(tmp_path: Path) -> None:
    one, other = Target(("a:1",), text="one"), Target(("b:1",), text="other")
    stranger = Target(("s:1",), text="stranger")
    places = {tmp_path / "one": frozenset({"one"}), tmp_path / "other": frozenset({"other"})}
    at = time.time() // 60 * 60 - 1200  # what is over a day old would not be kept
    written(tmp_path / "other", only("old:1", at), at + 600)
    history = History()
    files = pasts.loaded(places, history, patient=False)
    past(600, at, history)
    only("s:1", at, history)
    known = {"a:1": one, "b:1": other, "s:1": stranger}
    engine = SimpleNamespace(history=history, target_of=known.get, at_end=lambda close: None)
    pasts.kept(files, places, engine, frozenset({"one", "other", "stranger"}))  # type: ignore[arg-type]
    for annals in files:
        annals.close()
    assert set(read(tmp_path / "one", at + 900).nodes) == {"a:1"}
    assert set(read(tmp_path / "other", at + 900).nodes) == {"b:1", "old:1"}


def only(node: str, at: float, history: History | None = None) -> History:
    history = history or History()
    for second in range(600):
        history.add(node, at + second, {"clients": 1.0})
    return history


def test_what_cannot_be_written_is_kept_for_the_next_time(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, history = tmp_path / "fleet.history", past(600)
    annals = Annals(path)
    annals.load(History(), NOW)
    path.rename(tmp_path / "away")
    annals.keep(history)
    annals.close()
    assert "the past could not be written: unable to open" in capfd.readouterr().err
    (tmp_path / "away").rename(path)
    annals.write(history, END)
    assert annals.trouble is None
    assert read(path).since("a:1") == NOW


def test_a_verb_that_reads_a_bad_history_says_so_with_exit_code_2(tmp_path: Path) -> None:
    path, config = tmp_path / "fleet.history", tmp_path / "config.toml"
    path.write_text("dear diary, " * 50)
    config.write_text(f'[fleets.here]\ntargets = ["redis://127.0.0.1:1"]\nhistory = "{path}"\n')
    ended = redistui("export", "here", "--once", env={"REDISTUI_CONFIG": str(config)})
    assert (ended.code, ended.out) == (2, "")
    assert ended.sentences == [f"redistui: {path} is no history of redistui; it was left as it is"]
    assert path.read_text() == "dear diary, " * 50
