"""Rows: replies as a shape, numbers and texts, so that what changes from poll to poll is a few differences of numbers.

Of INFO the lines that nobody reads are left out, of the others each number is a number and each word a text. A reply
that is put together again reads the same; where a part is a number as servers print it, it is the same byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import hiredis

from redistui.engine.recording.answers import kept
from redistui.metrics import FIELDS, STILL
from redistui.replies import BadReply
from redistui.replies.info import NUMBERS, TEXTS, InfoReader, InfoText, Value

INFOS = frozenset(("info", "state", "server"))
LONGEST = 18
"""Digits of a number that fits 64 bits with its sign; longer ones are texts."""
_NUMBERED = re.compile(rb"(slave|db)\d{1,6}:")
_WANTED = {name.encode() + b":": True for name in (*NUMBERS, *FIELDS)} | {
    name.encode() + b":": False for name in TEXTS if name not in FIELDS
}
"""Beginnings of the lines of INFO that are kept, and whether a number follows."""
_READER = InfoReader(FIELDS, still=STILL)
Shape = tuple[Any, ...]
"""Plain values in tuples, so that two that are alike are equal."""


class Row(NamedTuple):
    """One reply."""

    shape: Shape
    numbers: list[int]
    texts: tuple[bytes, ...]


def number_of(value: bytes) -> tuple[int, int] | None:
    """A number as servers print it, and its decimals: `b"0.50"` is (50, 2). None for anything else.

    >>> number_of(b"12"), number_of(b"-1"), number_of(b"0.50"), number_of(b"007"), number_of(b"1e5"), number_of(b"")
    ((12, 0), (-1, 0), (50, 2), None, None, None)
    """
    whole, dot, fraction = value.partition(b".")
    digits = whole[1:] if whole[:1] == b"-" else whole
    if not digits.isdigit() or (digits[:1] == b"0" and len(digits) > 1) or whole == b"-0":
        return None
    if dot and not (fraction.isdigit() and digits is whole):
        return None
    both = whole + fraction
    return (int(both), len(fraction)) if len(both) <= LONGEST else None


def printed(number: int, decimals: int) -> bytes:
    """The opposite of `number_of`.

    >>> printed(50, 2), printed(-1, 0), printed(5, 6)
    (b'0.50', b'-1', b'0.000005')
    """
    if not decimals:
        return b"%d" % number
    whole, fraction = divmod(number, 10**decimals)
    return b"%d.%0*d" % (whole, decimals, fraction)


_TEXT, _WHOLE, _INTEGER = ("t",), ("n", 0), ("i",)
_known_number = lru_cache(4096)(number_of)
"""Addresses and ports are the same ones again and again."""


# -- any reply --------------------------------------------------------------------------------------------------------


def row_of(reply: Any) -> Row:
    """An array is the shapes of what is in it; what is neither number nor text stands in the shape itself."""
    numbers: list[int] = []
    texts: list[bytes] = []
    return Row(_shape(reply, numbers, texts), numbers, tuple(texts))


def _shape(reply: Any, numbers: list[int], texts: list[bytes]) -> Shape:
    if isinstance(reply, bytes):
        found = _known_number(reply)
        if found is None:
            texts.append(reply)
            return _TEXT
        numbers.append(found[0])
        return ("n", found[1]) if found[1] else _WHOLE
    if isinstance(reply, bool) or reply is None:
        return ("c", reply)
    if isinstance(reply, int) and abs(reply) < 10**LONGEST:
        numbers.append(reply)
        return _INTEGER
    if isinstance(reply, list):
        return ("l", *(_shape(one, numbers, texts) for one in reply))
    texts.append(str(reply).encode("utf-8", "surrogateescape"))
    return ("e",) if isinstance(reply, Exception) else ("x",)


def numbers_in(shape: Shape) -> int:
    """How many numbers a row of this shape has."""
    match shape[0]:
        case "I":
            return sum(kind if isinstance(kind, int) else 1 for kind in shape[1:])
        case "l":
            return sum(map(numbers_in, shape[1:]))
    return int(shape[0] in ("n", "i"))


def reply_of(row: Row) -> Any:
    """The opposite of `row_of`, and of an InfoTrack's row."""
    if row.shape[0] == "I":
        return _info(row)
    return _reply(row.shape, iter(row.numbers).__next__, iter(row.texts).__next__)


def _reply(shape: Shape, number: Callable[[], int], text: Callable[[], bytes]) -> Any:
    match shape[0]:
        case "t":
            return text()
        case "n":
            return printed(number(), shape[1])
        case "i":
            return number()
        case "c":
            return shape[1]
        case "l":
            return [_reply(one, number, text) for one in shape[1:]]
        case "e":
            return hiredis.ReplyError(text().decode("utf-8", "surrogateescape"))
    return int(text()) if shape[0] == "x" else None


# -- INFO -------------------------------------------------------------------------------------------------------------


def _info(row: Row) -> bytes:
    """Its lines: `[prefix, decimals]` of a number, how many numbers stand in a numbered one, 0 for a text."""
    number, text = iter(row.numbers).__next__, iter(row.texts).__next__
    lines = []
    for kind in row.shape[1:]:
        if isinstance(kind, int):
            line = text()
            lines.append(line.replace(b"%", b"%%").replace(b"\0", b"%d") % tuple(number() for _ in range(kind))
                         if kind else line)  # fmt: skip
        else:
            lines.append(kind[0].encode("latin-1") + printed(number(), kind[1]))
    return b"\r\n".join(lines)


class Numbered(NamedTuple):
    """A line of a replica or of a database: its numbers, and a text for what is between them."""

    text: int
    """Place among the texts."""
    place: int
    """Of its first number, among the numbers."""
    many: int


class Layout:
    """A reply read from scratch: its row, and where everything stands in it."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.places: dict[str, tuple[int, int]] = {}
        """Of each field that is a number, its place among the numbers and its decimals; of two, of none."""
        self.numbered: list[Numbered] = []
        self._kinds: list[Any] = []
        self._numbers: list[int] = []
        self._texts: list[bytes] = []
        for line in lines:
            prefix = line[: line.find(b":") + 1]
            wanted = _WANTED.get(prefix)
            if wanted is not None:
                self._take(line, prefix, number_of(line[len(prefix) :]) if wanted else None)
            elif _NUMBERED.match(prefix):
                self._take_numbered(line)
        self.row = Row(("I", *self._kinds), self._numbers, tuple(self._texts))

    def _take(self, line: bytes, prefix: bytes, found: tuple[int, int] | None) -> None:
        if found is None:
            self._kinds.append(0)
            self._texts.append(line)
            return
        self.places[prefix[:-1].decode("latin-1")] = (len(self._numbers), found[1])
        self._kinds.append((prefix.decode("latin-1"), found[1]))
        self._numbers.append(found[0])

    def _take_numbered(self, line: bytes) -> None:
        text, numbers = parted(line)
        self.numbered.append(Numbered(len(self._texts), len(self._numbers), len(numbers)))
        self._kinds.append(len(numbers))
        self._texts.append(text)
        self._numbers += numbers


def parted(line: bytes) -> tuple[bytes, list[int]]:
    """What stands between the numbers of a line `name=value,name=value`, and the numbers.

    >>> parted(b"slave0:ip=::1,offset=120,lag=1")[1]
    [120, 1]
    """
    numbers: list[int] = []
    pieces = line.split(b",")
    for place, piece in enumerate(pieces):
        name, _, value = piece.partition(b"=")
        if value.isdigit() and (value[:1] != b"0" or value == b"0") and len(value) <= LONGEST:
            numbers.append(int(value))
            pieces[place] = name + b"=\0"
    return (line, []) if b"\0" in line else (b",".join(pieces), numbers)


class InfoTrack:
    """The last INFO of one server, as a row. Of the next one only what changed is looked at."""

    __slots__ = ("_info", "_layout", "_lines", "_own", "_polls", "row")

    def __init__(self) -> None:
        self._own = InfoText(_READER)
        self._info: InfoText | None = None
        self._polls = 0
        self._lines: list[bytes] = []
        self._layout = Layout(())
        self.row = self._layout.row

    def take(self, reply: bytes, info: InfoText | None = None) -> Row:
        """`info`: that has read the same reply, if any has."""
        if info is None:
            info = self._own
            with suppress(BadReply):
                info.take(reply)
        goes_on = info is self._info and info.polls == self._polls + 1
        if not goes_on or info.news is None or not self._changed(info.news, info.numbered):
            self._layout = Layout(reply.split(b"\r\n"))
            self.row = self._layout.row
        self._info, self._polls, self._lines = info, info.polls, info.numbered
        return self.row

    def _changed(self, news: Iterable[tuple[str, Value]], lines: list[bytes]) -> bool:
        """Takes the numbers that are others; False where anything but numbers is."""
        numbers, places = self.row.numbers.copy(), self._layout.places
        for field, value in news:
            place, decimals = places.get(field) or (-1, 0)
            if isinstance(value, float):
                number = round(value * 10**decimals)
                if number / 10**decimals != value:
                    return False
            elif isinstance(value, int) and not decimals and abs(value) < 10**LONGEST:
                number = value
            else:
                return False
            if place < 0:
                return False
            numbers[place] = number
        if lines is not self._lines and not self._renumbered(lines, numbers):
            return False
        self.row = Row(self.row.shape, numbers, self.row.texts)
        return True

    def _renumbered(self, lines: Sequence[bytes], numbers: list[int]) -> bool:
        if len(lines) != len(self._layout.numbered) or len(lines) != len(self._lines):
            return False
        for one, line, before in zip(self._layout.numbered, lines, self._lines, strict=True):
            if line != before:
                text, found = parted(line)
                if text != self.row.texts[one.text] or len(found) != one.many:
                    return False
                numbers[one.place : one.place + one.many] = found
        return True


class ReplyTracks:
    """The last replies of one server as rows, by name. A reply like the last one is the same row."""

    __slots__ = ("_infos", "_replies", "_rows")

    def __init__(self) -> None:
        self._infos: dict[str, InfoTrack] = {}
        self._replies: dict[str, Any] = {}
        self._rows: dict[str, Row] = {}

    def take(self, name: str, reply: Any, info: InfoText | None = None) -> Row:
        """`info`: that has read the same reply, of INFO."""
        if name in INFOS and isinstance(reply, bytes):
            track = self._infos.get(name)
            if track is None:
                track = self._infos[name] = InfoTrack()
            return track.take(reply, info)
        short = kept(name, reply)
        row = self._rows.get(name)
        if row is None or not _alike(short, before := self._replies[name]):
            row = _last_changed(short, before, row) if row is not None else row_of(short)
            self._rows[name], self._replies[name] = row, short
        return row


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Exception):
        return type(one) is type(other) and str(one) == str(other)
    return bool(one == other)


def _last_changed(reply: Any, before: Any, row: Row) -> Row:
    """A replica's ROLE is the last one but for the offset at its end."""
    if isinstance(reply, list) and isinstance(before, list) and reply[:-1] == before[:-1] and reply and before:
        one, other = reply[-1], before[-1]
        if type(one) is int and type(other) is int and max(abs(one), abs(other)) < 10**LONGEST:
            return Row(row.shape, [*row.numbers[:-1], one], row.texts)
    return row_of(reply)
