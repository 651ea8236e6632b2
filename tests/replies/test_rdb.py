"""Whether an RDB is whole."""

from __future__ import annotations

import crcmod
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.replies.rdb import JONES, NotWhole, RdbReader, Whole

crc64 = crcmod.mkCrcFun(JONES, initCrc=0, rev=True, xorOut=0)


def rdb(body: bytes = b"\xfe\x00some keys", head: bytes = b"REDIS0009", checked: bool = True) -> bytes:
    told = head + body + b"\xff"
    return told + (crc64(told).to_bytes(8, "little") if checked else bytes(8))


def read(data: bytes, piece: int = 7) -> Whole:
    reader = RdbReader()
    for first in range(0, len(data), piece):
        reader.feed(data[first : first + piece])
    return reader.whole()


def test_the_checksum_is_the_servers_own() -> None:
    assert crc64(b"123456789") == 0xE9C6D914C4B8D9CA


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_whole_one_is_told_however_it_comes_in_pieces(body: bytes, piece: int) -> None:
    data = rdb(body)
    assert read(data, piece) == Whole("REDIS0009", len(data), checked=True)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_wrong_byte_is_noticed(where: int, by: int) -> None:
    data = bytearray(rdb())
    data[where % len(data)] ^= by
    with pytest.raises(NotWhole):
        read(bytes(data))


def test_one_without_a_checksum_and_one_of_valkey_are_told_apart() -> None:
    assert read(rdb(head=b"VALKEY080")) == Whole("VALKEY080", len(rdb()), checked=True)
    assert read(rdb(checked=False)).checked is False


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it does not begin like an RDB"),
        (b"HTTP/1.1 200 OK", "it does not begin like an RDB"),
        (b"REDIS0009\xff", "the end of the RDB is missing"),
        (rdb()[:-1], "the end of the RDB is missing"),
        (rdb() + b"x", "the end of the RDB is missing"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, said: str) -> None:
    with pytest.raises(NotWhole, match=said):
        read(data)
