"""Rows: replies as a shape, numbers and texts, so that what changes from poll to poll is a few differences of numbers.

A reply that is put together again reads the same; where a part is a number as servers print it, it is the same byte for
byte. How INFO becomes a row is in redistui.engine.recording.info_rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import hiredis

LONGEST = 18
"""Digits of a number that fits 64 bits with its sign; longer ones are texts."""
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
    """The opposite of `row_of`, and of the rows of INFO."""
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
