"""A cluster: which shards get a new primary, which slots nobody serves, and whether enough may vote."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from redistui.judge.counts import counted
from redistui.judge.forecast.succession import Runners, runners, seconds_out
from redistui.judge.forecast.verdict import GroupForecast, ShardForecast, Writes
from redistui.judge.forecast.voters import Members, Votes, members, votes
from redistui.judge.forecast.world import REFUSES, USUAL, Assumed, following, loss_of, wants_replicas
from redistui.model import Address, Cluster, Fleet, Group, Node, Shard


def foresee(fleet: Fleet, group: Group, killed: frozenset[Address], assumed: Assumed) -> GroupForecast:
    """What the loss of some of its nodes does to a cluster."""
    cluster = group.cluster
    if cluster is None:
        return GroupForecast(group.name, "unknown", "no node has shown its map of the cluster")
    who = members(fleet, group, killed, assumed)
    vote = votes(cluster, who)
    hit = [shard for shard in cluster.shards if shard.slot_count and shard.primary in who.out]
    seen = {shard.id: _shard(group, shard, who, vote, assumed) for shard in hit}
    bare = [shard for shard in cluster.shards if shard.slot_count and shard not in hit and _refuses(group, shard, who)]
    dark = [one for one in seen.values() if one.promoted is None]
    refused = [shard.primary for shard in bare]
    refused += [one.promoted for one in seen.values() if one.promoted is not None and one.writes == "stop"]
    whole: Writes = "stop" if not vote.held or (dark and assumed.full_coverage) else "continue"
    shards = tuple(
        seen.get(shard.id) or ShardForecast(shard.primary, "stop" if shard in bare else whole, None)
        for shard in cluster.shards
        if shard.slot_count
    )
    promoted = [one for one in seen.values() if one.promoted is not None]
    lost = [one.loss_bytes for one in seen.values()]
    return GroupForecast(
        group.name,
        "stop" if dark or refused or not vote.held else "pause" if promoted else "continue",
        _reason(cluster, vote, promoted, dark) + "".join(f"; {address} {REFUSES}" for address in refused),
        promoted=promoted[0].promoted if len(seen) == len(promoted) == 1 else None,
        why_not={address: why for one in seen.values() for address, why in one.why_not.items()},
        majority=vote.held,
        shards=shards,
        loss_bytes=sum(one or 0 for one in lost) if lost and None not in lost else None,
        outage_seconds=None if dark or refused else max((one.outage_seconds or 0.0 for one in promoted), default=None),
        notes=tuple(_notes(cluster, who, seen, assumed)) if vote.held else (),
    )


def _shard(group: Group, shard: Shard, who: Members, vote: Votes, assumed: Assumed) -> ShardForecast:
    """One whose primary is gone."""
    found = runners(group, shard, who, assumed)
    primary = group.node(shard.primary)
    if not vote.held or not found.level:
        why = {**found.why_not, **{one.address: "too few primaries are left to vote for it" for one in found.level}}
        return ShardForecast(shard.primary, "stop", None, why, shard.slots, _most(found, primary))
    heir, *equals = found.level
    refused = wants_replicas(heir) and all(each in who.out for each in shard.replicas if each != heir.address)
    return ShardForecast(
        shard.primary,
        "stop" if refused else "pause",
        heir.address,
        {**found.why_not, **{one.address: f"as far on as {heir.address}: chance decides" for one in equals}},
        loss_bytes=_most(found, primary),
        outage_seconds=seconds_out(heir, assumed),
        equals=tuple(one.address for one in equals),
    )


def _most(found: Runners, primary: Node | None) -> int | None:
    """Of those that may win, the greatest loss."""
    sizes = [loss_of(primary, one) for one in found.level]
    known = [size for size in sizes if size is not None]
    return max(known, default=None) if len(known) == len(sizes) else None


def _refuses(group: Group, shard: Shard, who: Members) -> bool:
    """Its primary is left, and takes no writes any more."""
    primary = group.node(shard.primary)
    return primary is not None and wants_replicas(primary) and not following(primary, group.nodes, who.out)


def _reason(cluster: Cluster, vote: Votes, promoted: list[ShardForecast], dark: list[ShardForecast]) -> str:
    voting = f"{vote.left} of the {vote.of} primaries with slots {'is' if vote.left == 1 else 'are'} left"
    if not vote.held:
        are = f"{counted(vote.needed, 'vote')} {'is' if vote.needed == 1 else 'are'} needed"
        return f"{voting}, {are}: nobody is promoted, and the whole cluster stops"
    if dark:
        slots = sum(last - first + 1 for one in dark for first, last in one.dark_slots)
        names = ", ".join(one.primary for one in dark)
        return f"nobody takes over from {names}: {slots:,} slots go dark"
    if promoted:
        pairs = ", ".join(f"{one.promoted} takes over from {one.primary}" for one in promoted)
        return f"{pairs}; {voting}, {counted(vote.needed, 'vote')} needed"
    return f"every shard keeps its primary; {voting}"


def _reckoned(assumed: Assumed) -> str:
    usual = ", the default, since it cannot be read" if assumed.node_timeout == USUAL.node_timeout else ""
    return f"the outage is reckoned with cluster-node-timeout {assumed.node_timeout:g} s{usual}"


def _notes(cluster: Cluster, who: Members, seen: Mapping[str, ShardForecast], assumed: Assumed) -> list[str]:
    notes = []
    if seen and assumed.full_coverage:
        rest = "the other slots are refused as well, as long as nobody has taken over"
        notes.append(f"with cluster-require-full-coverage yes (the default) {rest}")
    if any(one.promoted is not None for one in seen.values()):
        notes.append(_reckoned(assumed))
    heirs = {one.primary: one.promoted for one in seen.values() if one.promoted is not None}
    spare: dict[Address, int] = {}
    for shard in cluster.shards:
        leads = heirs.get(shard.primary, shard.primary)
        if shard.slot_count and leads not in who.out:
            spare[leads] = sum(each not in who.out and each != leads for each in shard.replicas)
    bare = [leads for leads, replicas in spare.items() if replicas == 0]
    giver = reduce(lambda one, other: other if spare[other] > spare[one] else one, spare, next(iter(spare), ""))
    if bare:
        notes.append(f"without a replica then: {', '.join(bare)}")
        if spare[giver] >= 2:
            notes.append(
                f"some seconds later a replica of {giver} moves over to one of these (cluster-migration-barrier 1)"
            )
    return notes
