"""Reads told from writes by the servers' own tables."""

from __future__ import annotations

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.route.commands import CommandTable, checked, read_commands
from redistui.route.endpoint import Endpoint
from redistui.route.failures import BadRoute
from tests.versions import VERSIONS

BOTH = (
    ("GET a", True), ("get a", True), ("MGET a b", True), ("SCAN 0", True), ("DBSIZE", True), ("TOUCH a", True),
    ("OBJECT ENCODING a", True), ("MEMORY USAGE a", True), ("XINFO STREAM s", True), ("xinfo groups s", True),
    ("SET a 1", False), ("GETEX a", False), ("GETDEL a", False), ("SORT a", False), ("BITFIELD a GET u8 0", False),
    ("XREADGROUP GROUP g c STREAMS s >", False), ("XGROUP CREATE s g $", False), ("GEORADIUS a 1 1 1 m", False),
    ("EVAL x 0", False), ("EVALSHA x 0", False), ("PUBLISH c m", False), ("FLUSHALL", False), ("PFADD a b", False),
    ("CONFIG SET a b", False), ("NEW.COMMAND a", False),
)  # fmt: skip
FROM_7 = (
    ("EVAL_RO x 0", True), ("EVALSHA_RO x 0", True), ("FCALL_RO f 0", True), ("SORT_RO a", True), ("LCS a b", True),
    ("FCALL f 0", False), ("FUNCTION LOAD x", False), ("FUNCTION FLUSH", False), ("SPUBLISH c m", False),
)  # fmt: skip


async def test_reads_and_writes_as_each_version_tells_them_apart(standing_fleet: DemoFleet, version: str) -> None:
    node = standing_fleet.groups["orders"].primary
    endpoint = Endpoint(node.address, seconds=20.0)
    try:
        table = read_commands(await endpoint.ask("COMMAND"))
    finally:
        await endpoint.close()
    cases = BOTH if version == "redis-6.2" else BOTH + FROM_7
    assert [(words, table.is_read(words.split())) for words, _ in cases] == list(cases)
    assert not table.why_empty
    for name in sorted(table.reads):  # and not one more than the servers' own flags say
        if "|" not in name:
            assert "readonly" in node.ask("COMMAND", "INFO", name)[0][2], name


def test_all_versions_are_asked() -> None:
    assert len(VERSIONS) == 3


@pytest.mark.parametrize(
    "reply",
    [
        None,
        b"",
        [],
        [None],
        [[b"get"]],
        [[b"get", 2, None]],
        [[1, 2, [b"readonly"]]],
        [[b"get", 2, [b"readonly", b"write"]]],
    ],
)
def test_of_an_odd_table_nothing_is_a_read(reply: object) -> None:
    assert not read_commands(reply).is_read(("GET", "a"))


def test_a_read_that_is_none_is_refused_only_where_something_is_known() -> None:
    table = read_commands([[b"get", 2, [b"readonly"]], [b"set", 3, [b"write"]]])
    table.checked_read(("GET", "a"))
    with pytest.raises(BadRoute, match="SET is no read, says the server's command table"):
        table.checked_read(("set", "a", "1"))
    with pytest.raises(BadRoute):
        table.checked_read(("NEW.COMMAND",))
    CommandTable(why_empty="NOPERM").checked_read(("GET", "a"))


@pytest.mark.parametrize(
    "words", ["MULTI", "select 1", "SUBSCRIBE c", "WATCH a", "CLIENT REPLY OFF", "AUTH x", "MONITOR"]
)
def test_what_changes_its_connection_is_sent_by_no_route(words: str) -> None:
    with pytest.raises(BadRoute, match="changes the connection it comes on"):
        checked(words.split())


def test_nothing_is_no_command() -> None:
    with pytest.raises(BadRoute, match="there is no command to send"):
        checked(())
