"""Columns of whole numbers as bytes: as narrow as their largest one, and the high bytes apart from the low ones, since
that is how they compress best."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence

WIDTHS: tuple[tuple[str, int], ...] = (("b", 7), ("h", 15), ("i", 31), ("q", 63))
"""Type codes of 1, 2, 4 and 8 bytes, with the bits that they hold beside the sign."""


def packed(column: Sequence[int]) -> bytes:
    """A byte for the width, then the numbers.

    >>> [len(packed(column)) for column in ([1, -2, 3], [1, 300], [0, 1 << 40])]
    [4, 5, 17]
    """
    if not column:
        return b"\0"
    least, most_of_all = min(column), max(column)
    bits = max(most_of_all, ~least).bit_length()
    for number, (code, most) in enumerate(WIDTHS):
        if bits <= most:
            numbers = array(code, column)
            if sys.byteorder == "big":
                numbers.byteswap()
            raw = numbers.tobytes()
            width = 1 << number
            return b"".join((bytes((number,)), *(raw[plane::width] for plane in range(width))))
    raise OverflowError(bits)


class Unpacker:
    """Reads columns out of a text of bytes, one after the other. Raises ValueError where it ends too soon."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def column(self, count: int) -> list[int]:
        raw, at = self._raw, self._at
        if at >= len(raw) or raw[at] >= len(WIDTHS):
            raise ValueError("no column begins here")
        code, width = WIDTHS[raw[at]][0], 1 << raw[at]
        end = at + 1 + count * width
        if end > len(raw):
            raise ValueError("a column is cut short")
        self._at = end
        if width == 1:
            return array(code, raw[at + 1 : end]).tolist()
        whole = bytearray(count * width)
        for plane in range(width):
            begin = at + 1 + plane * count
            whole[plane::width] = raw[begin : begin + count]
        numbers = array(code, bytes(whole))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers.tolist()


def differences(column: Iterable[int]) -> list[int]:
    """Each from the one before it, the first from 0.

    >>> differences([5, 7, 7])
    [5, 2, 0]
    """
    before, found = 0, []
    for one in column:
        found.append(one - before)
        before = one
    return found


def sums(column: Iterable[int]) -> list[int]:
    """The opposite of `differences`."""
    total, found = 0, []
    for one in column:
        total += one
        found.append(total)
    return found
