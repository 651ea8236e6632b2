"""Who of the Sentinels could see a primary down and authorise a failover: as each of them counts.

A Sentinel that wants to lead counts all it knows, dead and ghost ones included (sentinelGetLeader): it needs
max(quorum, floor(voters / 2) + 1) votes, and before that `quorum` Sentinels, itself among them, that see the primary
down. One in TILT votes, but sees nothing for 30 s.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.judge.forecast.election import Eyes
from redistui.judge.forecast.world import gone
from redistui.model import Address, Group, Sentinel, Watch

TILT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Juror:
    """One Sentinel that is left, and what it would count."""

    sentinel: Sentinel
    watch: Watch
    voters: int
    """All it knows, itself among them."""
    quorum: int
    needed: int
    """Votes to lead."""
    voting: int
    """Sentinels it knows that are left, itself among them."""
    seeing: int
    """Those of them that are not in TILT."""
    blind: float
    """Seconds for which it is in TILT itself."""
    late: float
    """Seconds until none of those left is."""
    peers: frozenset[Address]
    """The other Sentinels it knows that are left."""
    strangers: int
    """More that it knows and holds to be well, of which nothing is known here."""

    @property
    def jury(self) -> frozenset[Address]:
        """All it knows that are left, itself among them."""
        return self.peers | {self.sentinel.address}

    @property
    def detects(self) -> bool:
        """Once TILT is over, which lasts 30 s, all that are left see again."""
        return self.voting >= self.quorum

    @property
    def leads(self) -> bool:
        return self.detects and self.voting >= self.needed

    @property
    def waits(self) -> float:
        """Seconds until TILT lets enough of them see."""
        return self.late if self.seeing < self.quorum else self.blind

    @property
    def eyes(self) -> Eyes:
        return Eyes(self.watch, self.blind)


def jurors(group: Group, killed: Collection[Address]) -> tuple[Juror, ...]:
    """Every Sentinel that is left and believes in the group's primary, in the order of their addresses."""
    left = {
        sentinel.address: (sentinel, watch)
        for sentinel, watch in group.watches()
        if not gone(sentinel, killed) and watch.primary == group.primary
    }
    return tuple(_juror(left[address], left, killed, group) for address in sorted(left))


def _juror(
    pair: tuple[Sentinel, Watch],
    left: dict[Address, tuple[Sentinel, Watch]],
    killed: Collection[Address],
    group: Group,
) -> Juror:
    sentinel, watch = pair
    voters = (watch.other_sentinels if watch.other_sentinels is not None else len(watch.sentinels)) + 1
    named = {peer.address: peer for peer in watch.sentinels}
    asked = {one.address for one in group.sentinels}
    others = [
        left[address][0]
        for address in left
        if address != sentinel.address and (address in named or (not named and voters > 1))
    ]
    unasked = [
        peer
        for address, peer in named.items()
        if address not in asked and address not in killed and not peer.flags & {"s_down", "disconnected"}
    ]
    voting = 1 + len(others) + len(unasked)
    tilted = [_blind(one) for one in (sentinel, *others) if one.tilt]
    quorum = watch.quorum or 1
    voting = min(voting, voters)
    return Juror(
        sentinel=sentinel,
        watch=watch,
        voters=voters,
        quorum=quorum,
        needed=max(quorum, voters // 2 + 1),
        voting=voting,
        seeing=voting - len(tilted),
        blind=_blind(sentinel),
        late=max(tilted, default=0.0),
        peers=frozenset(one.address for one in others),
        strangers=len(unasked),
    )


def _blind(sentinel: Sentinel) -> float:
    return max(0.0, TILT_SECONDS - (sentinel.tilt_seconds or 0)) if sentinel.tilt else 0.0


def count_words(group: Group, jury: tuple[Juror, ...]) -> str:
    """How many are left of how many, and how many it takes."""
    if not jury:
        return "no Sentinel is left that watches it"
    one = max(jury, key=lambda juror: (juror.leads, juror.voting))
    left = f"{one.voting} of the {one.voters} Sentinels that are known {'is' if one.voting == 1 else 'are'} left"
    if one.voters == 1:
        left = "the only Sentinel that is known is left" if one.voting else "the only Sentinel that is known is gone"
    if not one.detects:
        return f"{left}, quorum {one.quorum} is not reached: nobody calls the primary down"
    if not one.leads:
        return f"{left}, {one.needed} votes are needed: nobody may fail over"
    return f"{left}, quorum {one.quorum}, {counted(one.needed, 'vote')} needed"
