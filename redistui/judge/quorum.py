"""Whether a Sentinel group could fail over: as each Sentinel itself counts, not from a list of ours.

Detection needs `quorum` Sentinels that see the primary down. Authorisation needs max(quorum, majority) votes of all
known Sentinels, dead and ghost ones included. CKQUORUM of a Sentinel in TILT is stale and does not count. Which primary
is true is told by the highest config-epoch, not by counting heads.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address, Group, Sentinel, Watch


@dataclass(frozen=True, slots=True)
class Quorum:
    """The Sentinels' ability to act, and what they agree on."""

    known: int
    """Sentinels that the Sentinels themselves know, the largest count; dead ones and ghosts included."""
    up: int
    """Sentinels that answer us and are not in TILT."""
    quorum: int | None
    majority: int
    needed: int
    """Votes to authorise a failover: max(quorum, majority)."""
    agree: bool
    reachable: bool
    """A failover could be authorised now."""
    reasons: tuple[str, ...]
    """Why not, or what is not as it should be, each a sentence."""
    primary: Address | None
    epoch: int | None
    dissenters: tuple[Address, ...]


def verdict(group: Group) -> Quorum:
    """Judges a Sentinel group; of a group that no Sentinel watches, everything is zero and None."""
    watches = group.watches()
    fresh = [(sentinel, watch) for sentinel, watch in watches if sentinel.up]
    trusted = [(sentinel, watch) for sentinel, watch in fresh if not sentinel.tilt]
    newest = max((watch for _, watch in fresh), key=lambda watch: watch.epoch or 0, default=None)
    known = max((watch.other_sentinels or 0 for _, watch in fresh), default=-1) + 1
    quorum = max((watch.quorum or 0 for _, watch in fresh), default=0) or None
    majority = known // 2 + 1 if known else 0
    needed = max(quorum or 0, majority)
    dissenters = tuple(
        sentinel.address
        for sentinel, watch in fresh
        if newest is not None and (watch.primary, watch.epoch) != (newest.primary, newest.epoch)
    )
    reachable = bool(trusted) and len(trusted) >= needed and all(watch.ckquorum == "ok" for _, watch in trusted)
    return Quorum(
        known=known,
        up=len(trusted),
        quorum=quorum,
        majority=majority,
        needed=needed,
        agree=bool(fresh) and not dissenters,
        reachable=reachable,
        reasons=tuple(_reasons(group, fresh, newest, needed, len(trusted))),
        primary=newest.primary if newest is not None else None,
        epoch=newest.epoch if newest is not None else None,
        dissenters=dissenters,
    )


def _reasons(
    group: Group, fresh: list[tuple[Sentinel, Watch]], newest: Watch | None, needed: int, trusted: int
) -> list[str]:
    found = [f"Sentinel {one.address} does not answer" for one in group.sentinels if not one.up]
    if newest is None:
        return [*found, "no Sentinel answers"] if group.sentinels else found
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
    if trusted < needed:
        found.append(f"{trusted} of the {needed} Sentinels needed for a failover can vote")
    counts = sorted({watch.other_sentinels for _, watch in fresh if watch.other_sentinels is not None})
    if len(counts) > 1:
        found.append(f"Sentinels know different numbers of peers: {', '.join(map(str, counts))}")
    if len({watch.quorum for _, watch in fresh}) > 1:
        found.append("Sentinels are set to different quorums")
    return found


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
