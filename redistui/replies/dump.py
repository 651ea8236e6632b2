"""DUMP: a key's value as the server serialises it (RDB format 6 to 11 and Valkey's), read just far enough to tell what
it is, and whether two are the same.

A hash or a set that is kept as a hash table is serialised in the order of its buckets, which is another one in each
server process: two equal ones differ byte for byte.
"""

from __future__ import annotations

import hashlib
from typing import Literal

Sort = Literal["string", "list", "set", "sorted set", "hash", "stream", "module value", "value"]
FOOTER = 10
"""Two bytes of the RDB version, eight of a checksum."""
_SORTS: dict[int, Sort] = {
    **dict.fromkeys((1, 10, 14, 18), "list"),
    **dict.fromkeys((2, 11, 20), "set"),
    **dict.fromkeys((3, 5, 12, 17), "sorted set"),
    **dict.fromkeys((4, 9, 13, 16, 22, 23, 24, 25), "hash"),
    **dict.fromkeys((15, 19, 21), "stream"),
    **dict.fromkeys((6, 7), "module value"),
    0: "string",
}
_SET, _HASH = 2, 4
"""As hash tables: so many strings, and twice as many."""


def sort_of(dump: bytes) -> Sort:
    r"""
    >>> sort_of(b"\x00\x01a" + bytes(10))
    'string'
    """
    return _SORTS.get(dump[0] if dump else -1, "value")


def digest(dump: bytes) -> str:
    """A few letters by which two values are told apart."""
    return hashlib.sha256(dump[:-FOOTER]).hexdigest()[:12]


def same(one: bytes, other: bytes) -> bool:
    """Whether two dumps are of the same value. What cannot be told counts as different."""
    if one[:-FOOTER] == other[:-FOOTER]:
        return True
    if one[:1] != other[:1] or one[:1] not in (bytes((_SET,)), bytes((_HASH,))):
        return False
    try:
        return _members(one) == _members(other)
    except (IndexError, ValueError):
        return False


def _members(dump: bytes) -> list[tuple[bytes, ...]]:
    """A hash table's elements, as they are encoded, in an order of our own."""
    width = 2 if dump[0] == _HASH else 1
    count, at = _length(dump, 1)
    found: list[tuple[bytes, ...]] = []
    for _ in range(count):
        parts = []
        for _ in range(width):
            end = _end_of_string(dump, at)
            parts.append(dump[at:end])
            at = end
        found.append(tuple(parts))
    if at != len(dump) - FOOTER:
        raise ValueError("more than its elements")
    return sorted(found)


def _length(dump: bytes, at: int) -> tuple[int, int]:
    """A length, and where it ends."""
    first = dump[at]
    match first >> 6:
        case 0:
            return first & 0x3F, at + 1
        case 1:
            return (first & 0x3F) << 8 | dump[at + 1], at + 2
    width = {0x80: 4, 0x81: 8}.get(first, 0)
    if not width:
        raise ValueError("no length")
    return int.from_bytes(dump[at + 1 : at + 1 + width], "big"), at + 1 + width


def _end_of_string(dump: bytes, at: int) -> int:
    """Where a string ends that begins here: plain, a small number, or compressed."""
    first = dump[at]
    if first >> 6 != 3:
        length, start = _length(dump, at)
        return start + length
    if first == 0xC3:
        packed, start = _length(dump, at + 1)
        _, start = _length(dump, start)
        return start + packed
    return at + 1 + (1, 2, 4)[first & 0x3F]
