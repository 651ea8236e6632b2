"""The fewest nodes whose loss stops the writes of a group: exact, within a bound on what is tried.

A plain group stops with its primary. A cluster stops when too few primaries are left to vote, or when a shard loses all
that could serve it; no mixture of both is smaller. Of a Sentinel group every set smaller than the two plain ways
(nobody left to promote; nobody left to promote them) is tried, since Sentinels need not see alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

from redistui.judge.forecast import sentinel as of_sentinel
from redistui.judge.forecast.election import eligible
from redistui.judge.forecast.jury import Juror, jurors
from redistui.judge.forecast.succession import runners
from redistui.judge.forecast.voters import members, votes
from redistui.judge.forecast.world import Assumed, following, gone, wants_replicas
from redistui.model import Address, Fleet, Group

TRIES = 2_000
"""Sets of nodes that are looked at, of one group."""


class Stop(NamedTuple):
    """`exact`: no smaller set does it; else the bound was reached before all smaller ones had been tried."""

    nodes: tuple[Address, ...]
    exact: bool = True


def smallest(fleet: Fleet, group: Group, killed: frozenset[Address], assumed: Assumed) -> Stop | None:
    """On top of those that are lost; None where nothing can be said."""
    if group.kind == "cluster":
        return _of_cluster(fleet, group, killed, assumed)
    if group.primary is None:
        return None
    if group.kind == "sentinel":
        found = _of_sentinels(group, killed)
        bare = _bare(fleet, group, killed)
        return found if bare is None or len(bare) >= len(found.nodes) else Stop(bare)
    return Stop((group.primary,))


def _of_cluster(fleet: Fleet, group: Group, killed: frozenset[Address], assumed: Assumed) -> Stop | None:
    if group.cluster is None:
        return None
    who = members(fleet, group, killed, assumed)
    vote = votes(group.cluster, who)
    served = [shard for shard in group.cluster.shards if shard.slot_count]
    left = [shard.primary for shard in served if shard.primary not in who.out]
    ways = [tuple(left[: vote.left - vote.needed + 1])]
    for shard in served:
        heirs = [node.address for node in runners(group, shard, who, assumed).fit]
        first = [] if shard.primary in who.out else [shard.primary]
        ways.append((*first, *heirs))
        primary, left = group.node(shard.primary), [each for each in shard.replicas if each not in who.out]
        if first and primary is not None and wants_replicas(primary):
            ways.append(tuple(node.address for node in following(primary, group.nodes, who.out)))
        ways += [
            (*first, *(each for each in left if each != heir)) for heir in heirs if wants_replicas(group.node(heir))
        ]
    return Stop(min(filter(None, ways), key=len, default=()))


def _bare(fleet: Fleet, group: Group, killed: frozenset[Address]) -> tuple[Address, ...] | None:
    """All replicas of a primary, or of whoever would follow it, where min-replicas-to-write is set."""
    primary = group.node(group.primary or "")
    first = () if group.primary is None or group.primary in killed else (group.primary,)
    left = [node.address for node in group.nodes if node is not primary and not gone(node, killed)]
    ways = [(*first, *(each for each in left if each != heir)) for heir in left if wants_replicas(group.node(heir))]
    if first and primary is not None and wants_replicas(primary):
        ways.append(tuple(node.address for node in following(primary, group.nodes, killed)))
    return next((way for way in sorted(ways, key=len)
                 if way and of_sentinel.foresee(fleet, group, killed.union(way)).writes == "stop"), None)  # fmt: skip


class _Side(NamedTuple):
    """One Sentinel, and the replicas it could choose of."""

    juror: Juror
    fit: frozenset[Address]

    def could(self, lost: frozenset[Address]) -> bool:
        """It would be able to promote somebody with these lost."""
        juror = self.juror
        voting = min(juror.voters, 1 + len(juror.peers - lost) + juror.strangers)
        return juror.sentinel.address not in lost and voting >= juror.needed and not self.fit <= lost


def _of_sentinels(group: Group, killed: frozenset[Address]) -> Stop:
    """With the primary go either all that could be promoted, or enough Sentinels."""
    first = () if group.primary is None or group.primary in killed else (group.primary,)
    out = killed.union(first)
    sides = [_Side(juror, eligible(group, juror.eyes, out)) for juror in jurors(group, out)]
    replicas = sorted(frozenset[Address]().union(*(side.fit for side in sides)))
    sentinels = [side.juror.sentinel.address for side in sides]

    def stops(nodes: tuple[Address, ...]) -> bool:
        lost = frozenset(nodes)
        return not any(side.could(lost) for side in sides)

    known = min(_grown(replicas, stops), _grown(sentinels, stops), key=len)
    if len({(one.voters, one.quorum, one.jury, fit) for one, fit in sides}) == 1:  # all alike: no mixture is smaller
        return Stop((*first, *known))
    tried = 0
    for size in range(len(known)):
        for nodes in combinations((*replicas, *sentinels), size):
            tried += 1
            if tried > TRIES:
                return Stop((*first, *known), exact=False)
            if stops(nodes):
                return Stop((*first, *nodes))
    return Stop((*first, *known))


def _grown(those: Sequence[Address], stops: Callable[[tuple[Address, ...]], bool]) -> tuple[Address, ...]:
    """As many of these, in their order, as it takes; without any replica, or any Sentinel, nobody is promoted."""
    return next(found for size in range(len(those) + 1) if stops(found := tuple(those[:size])))
