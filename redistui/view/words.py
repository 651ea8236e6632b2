"""Sentences and addresses made to fit, and the short words for states."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from textwrap import wrap

from redistui.model import Address, Fault, FaultKind, Fleet, Health, Level
from redistui.view.cells import Cell, Row, Tone
from redistui.view.figures import span
from redistui.view.glyphs import ASCII, UNICODE, Glyphs

FAULTS: dict[FaultKind, str] = {
    "refused": "refused",
    "unreachable": "no route",
    "hung": "hung",
    "closed": "closed",
    "tls": "tls",
    "garbage": "garbage",
    "loading": "loading",
    "busy": "busy",
    "masterdown": "no link",
    "noauth": "no auth",
    "noperm": "no perm",
    "maxclients": "full",
    "error": "error",
}
"""A fault in at most eight cells; the whole sentence stands in the node's own view."""

_SIGNS = {
    sign: plain
    for ours, theirs in zip(UNICODE, ASCII, strict=True)
    for sign, plain in zip(ours, theirs, strict=False)
    if not sign.isascii() and not plain.isspace()
}
_TO_ASCII = str.maketrans(
    _SIGNS
    | {"–": "-", "—": "-", "…": "~", "·": "-", "×": "x", "≥": ">=", "≤": "<=", "→": "->", "−": "-", "±": "+-", "’": "'"}
)


def ascii_only(text: str) -> str:
    r"""A text for a terminal that is not UTF-8: our own signs by their likes, all others spelled out.

    >>> print(ascii_only("lag – ▲ caf" + chr(233)))
    lag - ! caf\xe9
    """
    if text.isascii():
        return text
    return text.translate(_TO_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def address(text: Address | None, width: int) -> str:
    """An address that fits; when it is too long its end is kept, which is what tells nodes apart.

    >>> address("10.20.30.140:26379", 12), address(None, 12)
    ('…0.140:26379', '–')
    """
    if text is None:
        return "–"
    return text if len(text) <= width else "…" + text[len(text) - max(0, width - 1) :]


def fault_words(fault: Fault, at: float) -> str:
    """What is the matter, and for how long: `refused 2m05s`."""
    return f"{FAULTS[fault.kind]} {span(at - fault.since)}"


def stale_words(fleet: Fleet, seen_at: float | None) -> str:
    """`stale 7s` for a value that is too old to go by; empty for a fresh one.

    >>> fleet = Fleet(at=100.0, period=1.0, groups=())
    >>> stale_words(fleet, 93.0), stale_words(fleet, 99.0), stale_words(fleet, None)
    ('stale 7s', '', 'never seen')
    """
    if seen_at is None:
        return "never seen"
    return "" if fleet.freshness(seen_at) == "fresh" else f"stale {span(fleet.age(seen_at))}"


def clock(at: float, millis: bool = False) -> str:
    """The time of day in UTC.

    >>> clock(3661.25), clock(3661.25, millis=True)
    ('01:01:01', '01:01:01.250')
    """
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%H:%M:%S}" + (f".{moment.microsecond // 1000:03d}" if millis else "")


def level_mark(level: Level | None, glyphs: Glyphs) -> Cell:
    """The sign before a row: a shape of its own for each level, blank while nothing is wrong."""
    if level is None:
        return Cell(" ")
    return Cell(glyphs.bad, "bad") if level == "bad" else Cell(glyphs.warn, "warn")


def health_mark(health: Health, glyphs: Glyphs) -> Cell:
    """The sign of a group or site; unlike a row's, it also says that all is well."""
    signs: dict[Health, str] = {"ok": glyphs.up, "warn": glyphs.warn, "bad": glyphs.bad, "unknown": glyphs.unknown}
    return Cell(signs[health], health)


NOTHING = Cell("")
HEALTH_WORDS: dict[Health, str] = {"ok": "ok", "warn": "WARN", "bad": "BAD", "unknown": "unknown"}


def paragraph(text: str, width: int, tone: Tone = "text", lead: Cell = NOTHING) -> list[Row]:
    """A sentence over as many rows as it needs; `lead` stands before the first, the others are indented to match.

    >>> [[cell.text for cell in row] for row in paragraph("a link is down", 10, lead=Cell("! "))]
    [['! ', 'a link'], ['  ', 'is down']]
    """
    indent = Cell(" " * len(lead.text))
    lines = _wrapped(text, max(8, width - len(lead.text)))
    return [(lead if number == 0 else indent, Cell(line, tone)) for number, line in enumerate(lines)]


@lru_cache(2048)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """Kept: the same sentences come again with every snapshot, and to wrap one takes a tenth of a millisecond."""
    return tuple(wrap(text, width, break_on_hyphens=False)) or ("",)


def worst(levels: Iterable[Level]) -> Level | None:
    """The gravest of some levels; None of none."""
    found: Level | None = None
    for level in levels:
        if level == "bad":
            return "bad"
        found = level
    return found
