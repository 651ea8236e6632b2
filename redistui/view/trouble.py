"""What is wrong with one node, in a few cells and in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from redistui.model import Address, Finding, Fleet, Group, Level, Node
from redistui.view.cells import Cell, Tone
from redistui.view.figures import span
from redistui.view.words import fault_words, stale_words, worst

Found = Mapping[tuple[str, Address | None], Sequence[Finding]]
"""Findings by group and node; those on a group as a whole stand under None."""

SHORT: Mapping[str, str] = {
    "lag-bytes": "lags",
    "lag-seconds": "no ack",
    "memory": "memory high",
    "cpu": "cpu high",
    "clients": "many clients",
    "ops": "many ops",
    "shard-without-replica": "no replica",
}
"""A rule in at most 14 cells, where its own name is not short enough or not clear enough."""

OWN: frozenset[str] = frozenset({"node-down", "node-fault", "role-conflict", "link-down"})
"""Rules whose finding says again what the node's own state says."""


class Trouble(NamedTuple):
    """The gravest thing first; all empty where nothing is wrong."""

    level: Level | None
    short: str
    """At most 14 cells."""
    sentence: str
    """The same where there is room for it."""
    tone: Tone
    own: bool = False
    """Told by the node's own state, not by a finding."""

    def cell(self, wide: bool) -> Cell:
        return Cell(self.sentence if wide else self.short, self.tone)


WELL = Trouble(None, "", "", "text")


def by_node(findings: Iterable[Finding]) -> Found:
    """Sorts findings to the nodes they are about."""
    table: dict[tuple[str, Address | None], list[Finding]] = {}
    for finding in findings:
        table.setdefault((finding.group, finding.node), []).append(finding)
    return table


def trouble(fleet: Fleet, group: Group, node: Node, found: Found) -> Trouble:
    """What to write beside a node: its fault, else its age, else its link, else the first finding on it."""
    mine = found.get((group.name, node.address), ())
    level = worst(finding.level for finding in mine)
    own = _own(fleet, node)
    if own is not None:
        return own._replace(level=worst(each for each in (own.level, level) if each))
    first = next((finding for finding in mine if finding.level == level), None)
    if first is None:
        return WELL
    return Trouble(level, short(first.rule), about(first.message, node.address), first.level)


def _own(fleet: Fleet, node: Node) -> Trouble | None:
    if node.fault is not None:
        level: Level = "bad" if node.fault.down else "warn"
        words = fault_words(node.fault, fleet.at)
        return Trouble(level, words, f"{words}: {node.fault.text}", level, True)
    if node.conflict is not None:
        return Trouble("bad", "two roles", node.conflict, "bad", True)
    if node.seen_at is None:
        return Trouble(None, "asking", "not asked yet", "dim", True)
    if stale := stale_words(fleet, node.seen_at):
        return Trouble(None, stale, f"{stale}: no fresh answer", "unknown", True)
    return _link(node)


def _link(node: Node) -> Trouble | None:
    part = node.replication
    if part is None or node.role != "replica":
        return None
    if part.sync_in_progress:
        return Trouble("warn", "full sync", f"full sync: copies the dataset from {part.primary}", "warn", True)
    if part.link == "down":
        down = (
            "" if part.link_down_seconds is None or part.link_down_seconds < 0 else f" {span(part.link_down_seconds)}"
        )
        words = f"link down{down}"
        return Trouble("bad", words[:14], f"{words}: cannot reach {part.primary}", "bad", True)
    return None


def short(rule: str) -> str:
    """A rule's name for a narrow column."""
    return SHORT.get(rule, rule.replace("-", " "))[:14]


def about(message: str, address: Address) -> str:
    """A finding's sentence without the address it begins with, for a line that already names it.

    >>> about("10.0.0.1:6379 is behind", "10.0.0.1:6379"), about("shard 10.0.0.1:6379 is bare", "10.0.0.1:6379")
    ('is behind', 'is bare')
    >>> about("two primaries", "10.0.0.1:6379")
    'two primaries'
    """
    head, found, rest = message.partition(address)
    return rest.lstrip(": ") if found and head in ("", "shard ", "Sentinel ") else message
