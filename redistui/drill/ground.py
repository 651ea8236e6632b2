"""Where a drill takes place: the groups under canaries, their shards, and how to get in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from redistui.model import Access, Address, Fleet, Group, Kind, Login, Operator
from redistui.model.drill import DrillShard
from redistui.replies.slot import slot_of


class NoGround(Exception):
    """A group cannot be drilled; a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One group, as its clients need to know it."""

    name: str
    kind: Kind
    nodes: tuple[Address, ...]
    """Those that answered when the drill began."""
    sentinels: tuple[Address, ...]
    watched_as: str
    """Its name among the Sentinels; empty without them."""
    access: Access
    """Of the canary's own user."""
    shards: tuple[DrillShard, ...]
    inside: Mapping[Address, Address] = field(default_factory=dict)
    """Of a demo group that can be cut: where a primary really listens, for the client on its side of the cut."""

    @property
    def inside_access(self) -> Access:
        return replace(self.access, reachable={**self.access.reachable, **self.inside})

    @property
    def sentinel_access(self) -> Access:
        """For an endpoint, which knows data servers only."""
        return replace(self.access, data=self.access.sentinel)


def grounds(
    fleet: Fleet, names: Sequence[str], access_of: Callable[[Address], Access], login: Callable[[Operator], Login]
) -> tuple[Ground, ...]:
    """The groups of these names. `login`: of the canary's own user, where it has one; else it is whoever watches.
    Raises NoGround, and whatever `login` raises."""
    numbers = count()
    return tuple(_ground(_found(fleet, name), access_of, login, numbers) for name in names)


def _found(fleet: Fleet, name: str) -> Group:
    group = fleet.group(name)
    if group is None:
        raise NoGround(f"there is no group {name}")
    return group


def _ground(
    group: Group,
    access_of: Callable[[Address], Access],
    login: Callable[[Operator], Login],
    numbers: Iterator[int],
) -> Ground:
    up = tuple(node.address for node in group.nodes if node.up)
    if not up:
        raise NoGround(f"no node of {group.name} answers, so there is nothing to drill")
    access = access_of(up[0])
    sentinels = tuple(sentinel.address for sentinel in group.sentinels if sentinel.up)
    if sentinels:
        access = replace(access, sentinel=access_of(sentinels[0]).sentinel)
    return Ground(
        group.name,
        group.kind,
        up,
        sentinels,
        group.watched_as or "",
        access if access.canary is None else replace(access, data=login(access.canary)),
        tuple(_shards(group, numbers)),
    )


def _shards(group: Group, numbers: Iterator[int]) -> Iterator[DrillShard]:
    if group.cluster is None:
        if group.primary is None:
            raise NoGround(f"{group.name} has no primary now: canaries would have nobody to write to")
        yield DrillShard(f"t{next(numbers)}", group.name, group.kind, group.primary)
        return
    owned = [shard for shard in group.cluster.shards if shard.slot_count]
    if not owned:
        raise NoGround(f"no shard of {group.name} owns a slot: canaries would have nobody to write to")
    for shard, tag in zip(owned, tags([shard.slots for shard in owned], numbers), strict=True):
        yield DrillShard(tag, group.name, group.kind, shard.primary, slot_of(tag.encode()))


def tags(shares: Sequence[Iterable[tuple[int, int]]], numbers: Iterator[int]) -> list[str]:
    """A hash tag for each share of the slots, none of them twice.

    >>> [slot_of(tag.encode()) for tag in tags([[(0, 8191)], [(8192, 16383)]], count())]
    [4748, 13006]
    """
    found: Mapping[int, str] = {}
    wanted = {number: [range(first, last + 1) for first, last in share] for number, share in enumerate(shares)}
    while len(found) < len(wanted):
        tag = f"t{next(numbers)}"
        slot = slot_of(tag.encode())
        mine = next((n for n, share in wanted.items() if n not in found and any(slot in run for run in share)), None)
        if mine is not None:
            found = {**found, mine: tag}
    return [found[number] for number in wanted]
