"""Which of the 16,384 slots a key belongs to, as every server counts it (CLUSTER KEYSLOT, Redis >= 3.0)."""

from __future__ import annotations

from collections.abc import Callable

import crcmod.predefined

from redistui.model import SLOTS

_crc16: Callable[[bytes], int] = crcmod.predefined.mkPredefinedCrcFun("xmodem")


def hashed_part(key: bytes) -> bytes:
    """What of a key is hashed: between the first `{` and the first `}` after it, unless nothing stands there.

    >>> [hashed_part(key) for key in (b"{user}:1", b"{}{a}", b"a}{b", b"{{a}}")]
    [b'user', b'{}{a}', b'a}{b', b'{a']
    """
    start = key.find(b"{")
    end = key.find(b"}", start + 1) if start >= 0 else -1
    return key[start + 1 : end] if end > start + 1 else key


def slot_of(key: bytes) -> int:
    """The slot of a key: CRC16/XMODEM modulo 16384.

    >>> slot_of(b"123456789"), slot_of(b"{user}:1") == slot_of(b"{user}:2")
    (12739, True)
    """
    return _crc16(hashed_part(key)) % SLOTS
