"""The fleet's health as a number from 0 to 100, and its band."""

from __future__ import annotations

from redistui.model import Fleet

BANDS: tuple[tuple[int, str], ...] = ((90, "excellent"), (75, "good"), (50, "fair"), (25, "poor"), (0, "critical"))


def score(fleet: Fleet) -> int:
    """100, less 30 times the share of nodes that are down, 15 for every bad finding and 5 for every warning.

    Whom nobody has asked yet is not down.

    >>> score(Fleet(at=0.0, period=1.0, groups=()))
    100
    """
    members = [one for group in fleet.groups for one in group.members if one.seen_at is not None or one.fault]
    down = sum(not member.up for member in members) / len(members) if members else 0.0
    bad = sum(finding.level == "bad" for finding in fleet.findings)
    return max(0, round(100 - 30 * down - 15 * bad - 5 * (len(fleet.findings) - bad)))


def band(points: int) -> str:
    """
    >>> [band(points) for points in (90, 89, 50, 24)]
    ['excellent', 'good', 'fair', 'critical']
    """
    return next(name for least, name in BANDS if points >= least)
