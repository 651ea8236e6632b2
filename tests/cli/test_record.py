"""`record`, and --record: what is written, what ends it, and what is left as it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from redistui.cli import record
from redistui.cli.exits import FAILED, FINE
from redistui.demo.groups import RunningGroup
from redistui.engine.journal import Journal, journal_path, now
from redistui.engine.observation import Drawn
from redistui.engine.recording import BadRecording, open_recording
from tests.cli.running import environment, redistui
from tests.waiting import eventually

NOWHERE = "redis://127.0.0.1:1"


@pytest.mark.versions("valkey-9.1")
def test_it_records_until_it_is_ended_and_goes_on_with_its_file(
    replication_group: Callable[..., RunningGroup], tmp_path: Path
) -> None:
    group, file = replication_group(replicas=1), tmp_path / "fleet.recording"
    for turn in (1, 2):
        words = ("-W", "error", "-m", "redistui", "record", str(file), group.target, "--period", "0.2")
        with subprocess.Popen(
            [sys.executable, *words], stderr=subprocess.PIPE, text=True, env=environment()
        ) as running:
            assert running.stderr is not None
            try:
                assert running.stderr.readline() == (
                    f"redistui: recording 2 servers every 0.2 s into {file}; ctrl+c ends it\n"
                )
                Journal(journal_path(os.environ)).write([deed(f"turn {turn}")])
                eventually(lambda turn=turn: drawn(file) > 3 * turn and f"turn {turn}" in told(file), 40)  # type: ignore[misc]
            finally:
                running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
            assert running.stderr.read().startswith(f"redistui: {file}: ")
    played = redistui("replay", str(file), "--json")
    assert (played.code, played.err) == (0, "")
    assert group.primary.address in played.out


def deed(title: str) -> dict[str, object]:
    """A line of the journal, as another console writes it."""
    return {
        "operation": "0badcafe", "action": "promote", "group": "plain", "at": now(), "state": "begun",
        "stored": {"title": title},
    }  # fmt: skip


def told(file: Path) -> str:
    """What happened, as the recording has it."""
    with closing(open_recording(file)) as tape:
        return " ".join(mark.text for mark in tape.marks())


def drawn(file: Path) -> int:
    try:
        tape = open_recording(file)
    except BadRecording:  # nothing has been written yet
        return 0
    try:
        return sum(isinstance(item, Drawn) for item in tape.items())
    finally:
        tape.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--keep", "1d2"), "no length of time"), (("--keep", "5s"), "less than 2 minutes"),
        (("--at-most", "lots"), "no size"), (("--at-most", "5kB"), "less than 1 MB"),
    ],
)  # fmt: skip
def test_bounds_that_are_none_are_told(words: tuple[str, str], why: str, tmp_path: Path) -> None:
    ended = redistui("record", str(tmp_path / "file"), NOWHERE, *words)
    assert ended.code == 2
    assert why in ended.err
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("words", [("record", "FILE"), ("record", "FILE/deeper")])
def test_what_is_no_recording_is_left_as_it_is(words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("dear diary")
    ended = redistui(*(word.replace("FILE", str(file)) for word in words), NOWHERE)
    assert ended.code == 2
    assert len(ended.sentences) == 1
    assert "notes.txt" in ended.err
    assert file.read_text() == "dear diary"


def test_it_says_that_nothing_answers_and_when_something_does(tmp_path: Path) -> None:
    file = tmp_path / "fleet.recording"
    with closing(socket.socket()) as place:
        place.bind(("127.0.0.1", 0))
        target = f"redis://127.0.0.1:{place.getsockname()[1]}"
        with subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "redistui", "record", str(file), target, "--period", "0.2"],
            stderr=subprocess.PIPE, text=True, env=environment(),
        ) as running:  # fmt: skip
            assert running.stderr is not None
            try:
                said = [running.stderr.readline() for _ in range(3)]
                assert said[1:] == [
                    f"redistui: {target}: connection refused: nothing listens there\n",
                    "redistui: nothing answers yet; it goes on trying, and records what comes\n",
                ]
                place.listen()
                threading.Thread(target=_answers, args=(place,), daemon=True).start()
                assert running.stderr.readline() == "redistui: an answer: recording 1 server\n"
            finally:
                running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0


def _answers(place: socket.socket) -> None:
    """One that says little more to any question than that it is there."""
    server = "# Server\r\nredis_version:7.0.0\r\nrun_id:" + "0" * 40 + "\r\n"
    info = server + "# Replication\r\nrole:master\r\nmaster_repl_offset:0\r\n"
    with suppress(OSError):
        while True:
            peer, _ = place.accept()
            while asked := peer.recv(65536):
                for command in asked.split(b"*")[1:]:
                    said = f"${len(info)}\r\n{info}\r\n" if b"INFO" in command.upper() else "-ERR no\r\n"
                    peer.sendall(said.encode())


@pytest.mark.parametrize("words", [("record", "FILE", NOWHERE), (NOWHERE, "--record", "FILE")])
def test_a_folder_that_is_not_there_is_told_and_not_made(words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "mistyped" / "fleet.recording"
    ended = redistui(*(word.replace("FILE", str(file)) for word in words), stdin="")
    assert ended.code == 2
    assert not file.parent.exists()
    if words[0] == "record":
        assert ended.sentences == [f"redistui: {file}: there is no folder {file.parent}; make it first"]


def test_a_recording_that_its_disk_has_no_room_for_has_failed(capsys):
    recorder = SimpleNamespace(trouble="nothing is recorded any more: the disk is full")
    assert record._end(recorder, "/nowhere/r", 60.0, FINE) == FAILED
    assert capsys.readouterr().err == f"redistui: {recorder.trouble}\n"
