"""`key`: keys taken byte for byte, the printed forms, and the owner that a server names."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from redistui.cli.parser import parse
from redistui.replies.slot import slot_of
from tests.cli.running import environment, redistui


def test_a_key_is_taken_byte_for_byte():
    done = subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"redistui", b"key", b"--json", b"--", b"\xff\xfe", b"-x", b"", b"a b"],
        capture_output=True,
        timeout=30,
        env=environment(),
        check=True,
    )
    rows = json.loads(done.stdout)
    assert [row["slot"] for row in rows] == [slot_of(key) for key in (b"\xff\xfe", b"-x", b"", b"a b")]
    assert all(list(row) == ["key", "slot", "node"] and row["node"] is None for row in rows)


def test_control_characters_of_a_key_do_not_reach_the_terminal():
    ended = redistui("key", "a\x1b[31mb")
    assert "\x1b" not in ended.out
    assert "a\\x1b[31mb" in ended.out


@pytest.mark.parametrize(
    ("words", "keys", "json_wanted"),
    [
        (["--", "-x", "y"], ["-x", "y"], False),
        (["a", "--json", "b", "--", "-x", "--json"], ["a", "b", "-x", "--json"], True),
        (["--json", "--", "--target"], ["--target"], True),
        (["--", "--"], ["--"], False),
        (["a", "--", "b", "--", "c"], ["a", "b", "--", "c"], False),
        (["-", "--target=redis://h", ""], ["-", ""], False),
    ],
)
def test_two_dashes_end_the_options(words, keys, json_wanted):
    _, args = parse(["key", *words])
    assert (args.keys, args.json) == (keys, json_wanted)


def test_the_owner_of_a_slot_is_the_one_a_server_names(standing_fleet):
    group = standing_fleet.groups["catalog"]
    ended = redistui("key", "--json", "a", "b", "--target", group.target)
    assert ended.code == 0, ended.err
    for row in json.loads(ended.out):
        owners = [
            f"{entry[2][0]}:{entry[2][1]}"
            for entry in group.nodes[0].ask("CLUSTER", "SLOTS")
            if entry[0] <= row["slot"] <= entry[1]
        ]
        assert [row["node"]] == owners


def test_an_owner_needs_a_cluster(standing_fleet):
    ended = redistui("key", "a", "--target", standing_fleet.groups["orders"].target)
    assert ended.code == 2
    assert "a target that is one cluster" in ended.err
