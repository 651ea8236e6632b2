"""Calm: the usual case, found out in one look at each node, so that most rules need not look at a thousand of them.

A rule that counts on it (`Rule.calm`) finds nothing in a calm group, whatever its numbers are.
"""

from __future__ import annotations

from redistui.judge.rules.kinds import Case
from redistui.model import Group, Node


def calm(case: Case) -> bool:
    """Every server answers in the role it says it has, every link is up, one primary leads and is followed; and nothing
    that is remembered for longer than a snapshot has happened lately."""
    group, stirred = case.group, case.recall.stirred
    if not group.nodes or case.recall.switched(group.name):
        return False
    if any(not _well(node) or stirred(node.address) for node in group.nodes):
        return False
    return group.kind == "cluster" or _led(group)


def _well(node: Node) -> bool:
    said = node.replication
    if node.fault is not None or node.conflict is not None or node.seen_at is None or said is None:
        return False
    if node.role == "primary":
        return said.primary is None
    return node.role == "replica" and said.link == "up"


def _led(group: Group) -> bool:
    """By one primary that takes writes, with a replica right under it that could take its place."""
    followed, leaders = False, 0
    for node in group.nodes:
        if node.role == "primary":
            leaders += 1
            if leaders > 1 or node.address != group.primary:
                return False
        else:
            said = node.replication
            followed = followed or (said is not None and said.primary == group.primary and said.priority != 0)
    return followed and leaders == 1
