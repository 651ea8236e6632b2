"""`[recording]`: how many minutes are kept, and where they are saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from redistui.config.loading import parse
from redistui.config.problems import ConfigErrors
from redistui.config.values import RecordingConfig

HERE = Path("/etc/redistui/config.toml")


def test_without_a_word_the_last_quarter_of_an_hour_is_kept_and_incidents_are_saved() -> None:
    assert parse("", HERE).recording == RecordingConfig(minutes=15.0, incidents=True, folder=None, kept=10)


def test_what_is_said_is_taken() -> None:
    text = '[recording]\nminutes = 60\nincidents = false\nfolder = "saved"\nkept = 3\n'
    assert parse(text, HERE).recording == RecordingConfig(60.0, False, HERE.parent / "saved", 3)


@pytest.mark.parametrize(
    ("line", "why"),
    [("minutes = 0.5", "minutes"), ("kept = 0", "kept"), ("incidents = 1", "true or false"), ("minuts = 5", "minutes")],
)
def test_what_is_wrong_is_told_with_its_key(line: str, why: str) -> None:
    with pytest.raises(ConfigErrors, match=why):
        parse(f"[recording]\n{line}\n", HERE)
