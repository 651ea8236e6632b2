"""An RDB as it comes over the wire (SYNC): whether it is whole, told without reading what it holds.

It begins with REDIS or VALKEY and its version, and ends with a byte 0xFF and a CRC64 of all before it (Redis >= 2.6
with version 5; of 8 zero bytes where the server has `rdbchecksum no`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import crcmod

JONES = (1 << 64) | 0xAD93D23594C935A9
"""The polynomial of the servers' CRC64, bits reversed, from 0."""
_crc64: Callable[..., int] = crcmod.mkCrcFun(JONES, initCrc=0, rev=True, xorOut=0)
_HEAD = re.compile(rb"(?:REDIS\d{4}|VALKEY\d{3})")
_TAIL = 9


class NotWhole(Exception):
    """What is wrong with it, in a few words."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole RDB: its first word, its size in bytes, and whether a checksum stood at its end."""

    version: str
    size: int
    checked: bool


class RdbReader:
    """Takes an RDB piece by piece."""

    def __init__(self) -> None:
        self.size = 0
        self._head = b""
        self._crc = 0
        self._tail = b""
        """The last bytes, which may be the end mark and the checksum."""

    def feed(self, piece: bytes) -> None:
        self.size += len(piece)
        if len(self._head) < _TAIL:
            self._head = (self._head + piece)[:_TAIL]
        joined = self._tail + piece
        self._crc = _crc64(joined[:-_TAIL], self._crc)
        self._tail = joined[-_TAIL:]

    def whole(self) -> Whole:
        """What it is. Raises NotWhole.

        >>> reader = RdbReader()
        >>> reader.feed(b"REDIS0009\\xff" + _crc64(b"REDIS0009\\xff", 0).to_bytes(8, "little"))
        >>> reader.whole()
        Whole(version='REDIS0009', size=18, checked=True)
        """
        if not _HEAD.fullmatch(self._head):
            raise NotWhole("it does not begin like an RDB")
        if self.size < 2 * _TAIL or self._tail[:1] != b"\xff":
            raise NotWhole("the end of the RDB is missing")
        said = int.from_bytes(self._tail[1:], "little")
        if said and said != _crc64(self._tail[:1], self._crc):
            raise NotWhole("its checksum is not that of what came")
        return Whole(self._head.decode(), self.size, bool(said))
