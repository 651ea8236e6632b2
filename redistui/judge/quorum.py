"""Whether a Sentinel group could fail over: as each Sentinel itself counts, not from a list of ours.

Detection needs `quorum` Sentinels that see the primary down. Authorisation needs max(quorum, majority) votes of all
known Sentinels, dead and ghost ones included. CKQUORUM of a Sentinel in TILT is stale and does not count. One Sentinel
that says OK is enough: it can lead, and those that say NOQUORUM vote for it all the same. Which primary is true is told
by the highest config-epoch, not by counting heads; these count only among views of one epoch, as where one Sentinel was
set to another primary by hand.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.model import Address, Group, Sentinel, Watch


@dataclass(frozen=True, slots=True)
class Quorum:
    """The Sentinels' ability to act, and what they agree on."""

    known: int
    """Sentinels that those that could lead know themselves, the largest count; dead ones and ghosts included. Where
    none could lead: that all of them know."""
    up: int
    """Sentinels that answer us and are not in TILT."""
    quorum: int | None
    majority: int
    needed: int
    """Votes to authorise a failover: max(quorum, majority)."""
    agree: bool
    reachable: bool
    """A failover could be authorised now, as at least one Sentinel says that would lead it."""
    reasons: tuple[str, ...]
    """Why not, or what is not as it should be, each a sentence."""
    primary: Address | None
    epoch: int | None
    dissenters: tuple[Address, ...]
    cannot_lead: tuple[Address, ...] = ()
    """Sentinels that say that they themselves could not fail over (NOQUORUM)."""
    lost: bool = False
    """A failover could not be authorised now. Neither `reachable` nor `lost`: not known (yet)."""


GONE = frozenset({"s_down", "o_down", "disconnected"})
"""Flags with which a Sentinel says that it does not reach somebody."""


@dataclass(frozen=True, slots=True)
class Votes:
    """How one Sentinel counts for one group, itself among them."""

    known: int
    """All Sentinels it knows, dead and ghost ones included: the majority is of these."""
    usable: int
    """Those of them that it reaches."""
    majority: int
    needed: int
    """To authorise a failover: the quorum, or the majority where that is more."""


def votes(watch: Watch) -> Votes | None:
    """As this Sentinel counts; None where it does not say how many others it knows."""
    if watch.other_sentinels is None:
        return None
    known = watch.other_sentinels + 1
    gone = sum(bool(peer.flags & GONE) for peer in watch.sentinels)
    majority = known // 2 + 1
    return Votes(known, known - gone, majority, max(watch.quorum or 0, majority))


def verdict(group: Group) -> Quorum:
    """Judges a Sentinel group; of a group that no Sentinel watches, everything is zero and None."""
    watches = group.watches()
    fresh = [(sentinel, watch) for sentinel, watch in watches if sentinel.fault is None]
    trusted = [(sentinel, watch) for sentinel, watch in fresh if not sentinel.tilt]
    holders = Counter(watch.primary for _, watch in fresh)
    newest = max((watch for _, watch in fresh), key=lambda one: (*_age(one), holders[one.primary]), default=None)
    leaders = [watch for _, watch in trusted if watch.ckquorum == "ok"] or [watch for _, watch in fresh]
    known = max((watch.other_sentinels or 0 for watch in leaders), default=-1) + 1
    quorum = max((watch.quorum or 0 for watch in leaders), default=0) or None
    majority = known // 2 + 1 if known else 0
    needed = max(quorum or 0, majority)
    dissenters = tuple(
        sentinel.address
        for sentinel, watch in fresh
        if newest is not None and (watch.primary, watch.epoch) != (newest.primary, newest.epoch)
    )
    said = {watch.ckquorum for _, watch in trusted} - {None}
    dumb = bool(said) and "ok" not in said
    gone = bool(group.sentinels) and all(one.fault is not None and one.fault.down for one in group.sentinels)
    few = len(trusted) + _unheard(group, known) < needed
    return Quorum(
        known=known,
        up=len(trusted),
        quorum=quorum,
        majority=majority,
        needed=needed,
        agree=bool(fresh) and not dissenters,
        reachable=len(trusted) >= needed and "ok" in said,
        reasons=tuple(
            _reasons(group, fresh, newest, f"{len(trusted)} of the {counted(needed, 'Sentinel')}" if few else None)
        ),
        primary=newest.primary if newest is not None else None,
        epoch=newest.epoch if newest is not None else None,
        dissenters=dissenters,
        cannot_lead=tuple(one.address for one, watch in trusted if watch.ckquorum not in ("ok", None)),
        lost=gone or few or dumb,
    )


def _age(watch: Watch) -> tuple[int, bool]:
    """A failover's leader bears the new epoch while it still names the old primary: the others are ahead of it."""
    return watch.epoch or 0, "failover_in_progress" not in watch.flags


def _reasons(group: Group, fresh: list[tuple[Sentinel, Watch]], newest: Watch | None, few: str | None) -> list[str]:
    faults = [(one, one.fault) for one in group.sentinels if one.fault is not None]
    found = [f"Sentinel {one.address} {fault.kind}: {fault.text}" for one, fault in faults]
    if newest is None:
        return [*found, "no Sentinel answers"] if len(faults) == len(group.sentinels) > 0 else []
    for sentinel, watch in fresh:
        if watch.primary != newest.primary:
            found.append(
                f"{sentinel.address} believes in {watch.primary} (epoch {watch.epoch}), "
                f"the newest view is {newest.primary} (epoch {newest.epoch})"
            )
        elif watch.epoch != newest.epoch:
            found.append(f"{sentinel.address} is at epoch {watch.epoch}, the newest is {newest.epoch}")
        if sentinel.tilt:
            found.append(f"{sentinel.address} is in TILT: it neither votes nor updates what it says")
        elif watch.ckquorum not in ("ok", None):
            found.append(f"{sentinel.address}: {watch.ckquorum}")
    if few:
        found.append(f"{few} needed for a failover can vote")
    counts = sorted({watch.other_sentinels for _, watch in fresh if watch.other_sentinels is not None})
    if len(counts) > 1:
        found.append(f"Sentinels know different numbers of peers: {', '.join(map(str, counts))}")
    if len({watch.quorum for _, watch in fresh}) > 1:
        found.append("Sentinels are set to different quorums")
    return found


def _unheard(group: Group, known: int) -> int:
    """Sentinels of which nothing is known yet: not asked so far, or only counted by others and not yet named."""
    unasked = sum(one.seen_at is None and one.fault is None for one in group.sentinels)
    return unasked + max(0, known - len(group.sentinels))


def ghosts(group: Group) -> tuple[Address, ...]:
    """Sentinels that others still count though they are down: each raises the majority that must be reached."""
    answering = {sentinel.address for sentinel in group.sentinels if sentinel.up}
    listed = {
        peer.address
        for _, watch in group.watches()
        for peer in watch.sentinels
        if peer.flags & {"s_down", "disconnected"} and peer.address not in answering
    }
    return tuple(sorted(listed))
