"""An incident: what a recording shows of a time: when no primary took writes, what everybody said, what was done.

Read of snapshots, one after the other. What is told is what was seen from where it was recorded: between two polls
nobody looked, so an outage has a shortest and a longest length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from redistui.judge.recommend.study import leaders
from redistui.judge.said import Said, changes
from redistui.model import Address, Event, Fleet, Group, Node, Ranges


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which no primary of a group, or of some slots of a cluster, was seen to answer as one."""

    group: str
    slots: Ranges
    """Of a cluster; empty: the group is none."""
    refused: bool
    """Most nodes of a cluster said cluster_state:fail and so refused every key, whoever owned it. The places below are
    then empty."""
    before: Address | None
    """The primary that was lost; None: there was none when the time began."""
    after: Address | None
    """The one that took over; None: none did."""
    heard_at: float | None
    """When the lost one last answered; None: not within this time."""
    missed_at: float
    """When it was first seen not to."""
    back_at: float | None
    """When a primary answered again; None: not within this time."""
    until: float
    """The last moment that was looked at within it."""

    @property
    def longest(self) -> float | None:
        """Seconds from the last answer to the next one; None where one of them is not in this time."""
        return None if self.heard_at is None or self.back_at is None else max(0.0, self.back_at - self.heard_at)

    @property
    def shortest(self) -> float:
        """Seconds between the first and the last look that found none."""
        return max(0.0, self.until - self.missed_at)


@dataclass(frozen=True, slots=True)
class Incident:
    """A time, and what happened in it."""

    since: float
    until: float
    first: Fleet
    last: Fleet
    outages: tuple[Outage, ...]
    said: tuple[Said, ...]
    events: tuple[Event, ...]
    """Oldest first, each with all who said it."""


class Charge(NamedTuple):
    """What somebody has to answer for."""

    slots: Ranges = ()
    """Of a cluster; empty: a whole group."""
    refused: bool = False
    """A cluster's keys altogether."""


class Watcher:
    """Takes snapshots one after the other, and keeps what changed."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.over: list[Outage] = []
        self._open: dict[tuple[str, Charge], Outage] = {}
        self._heard: dict[tuple[str, Charge], tuple[Address | None, float]] = {}
        self._before: Fleet | None = None

    def take(self, fleet: Fleet) -> None:
        if self._before is not None:
            self.said.extend(changes(self._before, fleet))
        for group in fleet.groups:
            if told(group):
                known = [charge.slots for name, charge in self._heard if name == group.name and charge.slots]
                for charge, primary in charges(group, known):
                    self._judge(fleet, group.name, charge, primary)
        self._before = fleet

    def _judge(self, fleet: Fleet, group: str, charge: Charge, primary: Node | None) -> None:
        key = group, charge
        outage = self._open.get(key)
        if primary is not None and primary.seen_at is not None:
            address = None if charge.refused else primary.address
            self._heard[key] = address, primary.seen_at
            if outage is not None:
                del self._open[key]
                self.over.append(replace(outage, after=address, back_at=primary.seen_at))
        elif outage is not None:
            self._open[key] = replace(outage, until=fleet.at)
        else:
            before, heard_at = self._heard.get(key, (None, None))
            self._open[key] = Outage(group, *charge, before, None, heard_at, fleet.at, None, fleet.at)

    @property
    def outages(self) -> tuple[Outage, ...]:
        """In the order in which they began; those that last among them."""
        return tuple(sorted((*self.over, *self._open.values()), key=lambda one: one.missed_at))


CLOSED = ("noauth", "noperm")
"""Faults of servers that may well serve others."""


def told(group: Group) -> bool:
    """Whether it can be said who takes writes: everybody was asked, and nobody who might be it is closed to us."""
    if not group.nodes or any(node.seen_at is None and node.fault is None for node in group.nodes):
        return False
    closed = any(node.fault is not None and node.fault.kind in CLOSED for node in group.nodes)
    return not closed or any(node.role == "primary" for node in group.nodes)


def charges(group: Group, known: Iterable[Ranges] = ()) -> Iterator[tuple[Charge, Node | None]]:
    """Who answers for what: of a cluster for each run of slots that has or had (`known`) one owner, and for all of them
    together, else for the whole group; None: no primary that answers."""
    up = {node.address: node for node in leaders(group) if node.fault is None and node.role == "primary"}
    anybody = next(iter(up.values()), None)
    if group.kind != "cluster":
        yield Charge(), up.get(group.primary or "", anybody)
    elif group.cluster is not None:
        owned = {shard.slots: up.get(shard.primary) for shard in group.cluster.shards if shard.slots}
        for slots in dict.fromkeys((*owned, *known)):
            yield Charge(slots), owned[slots] if slots in owned else _owner(slots, owned)
        yield Charge(refused=True), None if group.cluster.state == "fail" else anybody
    elif all(node.fault is not None and node.fault.down for node in group.nodes):
        yield from ((Charge(slots), None) for slots in known)


def _owner(slots: Ranges, owned: Mapping[Ranges, Node | None]) -> Node | None:
    """Of slots that were shared out anew: who has the first of them."""
    first = slots[0][0]
    return next((node for runs, node in owned.items() if any(a <= first <= b for a, b in runs)), None)


def heard(event: Event) -> Iterator[tuple[Address, float]]:
    """Everybody who said it, with the time at which each did."""
    witnesses = event.witnesses or ((event.source,) if event.source else ())
    times = event.heard or (event.at,) * len(witnesses)
    yield from zip(witnesses, times, strict=False)


def gathered(events: Iterable[Event]) -> tuple[Event, ...]:
    """Each event once, oldest first, as the snapshot knew it that knew most of it: an event gets witnesses while it
    spreads, and with them perhaps an earlier time."""
    found: dict[tuple[Address, str, str | None, str], list[Event]] = {}
    for event in events:
        alike = found.setdefault((event.source, event.kind, event.group, event.text), [])
        place = next((at for at, known in enumerate(alike) if _same(known, event)), None)
        if place is None:
            alike.append(event)
        elif len(event.witnesses) > len(alike[place].witnesses):
            alike[place] = event
    return tuple(sorted((event for alike in found.values() for event in alike), key=lambda one: one.at))


def _same(one: Event, other: Event) -> bool:
    """The same words at the same time, or the same witnesses and more."""
    both = zip(one.witnesses, other.witnesses, strict=False)
    return one.at == other.at or (
        bool(one.witnesses) and one.heard[:1] == other.heard[:1] != () and all(a == b for a, b in both)
    )
