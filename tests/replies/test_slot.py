"""The slot of a key: against the specification bit by bit, and against servers."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redistui.replies.slot import hashed_part, slot_of


def reference(key: bytes) -> int:
    """CRC16/XMODEM bit by bit, over the part that the cluster specification says."""
    start = key.find(b"{")
    if start != -1:
        end = key.find(b"}", start + 1)
        if end != -1 and end != start + 1:
            key = key[start + 1 : end]
    crc = 0
    for byte in key:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1 & 0xFFFF
    return crc % 16384


keys = st.one_of(st.binary(max_size=40), st.text(alphabet="{}ab", max_size=12).map(str.encode))


@given(keys)
def test_a_slot_is_the_same_as_by_the_specification(key):
    assert slot_of(key) == reference(key)


@pytest.mark.parametrize(
    ("key", "part"),
    [
        (b"{}", b"{}"),
        (b"{}{a}", b"{}{a}"),
        (b"{a", b"{a"),
        (b"a}", b"a}"),
        (b"{{a}}", b"{a"),
        (b"{a}{b}", b"a"),
        (b"x{a}y", b"a"),
        (b"}{a}", b"a"),
        (b"", b""),
        (b"{\xff}", b"\xff"),
    ],
)
def test_the_part_between_braces_is_hashed(key, part):
    assert hashed_part(key) == part


SAMPLE = [
    b"{}",
    b"{}{a}",
    b"{a",
    b"a}",
    b"{{a}}",
    b"{a}{b}",
    b"",
    b"\xff\x00\xfe",
    b"foo{bar}{zap}",
    b"plain",
    b"x{}y{z}",
]


def test_servers_count_the_same(standing_fleet):
    node = standing_fleet.groups["catalog"].nodes[0]
    assert [slot_of(key) for key in SAMPLE] == [node.ask("CLUSTER", "KEYSLOT", key) for key in SAMPLE]


@given(st.lists(keys, max_size=200))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_servers_count_the_same_for_any_bytes(standing_fleet, some):
    node = standing_fleet.groups["catalog"].nodes[0]
    with node.connect(5.0) as wire:
        assert [slot_of(key) for key in some] == [wire.ask("CLUSTER", "KEYSLOT", key) for key in some]
