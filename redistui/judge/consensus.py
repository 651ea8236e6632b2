"""Who believes what: every node of a cluster is asked for its own view, and no one's is taken for the truth.

Gossip takes a moment, and in a large cluster views are read at different times. So a view counts against the others
only if it was read after theirs had come to be, and what mends itself within SETTLE seconds is no quarrel yet; a slot
map alone is compared at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from redistui.judge.beliefs import Difference, Tally, belief_of, count_votes, differences, tally, views
from redistui.judge.slots import own_line
from redistui.model import Address, Belief, ClusterView, Group, Level, Node

SETTLE = 3.0
"""Seconds that gossip has to carry news of a member, or of a link, to everybody."""
MEETING = 5.0
"""Seconds after which a handshake hangs: it takes a few round trips. The server gives up after its node timeout (15 s
unless configured), which nobody tells us."""
SWOLLEN = 1 << 20
"""Bytes that wait in a link to another member, and grow."""
Seen = Sequence[tuple[Node, ClusterView]]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one node believes."""

    node: Address
    agrees: bool | None
    """Its slot map is the majority's; None: not known (it is silent, or its view is older than the majority's map)."""
    differs: tuple[Difference, ...] = ()
    epoch: int | None = None
    state: Literal["ok", "fail"] | None = None
    at: float | None = None
    tally: Tally | None = None
    """The members it sees; None: it has shown no view."""
    cut: tuple[str, ...] = ()
    """Node ids that it has no link to, though it does not hold them to be failing."""
    one_way: tuple[str, ...] = ()
    """Node ids to or from which alone it has a link (CLUSTER LINKS)."""
    links: int | None = None
    """Links it has by CLUSTER LINKS, two for each member; None: not asked, or before Redis 7.0."""
    meeting: tuple[tuple[Address, float], ...] = ()
    """Addresses it has tried to meet for too long, and for how many seconds."""
    odd: Level | None = None
    """How much there is to look at: bad for another slot map or state, warn for flags and links that others have not;
    None: it says what most say."""

    @property
    def sees(self) -> tuple[int, int, int, int, int]:
        """Members without a flag, and with fail?, fail, handshake, noaddr."""
        if self.tally is None:
            return (0, 0, 0, 0, 0)
        found = self.tally.flagged
        counts = [len(found.get(flag, ())) for flag in ("fail?", "fail", "handshake", "noaddr")]
        return (self.tally.fine, counts[0], counts[1], counts[2], counts[3])


@dataclass(frozen=True, slots=True)
class Consensus:
    """All views of one cluster, side by side."""

    opinions: tuple[Opinion, ...]
    """Dissenters first, then whoever is odd in another way, then the silent, then all others, each by address."""
    agree: int
    """Nodes that show the majority's slot map."""
    asked: int
    """Nodes that have shown a view at all."""
    epoch: int | None
    state: Literal["ok", "fail"] | None
    members: int | None
    """As most nodes say."""
    names: Mapping[str, Address]
    """Node id -> where it is to be reached."""

    @property
    def dissenters(self) -> tuple[Opinion, ...]:
        return tuple(one for one in self.opinions if one.agrees is False)

    def name(self, id_: str) -> str:
        """An address where one is known, else the beginning of the id; `nobody` for no id."""
        return self.named(id_) or "nobody"

    def named(self, id_: str) -> str | None:
        """None for no id."""
        return self.names.get(id_) or (id_[:8] if id_ else None)


class _Same:
    """A key that is found again by the identity of what it holds, and keeps that alive."""

    __slots__ = ("nodes",)

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.nodes is other.nodes

    def __hash__(self) -> int:
        return id(self.nodes)


def consensus(group: Group) -> Consensus:
    """Of one snapshot's group it is worked out once."""
    return _worked_out(_Same(group.nodes))


@lru_cache(8)
def _worked_out(key: _Same) -> Consensus:
    seen = views(key.nodes)
    votes = count_votes(seen)
    dissent, behind = set(map(id, votes.dissenters)), set(map(id, votes.behind))
    usual, now = _usual(seen), newest(seen)
    opinions = []
    for node in key.nodes:
        view = node.cluster
        if view is None or not view.peers or not node.up:
            opinions.append(Opinion(node.address, None))
            continue
        agrees = False if id(node) in dissent else None if id(node) in behind else True
        differs = differences(belief_of(view).owners, votes.map) if agrees is False else ()
        opinions.append(_opinion(node, view, agrees, differs, usual, now))
    opinions.sort(key=_place)
    return Consensus(tuple(opinions), votes.held, len(seen), usual.epoch, usual.state, usual.members, names(seen))


def _opinion(
    node: Node, view: ClusterView, agrees: bool | None, differs: tuple[Difference, ...], usual: _Usual, now: float
) -> Opinion:
    counted = tally(belief_of(view))
    cut = tuple(peer.id for peer in counted.cut if peer.id != view.myself)
    links = view.links
    one_way = () if links is None else tuple(id_ for id_, _ in links.one_way if id_ not in _flagged_ids(counted))
    meeting = tuple((address, now - since) for address, since in view.handshakes if now - since >= MEETING)
    strange = cut or one_way or meeting or belief_of(view) is not usual.belief or view.epoch != usual.epoch
    bad = agrees is False or (view.state == "fail" and usual.state == "ok")
    return Opinion(
        node.address, agrees, differs, view.epoch, view.state, view.at, counted, cut, one_way,
        None if links is None else links.total, meeting, "bad" if bad else "warn" if strange else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Usual:
    """What most nodes say."""

    belief: Belief | None
    epoch: int | None
    state: Literal["ok", "fail"] | None
    members: int | None


def _usual(seen: Seen) -> _Usual:
    beliefs = Counter(belief_of(view) for _, view in seen)
    belief = beliefs.most_common(1)[0][0] if beliefs else None
    epochs = Counter(view.epoch for _, view in seen if view.epoch is not None)
    states = Counter(view.state for _, view in seen if view.state is not None)
    return _Usual(
        belief,
        epochs.most_common(1)[0][0] if epochs else None,
        states.most_common(1)[0][0] if states else None,
        None if belief is None else len(belief.peers),
    )


def _flagged_ids(counted: Tally) -> frozenset[str]:
    return frozenset(peer.id for found in counted.flagged.values() for peer in found)


def _place(one: Opinion) -> tuple[int, Address]:
    rank = 0 if one.agrees is False else 1 if one.odd == "bad" else 2 if one.odd else 3 if one.tally is None else 4
    return rank, one.node


def names(seen: Seen) -> Mapping[str, Address]:
    """Node id -> where we reach it, else where the others say it is."""
    found = {peer.id: peer.address for belief in {belief_of(view) for _, view in seen} for peer in belief.peers}
    found |= {view.myself: node.address for node, view in seen if view.myself}
    return found


def newest(seen: Seen) -> float:
    """When the newest view was read: the present, as far as views go."""
    return max((view.at for _, view in seen if view.at is not None), default=0.0)


# -- members that some know and others do not -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ghost:
    """A member that some nodes know and others, who had the time to hear of it, do not."""

    id: str
    known_to: tuple[Address, ...]
    unknown_to: tuple[Address, ...]


def ghosts(group: Group) -> Iterator[Ghost]:
    """Members known to some only; none while all beliefs name the same, which is found out by identity."""
    seen = views(group.nodes)
    ids = {belief: _ids(belief) for belief in {belief_of(view) for _, view in seen}}
    everybody = frozenset[str]().union(*ids.values())
    for id_ in sorted(everybody.difference(frozenset.intersection(*ids.values())) if ids else ()):
        knows = [(node, view) for node, view in seen if id_ in ids[belief_of(view)]]
        lacks = [(node, view) for node, view in seen if id_ not in ids[belief_of(view)]]
        known, lacked = _read_after(knows, lacks), _read_after(lacks, knows)
        if known and lacked:
            yield Ghost(id_, known, lacked)


def _read_after(some: Seen, others: Seen) -> tuple[Address, ...]:
    """Who of `some` was read when the others had been of their mind for long enough to tell."""
    born = min((view.since or 0.0 for _, view in others), default=0.0)
    return tuple(node.address for node, view in some if view.at is None or view.at >= born + SETTLE)


@lru_cache(4096)
def _ids(belief: Belief) -> frozenset[str]:
    """Members that have a name of their own; in a handshake it is a passing one."""
    return frozenset(peer.id for peer in belief.peers if "handshake" not in peer.flags)


# -- links ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """A node without its links to others that answer us, or they without theirs to it, for at least SETTLE
    seconds."""

    node: Address
    one_sided: tuple[Address, ...]
    """They say that theirs to it is up."""
    severed: tuple[Address, ...]
    """They have none to it either."""
    unreached_by: tuple[Address, ...] = ()
    """They have none to it, while its own to them is up."""


def cuts(group: Group) -> Iterator[Cut]:
    """Links that are missing, between nodes that answer and that everybody knows (else: `ghosts`). Each is told of the
    end that misses more of them: of a node that none of a hundred others gets through to, it is told once."""
    missing = _missing(views(group.nodes))
    out, into = Counter(one for one, _ in missing), Counter(other for _, other in missing)
    of: dict[Address, list[tuple[Address, Address]]] = {}
    for one, other in missing:
        of.setdefault(other if into[other] > out[one] else one, []).append((one, other))
    for node, pairs in sorted(of.items()):
        to = {other for one, other in pairs if one == node}
        severed = {other for other in to if (other, node) in missing}
        away = {one for one, other in pairs if other == node}
        both = {one for one in away - severed if (node, one) in missing}
        yield Cut(
            node, tuple(sorted(to - severed)), tuple(sorted(severed | both)), tuple(sorted(away - severed - both))
        )


def _missing(seen: Seen) -> frozenset[tuple[Address, Address]]:
    """Who has no link, and to whom."""
    known = [_ids(belief) for belief in {belief_of(view) for _, view in seen}]
    members = frozenset.intersection(*known) if known else frozenset[str]()
    by_id = {view.myself: node.address for node, view in seen if view.myself in members}
    now = newest(seen)
    return frozenset(
        (node.address, by_id[id_])
        for node, view in seen
        if view.myself in by_id and (view.since is None or now - view.since >= SETTLE)
        for id_ in _unlinked(view)
        if id_ in by_id
    )


def _unlinked(view: ClusterView) -> frozenset[str]:
    """Ids of the members it has no link to, or one of the two directions only (CLUSTER LINKS), though it does not hold
    them to be failing."""
    counted = tally(belief_of(view))
    found = {peer.id for peer in counted.cut if peer.id != view.myself}
    if view.links is not None:
        found |= {id_ for id_, _ in view.links.one_way} - _flagged_ids(counted)
    return frozenset(found)


# -- claims -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """Slots that two nodes say are their own, at one time. The one with the higher epoch comes first."""

    winner: Address
    loser: Address
    first: int
    last: int


def claims(group: Group) -> Iterator[Claim]:
    """Pairs of primaries that both serve the same slots: each run of slots once."""
    seen = views(group.nodes)
    owned = sorted(
        (
            (first, last, own.epoch, node.address, view)
            for node, view in seen
            if (own := own_line(view)) is not None
            for first, last in own.slots
        ),
        key=lambda one: one[:4],
    )
    reach: list[tuple[int, int, int, Address, ClusterView]] = []
    for run in owned:
        reach = [one for one in reach if one[1] >= run[0]]
        for one in reach:
            if _at_one_time(one[4], run[4]):
                winner, loser = sorted((one, run), key=lambda side: side[2], reverse=True)
                yield Claim(winner[3], loser[3], run[0], min(one[1], run[1]))
        reach.append(run)


def _at_one_time(one: ClusterView, other: ClusterView) -> bool:
    """Each was read when the other had its map already: no move between two readings."""
    return all(
        read.at is None or its.map_since is None or read.at > its.map_since
        for read, its in ((one, other), (other, one))
    )
