"""One word for a group, and one number for the fleet."""

from __future__ import annotations

from redistui.judge.quorum import verdict
from redistui.model import Finding, Fleet, Group, Health


def health(fleet: Fleet, group: Group) -> Health:
    """bad or warn as its worst finding; unknown while something that matters is not known; else ok."""
    levels = {finding.level for finding in fleet.findings if finding.group == group.name}
    if "bad" in levels:
        return "bad"
    members = group.members
    if not any(fleet.freshness(member.seen_at) == "fresh" for member in members):
        return "unknown"
    if "warn" in levels:
        return "warn"
    return "ok" if _whole(fleet, group) else "unknown"


def _whole(fleet: Fleet, group: Group) -> bool:
    """Everybody was heard of lately, every role is known, and so is the slot map, or the Sentinels' quorum."""
    if any(fleet.freshness(member.seen_at) == "unknown" for member in group.members):
        return False
    if any(node.role is None for node in group.nodes):
        return False
    if group.kind == "cluster":
        return group.cluster is not None and group.cluster.state is not None
    return group.kind != "sentinel" or verdict(group).reachable


def about(fleet: Fleet, group: Group) -> tuple[Finding, ...]:
    """The group's findings, bad ones first."""
    return tuple(finding for finding in fleet.findings if finding.group == group.name)
