"""One word for a group, and one number for the fleet."""

from __future__ import annotations

from redistui.model import Finding, Fleet, Group, Health


def health(fleet: Fleet, group: Group) -> Health:
    """bad or warn as its worst finding; unknown while nothing, or nothing fresh, is known; else ok."""
    levels = {finding.level for finding in fleet.findings if finding.group == group.name}
    if "bad" in levels:
        return "bad"
    members = group.members
    if not any(fleet.freshness(member.seen_at) == "fresh" for member in members):
        return "unknown"
    if "warn" in levels:
        return "warn"
    whole = all(fleet.freshness(member.seen_at) != "unknown" for member in members)
    return "ok" if whole else "unknown"


def about(fleet: Fleet, group: Group) -> tuple[Finding, ...]:
    """The group's findings, bad ones first."""
    return tuple(finding for finding in fleet.findings if finding.group == group.name)
