"""A recording on the command line: opened, and gone to a time in it. What is wrong with either is one sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.cli.exits import USAGE, Quit
from redistui.view.cells import show
from redistui.view.moments import BadMoment, moment

if TYPE_CHECKING:
    from redistui.engine.playing import Player
    from redistui.model import Fleet

_BACK = re.compile(r"-\d[\dsmhd.]*")


def let_times_go_back(parser: argparse.ArgumentParser) -> None:
    """`--at -90s` is a time, and no option."""
    parser._negative_number_matcher = _BACK


def add_at(parser: argparse.ArgumentParser) -> None:
    let_times_go_back(parser)
    parser.add_argument(
        "--at", metavar="TIME",
        help="a time in the recording: 12:03:07 (UTC), an ISO time, -90s before its end, +5m after its beginning, or "
        "seconds since 1970 (default: its end)",
    )  # fmt: skip


def player_of(file: str) -> Player:
    """A recording, ready to be played. Quits with code 2 where it is none."""
    from redistui.engine.playing import Player
    from redistui.engine.recording import open_recording

    with readable(file):
        return Player(open_recording(Path(file)))


@contextmanager
def readable(file: str) -> Iterator[None]:
    """Quits with code 2 where it turns out that a recording cannot be read."""
    from redistui.engine.playing import NothingDrawn
    from redistui.engine.recording import BadRecording

    try:
        yield
    except BadRecording as error:
        raise Quit(USAGE, [show(str(error), 1000)]) from None
    except NothingDrawn as error:
        raise Quit(USAGE, [f"{show(file)}: {error}"]) from None


def at_of(player: Player, text: str | None, option: str = "--at") -> float:
    """The time that was asked for by an option; the end, where none was. Quits with code 2 where it is no time, or is
    not in the recording."""
    tape = player.tape
    try:
        return tape.last_at if text is None else moment(text, tape.first_at, tape.last_at)
    except BadMoment as error:
        raise Quit(USAGE, [f"{option}: {show(str(error), 1000)}"]) from None


def go_to(player: Player, file: str, at: str | None) -> Fleet:
    """The snapshot of a time that was asked for. Quits with code 2 where there is none."""
    moment = at_of(player, at)
    with readable(file):
        return player.go(moment)


def fleet_at(file: str, at: str | None) -> Fleet:
    """The snapshot that was shown at a time."""
    from dataclasses import replace

    player = player_of(file)
    return replace(go_to(player, file, at), replayed=True)
