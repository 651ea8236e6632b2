"""Terminal manners, byte for byte: exit codes, a terminal given back, no colour, no secret, no foreign escape."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.pty.child import PASSWORD
from tests.pty.terminal import SEQUENCE, Terminal
from tests.waiting import eventually


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    return {"REDISTUI_JOURNAL": str(tmp_path / "journal.jsonl"), "XDG_CONFIG_HOME": str(tmp_path)}


def child(how: str, environ: Mapping[str, str], *, size: tuple[int, int] = (80, 24)) -> Terminal:
    return Terminal(("-m", "tests.pty.child", how), environ, size=size)


def restored(terminal: Terminal) -> None:
    """Cooked mode, the first screen, a cursor, no mouse, no paste mode; each switched on was switched off later."""
    assert terminal.attributes == terminal.before
    raw = terminal.raw
    for mode, on, off in (
        ("1049", "h", "l"),
        ("25", "l", "h"),
        ("2004", "h", "l"),
        ("1004", "h", "l"),
        ("7", "l", "h"),
    ):
        last = re.findall(rb"\x1b\[\?%s([hl])" % mode.encode(), raw)
        assert not last or last[-1] == off.encode(), f"mode {mode} was left {on}"
    assert b"\x1b[?1000h" not in raw or raw.rfind(b"\x1b[?1000l") > raw.rfind(b"\x1b[?1000h")


def test_q_ends_with_0_and_gives_the_terminal_back(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("q")
        assert terminal.exit_code() == 0
        restored(terminal)


def test_ctrl_c_ends_with_130(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("\x03")
        assert terminal.exit_code() == 130
        restored(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_with_128_plus_n_and_a_restored_terminal(own: dict[str, str], number: signal.Signals) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.signal(number)
        assert terminal.exit_code() == 128 + number
        restored(terminal)
        assert "Traceback" not in terminal.text


def test_a_signal_under_a_dialog_ends_it_too(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("F")
        terminal.wait_for("cannot be done now")
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_code() == 143
        restored(terminal)


def test_a_signal_ends_it_when_the_terminal_does_not_read(own: dict[str, str]) -> None:
    with child("busy", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.stop_reading()
        eventually(lambda: _stuck(terminal), 20)
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_code() == 143


def _stuck(terminal: Terminal) -> bool:
    """Nothing comes any more: the output thread waits for us."""
    before = len(terminal.raw)
    return before == len(terminal.raw)


def test_a_terminal_that_is_gone_ends_it(own: dict[str, str]) -> None:
    with child("busy", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.hang_up()
        assert terminal.exit_code() == 128 + signal.SIGHUP


def test_a_crash_ends_with_1_says_where_and_shows_no_secret(own: dict[str, str]) -> None:
    with child("crash", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("x")
        assert terminal.exit_code() == 1
        restored(terminal)
        assert PASSWORD.encode() not in terminal.raw
        assert "redistui crashed" in terminal.text
        assert "action_break" in terminal.text
        assert "RuntimeError" in terminal.text
        assert b"\x1b]0;owned" not in terminal.raw


def test_ctrl_z_stops_it_with_a_restored_terminal_and_fg_brings_it_back(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.press("\x1a")
        eventually(lambda: terminal.stopped, 20)
        restored(terminal)
        seen = terminal.raw.count(b"\x1b[?1049h")
        terminal.signal(signal.SIGCONT)
        eventually(lambda: terminal.raw.count(b"\x1b[?1049h") > seen, 20)
        terminal.press(" ")
        assert "paused since" in terminal.text
        terminal.send("q")
        assert terminal.exit_code() == 0
        restored(terminal)


def test_being_continued_without_having_been_stopped_changes_nothing(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        for _ in range(3):
            terminal.signal(signal.SIGCONT)
            terminal.quiet()
        assert terminal.raw.count(b"\x1b[?1049h") == 1
        terminal.send("q")
        assert terminal.exit_code() == 0
        restored(terminal)


EVERYWHERE = (
    "2",
    "3",
    "4",
    "5",
    "6",
    "1",
    "?",
    "q",
    "\x10",
    "\x03",
    "F",
    "\x03",
    ":group \t\t",
    "\x03",
    "/x",
    "\r",
    " ",
    "?",
)
"""Every screen, every dialog, the lines and the banner."""


def test_no_color_writes_no_colour(own: dict[str, str]) -> None:
    with child("screens", {**own, "NO_COLOR": "1"}) as terminal:
        terminal.wait_for("1 Topology")
        terminal.press(*EVERYWHERE, "q", "q")
        assert terminal.exit_code() == 0
        assert "cannot be done now" in terminal.text
        assert terminal.colours == set()


def test_an_empty_no_color_means_nothing(own: dict[str, str]) -> None:
    with child("plain", {**own, "NO_COLOR": ""}) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("q")
        assert terminal.exit_code() == 0
        assert any(colour.startswith(b"38;2") or b";38;2" in colour for colour in terminal.colours)


def test_a_locale_that_is_not_utf8_gets_ascii_only(own: dict[str, str]) -> None:
    plain = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with child("screens", {**own, **plain}) as terminal:
        terminal.wait_for("1 Topology")
        terminal.press(*EVERYWHERE, "q", "q")
        assert terminal.exit_code() == 0
        assert "cannot be done now" in terminal.text
        assert terminal.raw.isascii()
        assert re.findall(r".{20}\\u[0-9a-f]{4}", terminal.text) == []


def test_the_mouse_is_left_alone_unless_asked_for(own: dict[str, str]) -> None:
    for mouse in ("", "1"):
        with child("plain", {**own, "CHILD_MOUSE": mouse}) as terminal:
            terminal.wait_for("1 Topology")
            terminal.send("q")
            assert terminal.exit_code() == 0
            assert (b"\x1b[?1000h" in terminal.raw) == bool(mouse)


def test_y_copies_by_osc_52(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("1 Topology")
        terminal.send("y")
        eventually(lambda: b"\x1b]52;c;MTAuMjAuMC4xMTo2Mzc5\x07" in terminal.raw, 20)
        terminal.send("q")
        assert terminal.exit_code() == 0


def test_a_tiny_terminal_says_what_it_needs_and_grows_back(own: dict[str, str]) -> None:
    with child("plain", own, size=(52, 14)) as terminal:
        terminal.wait_for("terminal 52x14, needs 60x16")
        terminal.resize(80, 24)
        terminal.wait_for("1 Topology")
        terminal.send("q")
        assert terminal.exit_code() == 0


def test_hostile_names_never_reach_the_terminal_raw(own: dict[str, str]) -> None:
    with child("hostile", own, size=(160, 48)) as terminal:
        terminal.wait_for("owned")
        terminal.press(*EVERYWHERE, "q", "1", "\r", "y")
        terminal.signal(signal.SIGTERM)
        assert terminal.exit_code() == 143
        assert "cannot be done now" in terminal.text
        harmless(terminal.raw)


def harmless(raw: bytes) -> None:
    """Outside our own control sequences there is nothing that does not print."""
    assert b"]0;owned\x07" not in raw
    rest = SEQUENCE.sub(b"", raw).decode("utf-8")
    left = {char for char in rest if not char.isprintable() and char not in "\r\n\x08"}
    assert left == set()
    assert b"\x1b]8;" not in raw


def test_an_idle_dashboard_writes_nothing(own: dict[str, str]) -> None:
    with child("plain", own) as terminal:
        terminal.wait_for("age 9s", 30)
        before = len(terminal.raw)
        terminal.wait_for("age 11s", 10)
        written = len(terminal.raw) - before
        assert written < 200, terminal.raw[before:]
        terminal.send("q")
        assert terminal.exit_code() == 0
