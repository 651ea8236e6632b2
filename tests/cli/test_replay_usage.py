"""`replay` and `status --replay` on the command line: documents of a time, and a sentence for what is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redistui.cli import replay
from redistui.cli.main import run
from redistui.engine.observation import Drawn
from redistui.engine.recording import Recorder
from tests.engine.tapes import BEGAN, written

SPAN = "which goes from 2025-10-09 08:53:20Z to 2025-10-09 08:55:19Z"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("recordings") / "incident.rec"
    written(path)
    return str(path)


@pytest.fixture(autouse=True)
def _no_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDISTUI_CONFIG", "/dev/null")


def no_screens() -> None:  # type: ignore[misc]
    raise AssertionError("nothing is to be shown")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(words, no_screens)  # type: ignore[arg-type]
    out, err = capsys.readouterr()
    return code, out, err


def why(err: str) -> str:
    """The document of a call that came to none of its own."""
    return json.dumps({"error": [err.strip().removeprefix("redistui: ")], "exit": 2}, ensure_ascii=False) + "\n"


@pytest.mark.parametrize(
    ("at", "found"),
    [([], "08:55:19.500"), (["--at", "-1m"], "08:54:19.500"), (["--at", "+30s"], "08:53:49.500"),
     (["--at", "08:54:00.5"], "08:54:00.500"), (["--at", "1760000040"], "08:53:59.500"),
     (["--at", "start"], "08:53:20.500"),
     (["--at=2025-10-09T08:54:20Z"], "08:54:19.500")],
)  # fmt: skip
def test_the_status_of_a_time_is_printed(
    file: str, capsys: pytest.CaptureFixture[str], at: list[str], found: str
) -> None:
    for words in (["replay", file, "--json"], ["status", "--json", "--replay", file]):
        code, out, _ = said(capsys, *words, *at)
        assert (code, json.loads(out)["at"]) == (0, f"2025-10-09T{found}Z")


def test_plots_of_a_recording_have_the_thresholds_that_held_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "own.rec", []
    recorder = Recorder((), path=path, thresholds={"clients.warn": 7.0})
    recorder.take(Drawn(BEGAN, 1.0, False))
    recorder.close()
    monkeypatch.setattr(replay, "need_terminal", lambda _: None)
    assert run(["replay", str(path)], lambda: lambda _, look: seen.append(look) or 0) == 0
    assert [look.thresholds for look in seen] == [{"clients.warn": 7.0}]


def test_the_status_of_a_time_as_text(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "b:1   replica" in said(capsys, "status", "--replay", file, "--at", "start")[1]
    assert "b:1   primary" in said(capsys, "status", "--replay", file, "--group", "a:1")[1]


def test_what_is_different_between_two_times_is_printed_in_their_order(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "replay", file, "--diff", "-1s", "+10s")
    assert code == 0
    assert "2025-10-09 08:53:29.500Z  to  2025-10-09 08:55:18.500Z" in out
    assert "b:1 was replica, is primary" in out
    code, out, _ = said(capsys, "replay", file, "--diff", "-1s", "+10s", "--json")
    made = json.loads(out)
    assert (code, made["from"], made["to"]) == (0, "2025-10-09T08:53:29.500Z", "2025-10-09T08:55:18.500Z")
    assert {"group": "a:1", "text": "b:1 was replica, is primary", "tone": "accent"} in made["changes"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["replay", "FILE", "--json", "--at", "07:00"], f"--at: 07:00 is not in the recording, {SPAN}"),
        (["replay", "FILE", "--at", "soon", "--json"], "--at: 'soon' is no time: 12:03:07, -90s"),
        (["replay", "FILE", "--diff", "-1h", "end"], "--diff: -1h is not in the recording"),
        (["replay", "/nowhere/x.rec", "--json"], "there is no file /nowhere/x.rec"),
        (["replay", __file__, "--json"], "test_replay_usage.py is no recording of redistui"),
        (["replay", "/", "--json"], "/ cannot be read: is a directory"),
        (["status", "--at", "-1s"], "--at is a time in a recording: name that with --replay FILE"),
        (["status", "--replay", "FILE", "--watch"], "--replay shows one snapshot of a recording"),
        (["status", "--replay", "FILE", "redis://h:1"], "--replay shows one snapshot of a recording"),
        (["status", "--replay", "FILE", "--group", "nobody"], "there is no group 'nobody'"),
        (["replay", "FILE"], "terminal"),
        (["replay", "FILE", "--theme", "none", "--json"], ""),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_one_sentence(
    file: str, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    code, out, err = said(capsys, *(file if word == "FILE" else word for word in words))
    if not sentence:
        assert (code, err) == (0, "")  # a document has no looks
        return
    assert code == 2
    assert sentence in err
    assert err.startswith("redistui: ")
    assert len(err.splitlines()) == 1
    assert out == (why(err) if "--json" in words else "")


def test_a_file_that_breaks_off_in_its_middle_is_one_sentence(
    file: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.rec"
    whole = Path(file).read_bytes()
    for part in (0.3, 0.6, 0.9):
        torn.write_bytes(whole[: int(len(whole) * part)])
        code, out, err = said(capsys, "replay", str(torn), "--json")
        assert (code, out, len(err.splitlines())) == (2, why(err), 1)
        assert "torn.rec" in err
        assert torn.read_bytes() == whole[: int(len(whole) * part)]
