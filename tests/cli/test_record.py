"""`record`, and --record: what is written, what ends it, and what is left as it is."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
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
                eventually(lambda turn=turn: drawn(file) > 3 * turn, 40)  # type: ignore[misc]
            finally:
                running.send_signal(signal.SIGTERM)
            assert running.wait(20) == 0
            assert running.stderr.read().startswith(f"redistui: {file}: ")
    played = redistui("replay", str(file), "--json")
    assert (played.code, played.err) == (0, "")
    assert group.primary.address in played.out


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
