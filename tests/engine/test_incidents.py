"""Incidents: how their files come to be, whoever else saves the same ones."""

from __future__ import annotations

from pathlib import Path

from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.incidents import Incidents
from redistui.model import Event

AT = 1700000000.0
BAD = Event(AT, "", "alert", "orders", "node-down", about=("raised", "node-down", "orders", "a:1", "bad"))


def test_two_consoles_that_save_one_incident_do_not_write_into_one_file(tmp_path: Path) -> None:
    told: list[str] = []
    halves: list[Path] = []

    def other_save(half: Path) -> None:
        halves.append(half)
        half.write_text("of the other console")

    other = Incidents(tmp_path, other_save, told.append)

    def save(half: Path) -> None:
        halves.append(half)
        half.write_text("half")
        other.take([BAD], AT)
        half.write_text("whole")

    Incidents(tmp_path, save, told.append).take([BAD], AT)
    assert len(set(halves)) == 2
    assert [path.read_text() for path in tmp_path.iterdir()] == ["whole"]
    assert not any("could not" in text for text in told)


def test_what_could_not_be_saved_leaves_nothing_behind(tmp_path: Path) -> None:
    told: list[str] = []

    def full(half: Path) -> None:
        half.write_text("half")
        raise BadRecording("no room")

    Incidents(tmp_path, full, told.append).take([BAD], AT)
    assert told == ["the incident could not be saved: no room"]
    assert list(tmp_path.iterdir()) == []
