"""The file of a recording: what is none of ours is left alone, it keeps within bounds, and a crash breaks nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.observation import Drawn, Item, Keyframe
from redistui.engine.recording import BadRecording, Recorder, open_recording
from redistui.model import Event, Target
from tests.engine.recordings import AT, ITEMS, PLAIN, poll, recorded
from tests.waiting import eventually


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fleet.recording"


# -- what is no recording of ours --------------------------------------------------------------------------------------


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()


def newer(path: Path) -> None:
    recorded(path)
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()


def written(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


NOT_OURS: tuple[tuple[str, Callable[[Path], Any], str], ...] = (
    ("text", written(b"hello, world\n" * 100), "no recording of redistui"),
    ("short", written(b"SQLite format 3\0"), "no recording of redistui"),
    ("another program's", foreign, "another program"),
    ("newer", newer, "newer redistui"),
    ("a folder", Path.mkdir, "directory"),
)


@pytest.mark.parametrize(("make", "why"), [row[1:] for row in NOT_OURS], ids=[row[0] for row in NOT_OURS])
def test_what_is_not_ours_is_told_in_a_sentence_and_left_as_it_is(
    make: Callable[[Path], Any], why: str, file: Path
) -> None:
    make(file)
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(BadRecording, match=why):
        open_recording(file)
    with pytest.raises(BadRecording, match=why):
        Recorder((PLAIN,), path=file)
    assert not file.is_file() or file.read_bytes() == before


def test_no_file_and_an_empty_one_are_no_recording(file: Path) -> None:
    with pytest.raises(BadRecording, match="there is no file"):
        open_recording(file)
    file.touch()
    with pytest.raises(BadRecording, match="there is nothing in it"):
        open_recording(file)
    recorded(file)
    assert open_recording(file).first_at == AT


def test_a_recording_of_other_targets_is_not_gone_on_with(file: Path) -> None:
    recorded(file)
    with pytest.raises(BadRecording, match="other targets"):
        Recorder((Target(("x:1",)),), path=file)
    assert open_recording(file).targets[0].title == "orders"


def test_two_do_not_write_to_one_file(file: Path) -> None:
    made = Recorder((PLAIN,), path=file)
    with pytest.raises(BadRecording, match="being written by another"):
        Recorder((PLAIN,), path=file)
    made.close()
    assert len(list(open_recording(recorded(file)).items())) == len(ITEMS) + 1


def test_a_file_that_is_cut_short_is_told(file: Path) -> None:
    whole = recorded(file).read_bytes()
    for length in (200, 4096, len(whole) // 2, len(whole) - 4096):
        file.write_bytes(whole[:length])
        with pytest.raises(BadRecording, match=r"fleet\.recording"):
            list(open_recording(file).items())


@pytest.mark.parametrize("column", ["chunks", "parts"])
@pytest.mark.parametrize(
    "body", [b"", b"x" * 50, b"\x78\x9c\x03\x00\x00\x00\x00\x01"], ids=["empty", "noise", "nothing"]
)
def test_a_piece_that_is_damaged_is_told(file: Path, column: str, body: bytes) -> None:
    with sqlite3.connect(recorded(file)) as open_file:
        open_file.execute(f"UPDATE {column} SET body = ?", (body,))
    open_file.close()
    with pytest.raises(BadRecording, match="damaged"):
        list(open_recording(file).items())


def test_flipped_bits_are_told_or_do_no_harm(file: Path) -> None:
    whole = recorded(file).read_bytes()
    said: list[str] = []
    for place in range(100, len(whole), 997):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            list(open_recording(file).items())
        except BadRecording as told_so:
            said.append(str(told_so))
    assert [text for text in said if "fleet.recording" not in text] == []


# -- bounds and crashes ------------------------------------------------------------------------------------------------


def chunks_of(count: int) -> Iterator[Item]:
    for number in range(count):
        at = AT + 60 * number
        yield Keyframe(at)
        yield from (poll("a:1", at + second, more={"myid": os.urandom(2000)}) for second in range(20))
        yield Drawn(at + 30, 1.0)


def test_what_is_too_old_is_deleted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: AT + 600)
    recorded(file, *chunks_of(10), keep=125.0)
    assert open_recording(file).first_at == AT + 420
    assert open_recording(file).last_at == AT + 570


def test_what_operators_did_before_it_began_is_in_it_and_is_not_its_beginning(file: Path) -> None:
    """Else `+5m` would be counted from there, and the first minutes of a replay would show nothing."""
    deed = Event(AT - 500, "", "action", "orders", "promote begun: of a:1")
    recorded(file, Keyframe(AT), deed, *ITEMS)
    tape = open_recording(file)
    assert (tape.first_at, tape.last_at) == (AT, AT + 5)
    assert min(mark.at for mark in tape.marks()) == AT - 500


def test_what_is_too_much_is_deleted_and_its_room_given_back(file: Path) -> None:
    recorded(file, *chunks_of(30), at_most=400_000)
    assert file.stat().st_size < 500_000
    assert open_recording(file).last_at == AT + 29 * 60 + 30


def test_memory_holds_the_last_minutes_only(file: Path) -> None:
    made = Recorder((PLAIN,), ring=180.0)
    for item in chunks_of(20):
        made.take(item)
    made.save(file)
    made.close()
    tape = open_recording(file)
    assert 180 <= tape.last_at - tape.first_at <= 300
    assert isinstance(next(tape.items()), Keyframe)
    assert made.ring.size < 400_000


ENDLESS = """
import os, sys, time
from pathlib import Path
from redistui.engine.observation import Drawn, Observation
from redistui.engine.recording import Recorder, recorder
from redistui.model import Event, Target
recorder.PART = 0.01
made = Recorder((Target(("a:1",)),), path=Path(sys.argv[1]))
while True:
    at = time.time()
    made.take(Observation("a:1", at, at, "data", {"myid": os.urandom(5000)}))
    made.take(Drawn(at, 1.0))
    made.flush()
"""


def test_a_crash_while_it_writes_breaks_nothing(file: Path) -> None:
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", ENDLESS, str(file)]) as writer:
            size = file.stat().st_size if file.exists() else 0
            eventually(lambda size=size: file.exists() and file.stat().st_size > size + 100_000, 40)  # type: ignore[misc]
            writer.send_signal(signal.SIGKILL)
        tape = open_recording(file)
        assert sum(isinstance(item, Drawn) for item in tape.items()) > 3
        tape.close()
    with sqlite3.connect(file) as whole:
        assert whole.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    whole.close()


def test_it_is_read_while_more_is_written(file: Path) -> None:
    made = Recorder((PLAIN,), path=file)
    for item in ITEMS:
        made.take(item)
    made.flush()
    tape = open_recording(file)
    assert len(list(tape.items())) == len(ITEMS) + 1
    made.take(Drawn(AT + 9, 1.0))
    made.flush()
    assert len(list(tape.items())) == len(ITEMS) + 2
    made.close()


def test_a_disk_that_is_full_is_told_once_and_the_memory_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    made = Recorder((PLAIN,), path=file)
    made.begin(said.append)
    with monkeypatch.context() as full:
        full.setattr(made._file, "add", lambda things: (_ for _ in ()).throw(BadRecording("the disk is full")))
        for item in ITEMS:
            made.take(item)
            made.flush()
        assert said == [made.trouble] == ["nothing is recorded any more: the disk is full"]
    made.save(tmp_path / "saved")
    assert len(list(open_recording(tmp_path / "saved").items())) == len(ITEMS) + 1
    made.take(poll("a:1", AT + 6))
    made.flush()
    assert made.trouble is not None
    made.take(Keyframe(AT + 7))
    made.take(poll("a:1", AT + 8))
    made.close()
    assert said[1:] == [f"{file} is recorded again; what came meanwhile is missing"]
    assert [item.at for item in open_recording(file).items()] == [AT + 7, AT + 8]
