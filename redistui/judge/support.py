"""SUPPORT: until when a line of servers gets repairs, as its makers say (valkey.io/topics/releases, Redis' SECURITY).

Redis keeps no calendar: a line ends when a newer one takes its place, so only those that have ended are here. A line
that is not in the table is not spoken of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from redistui.model import Node

SUPPORT: Mapping[tuple[str, str], str] = {
    ("redis", "5.0"): "2022-04-27",
    ("redis", "6.0"): "2022-05-31",
    ("redis", "7.0"): "2024-07-29",
    ("redis", "8.0"): "2026-02-11",
    ("valkey", "7.2"): "2027-04-16",
    ("valkey", "8.0"): "2027-09-15",
    ("valkey", "8.1"): "2028-03-31",
    ("valkey", "9.0"): "2028-10-21",
}
"""Kind and line of servers: the day (UTC) of the last repairs."""
SOON = 180 * 86_400.0
"""Seconds before the end from which it is time to plan."""


def line_of(node: Node) -> tuple[str, str] | None:
    """Kind and line of a server.

    >>> line_of(Node("a:1", server="redis", version="7.0.15"))
    ('redis', '7.0')
    """
    if node.server is None or node.version is None:
        return None
    return node.server, ".".join(node.version.split(".")[:2])


def ends_at(line: tuple[str, str]) -> float | None:
    """The last day of its repairs, in seconds since 1970; None: not known.

    >>> ends_at(("redis", "7.0")), ends_at(("valkey", "42.0"))
    (1722211200.0, None)
    """
    day = SUPPORT.get(line)
    return None if day is None else datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
