"""RECOMMENDATIONS: what an operator had better do, each with its reason. One row, one pure function of a group.

A finding says what is wrong now; a recommendation also speaks of what will be, and of what would hurt if something
happened. Nothing is recommended on what is not known. The figures in the table are those of MEASURES, where a config
sets no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from redistui.judge.capacity import Capacity
from redistui.judge.recommend import load, safety
from redistui.judge.recommend.study import Advice, Study
from redistui.judge.rules.limits import Limits, Thresholds
from redistui.model import Address, Fleet

__all__ = ["RECOMMENDATIONS", "Advice", "Past", "Recommendation", "recommendations"]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One row: what it looks at, and when it speaks."""

    name: str
    doc: str
    say: Callable[[Study], Iterator[Advice]]


@dataclass(frozen=True, slots=True)
class Past:
    """What the past says, as far as recommendations go."""

    pace: Mapping[Address, float] = field(default_factory=dict)
    """Bytes a second that each primary writes to its replicas: the most that a minute of the past shows."""
    capacity: Sequence[Capacity] = ()


RECOMMENDATIONS: tuple[Recommendation, ...] = (
    Recommendation("nodes-down", "Servers that do not answer are to be brought back, or forgotten.", safety.nodes_down),
    Recommendation("memory", "Over 80 % of the memory limit it is time to act.", load.memory),
    Recommendation("filling", "A limit that will be met within 30 days at the present growth.", load.filling),
    Recommendation("connections", "Over 5,000 connections to one server, or over 80 % of maxclients.",
                   load.connections),
    Recommendation("operations", "Over 50,000 operations a second on one server: it runs commands one by one.",
                   load.operations),
    Recommendation("no-limit", "Without maxmemory a server grows until the system ends it.", load.no_limit),
    Recommendation("no-replica", "A primary without a replica: its loss is the loss of what it holds.",
                   safety.no_replica),
    Recommendation("sentinels", "Sentinels too few to lose one, or an even number of them.", safety.sentinels),
    Recommendation("cluster-majority", "A cluster of fewer than three primaries fails nothing over.",
                   safety.cluster_majority),
    Recommendation("backlog", "A backlog that holds less than a minute of writes.", safety.backlog),
    Recommendation("persistence", "A primary that keeps nothing on disk and has replicas.", safety.persistence),
    Recommendation("unguarded", "A primary that would go on taking writes while cut off from its replicas.",
                   safety.unguarded),
    Recommendation("writable-replica", "A replica that takes writes of its own.", safety.writable_replica),
    Recommendation("one-version", "Servers of one group of several versions.", safety.one_version),
    Recommendation("support", "A version whose repairs have ended, or end within half a year.", safety.support),
    Recommendation("fragmented", "Half as much memory again is lost between the blocks that are in use.",
                   load.fragmented),
    Recommendation("rejected", "Clients that were turned away.", load.rejected),
    Recommendation("evicting", "Keys that are thrown out for want of room.", load.evicting),
)  # fmt: skip


def recommendations(
    fleet: Fleet, past: Past | None = None, thresholds: Thresholds | None = None
) -> tuple[Advice, ...]:  # fmt: skip
    """All that is to be recommended, in the order of the table: what hurts now stands first. `thresholds` as a config
    has them; of these `advise` counts."""
    known, limits = past or Past(), Limits(thresholds or {})
    studies = [
        Study(fleet, group, known.pace, of_group(known.capacity, group.name), limits.within(group.target))
        for group in fleet.groups
    ]
    return tuple(advice for row in RECOMMENDATIONS for study in studies for advice in row.say(study))


def of_group(found: Sequence[Capacity], group: str) -> tuple[Capacity, ...]:
    return tuple(one for one in found if one.group == group)
