"""What is found out about the terminal, and what a crash says on it."""

from __future__ import annotations

import pytest

from redistui.tui.terminal import crash_report, utf8_terminal


@pytest.mark.parametrize(
    ("environ", "encoding", "answer"),
    [
        ({"LANG": "en_US.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.utf8"}, "UTF-8", True),
        ({"LANG": "C.UTF-8"}, "utf-8", True),
        ({}, "utf-8", True),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", True),
        ({}, "ascii", False),
        ({}, None, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8", False),
        ({"LC_ALL": "POSIX"}, "utf-8", False),
        ({"LANG": "de_DE.ISO-8859-1"}, "iso-8859-1", False),
        ({"LANG": "en_US.UTF-8"}, "latin-1", False),
        ({"LANG": "en_US.UTF-8"}, "nosuch", False),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, "utf-8", True),
    ],
)
def test_signs_are_ascii_where_the_locale_is_not_utf8(
    environ: dict[str, str], encoding: str | None, answer: bool
) -> None:
    assert utf8_terminal(environ, encoding) is answer


def broken(secret: str) -> Exception:
    try:
        raise ValueError(f"no login with {secret}\x1b[2J")
    except ValueError as error:
        return error


def test_a_crash_says_where_and_masks_what_is_secret() -> None:
    text = crash_report(broken("hunter2-long"), ["hunter2", "hunter2-long", ""]).plain
    assert "hunter2" not in text
    assert "no login with ***\\x1b[2J" in text
    assert "in broken" in text
    assert "secret" not in text.replace("masks", "")


def test_a_crash_without_an_error_is_said_too() -> None:
    assert "unknown error" in crash_report(None, []).plain
