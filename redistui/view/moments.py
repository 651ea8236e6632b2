"""A moment in a recording, as a person types it, and as it is told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SPANS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+|\d+(?:\.\d+)?")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?Z?")
EARLIEST_UNIX = 100_000_000.0
"""A plain number from here on (the year 1973) is a time, a smaller one is none."""


class BadMoment(ValueError):
    """What was typed is no time; the sentence says what is one."""


def seconds_of(text: str) -> float | None:
    """A length of time in seconds: `90`, `90s`, `1m30s`, `2h`; None: it is none.

    >>> [seconds_of(text) for text in ("90", "1m30s", "0.5h", "", "x", "5 m")]
    [90.0, 90.0, 1800.0, None, None, None]
    """
    if not _SPAN.fullmatch(text):
        return None
    return sum(float(number) * SPANS[unit or "s"] for number, unit in _PART.findall(text))


def moment(text: str, first: float, last: float, here: float | None = None) -> float:
    """A time that was typed, in seconds since 1970. `first` and `last` are the recording's ends.

    `12:03:07` (UTC; the last such time by its end), an ISO date and time (UTC unless it says otherwise), seconds since
    1970, `start`, `end`, `-30s` and `+5m`: from `here`; without a `here`, before the end and after the beginning.
    Raises BadMoment where it is none of these, or is not in the recording.

    >>> moment("-30s", 1000.0, 2000.0), moment("+1m", 1000.0, 2000.0), moment("+1m", 1000.0, 2000.0, 1500.0)
    (1970.0, 1060.0, 1560.0)
    >>> moment("00:20", 1000.0, 2000.0), moment("1970-01-01T00:20:00Z", 1000.0, 2000.0)
    (1200.0, 1200.0)
    """
    at = _read(text.strip(), first, last, here)
    if not (int(first * 1000) / 1000 <= at <= last + 0.001):
        raise BadMoment(f"{text.strip()} is not in the recording, which goes from {told(first)} to {told(last)}")
    return at


def _read(text: str, first: float, last: float, here: float | None) -> float:
    if text in ("start", "end"):
        return first if text == "start" else last
    length = seconds_of(text[1:]) if text[:1] in ("-", "+") else None
    if length is not None:
        back = text[0] == "-"
        base = here if here is not None else last if back else first
        at = base - length if back else base + length
        return at if here is None else min(max(at, first), last)
    if found := _CLOCK.fullmatch(text):
        return _by_the_clock(text, found, first, last)
    return _whole(text)


def _by_the_clock(text: str, found: re.Match[str], first: float, last: float) -> float:
    """The last such time of day by the recording's end."""
    hours, minutes, seconds = int(found[1]), int(found[2]), float(found[3] or 0)
    if hours > 23 or minutes > 59 or seconds >= 60:
        raise BadMoment(f"{text} is no time of day")
    midnight = datetime.fromtimestamp(last, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = (midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)).timestamp()
    return at if at <= last + 0.001 else at - 86_400


def _whole(text: str) -> float:
    """Seconds since 1970, or an ISO date and time."""
    try:
        at = float(text)
    except ValueError:
        pass
    else:
        if EARLIEST_UNIX <= at < 1e11:
            return at
    try:
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadMoment(
            f"{text!r} is no time: 12:03:07, -90s, +5m, start, end, 2026-03-01T12:03:07Z, or seconds since 1970"
        ) from None


def told(at: float, millis: bool = False) -> str:
    """A time with its day, UTC.

    >>> told(3661.25), told(3661.25, millis=True)
    ('1970-01-01 01:01:01Z', '1970-01-01 01:01:01.250Z')
    """
    when = datetime.fromtimestamp(at, UTC)
    return f"{when:%Y-%m-%d %H:%M:%S}" + (f".{when.microsecond // 1000:03d}" if millis else "") + "Z"
