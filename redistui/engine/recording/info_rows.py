"""INFO as a row: the lines that nobody reads are left out; of the others each number is a number, each word a text.

Of a server's next reply only what changed is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from redistui.engine.recording.rows import LONGEST, Row, number_of
from redistui.metrics import FIELDS, STILL
from redistui.replies import BadReply
from redistui.replies.info import NUMBERS, TEXTS, InfoReader, InfoText, Value

_NUMBERED = re.compile(rb"(slave|db)\d{1,6}:")
_WANTED = {name.encode() + b":": True for name in (*NUMBERS, *FIELDS)} | {
    name.encode() + b":": False for name in TEXTS if name not in FIELDS
}
"""Beginnings of the lines that are kept, and whether a number follows."""
_READER = InfoReader(FIELDS, still=STILL)
_MOST = 10**LONGEST


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
        self.whole: dict[str, int] = {}
        """Of each field that is a whole number, its place among the numbers."""
        self.decimal: dict[str, tuple[int, int]] = {}
        """Of each other number, its place and what it is told in: 100 for hundredths."""
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
        field, place = prefix[:-1].decode("latin-1"), len(self._numbers)
        if found[1]:
            self.decimal[field] = (place, 10 ** found[1])
        else:
            self.whole[field] = place
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
        numbers, whole = self.row.numbers.copy(), self._layout.whole
        for field, value in news:
            if value.__class__ is int:
                if field not in whole or not -_MOST < value < _MOST:
                    return False
                numbers[whole[field]] = value
            elif not self._change_decimal(field, value, numbers):
                return False
        if lines is not self._lines and not self._renumbered(lines, numbers):
            return False
        self.row = Row(self.row.shape, numbers, self.row.texts)
        return True

    def _change_decimal(self, field: str, value: Value, numbers: list[int]) -> bool:
        place = self._layout.decimal.get(field)
        if place is None or not isinstance(value, float):
            return False
        number = round(value * place[1])
        if number / place[1] != value:
            return False
        numbers[place[0]] = number
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
