"""Which servers belong together, and whom else to ask: from what they say of each other.

Servers are tied by following, by being followed, by a Sentinel's watch, by a cluster's bus, and by a shared history
(replication id), so that a promoted replica and the old primary that came back stay one group. History ties only what
was found through one target: a stage filled from production's dump has its replication id, too. One process known under
two addresses (its run id tells) is one server, known by the address that others use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from redistui.engine.ledger import Ledger
from redistui.judge.lag import NO_REPLID
from redistui.model import Address, Belief, Kind, host_of, port_of

Ledgers = Mapping[Address, Ledger]


@dataclass(slots=True)
class Draft:
    """A group in the making: who is in it, and what it is called."""

    kind: Kind
    name: str
    nodes: list[Address] = field(default_factory=list)
    sentinels: list[Address] = field(default_factory=list)
    watched_as: str | None = None
    environment: str | None = None


class Ties:
    """Union-find: what was tied together has one root."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, one: str) -> str:
        above = self._above
        while (up := above.get(one, one)) != one:
            above[one] = above.get(up, up)
            one = up
        return one

    def tie(self, one: str, other: str) -> None:
        self._above[self.root(one)] = self.root(other)


def mentions(ledger: Ledger) -> Iterator[tuple[Address, bool]]:
    """Addresses a server speaks of, and whether a Sentinel stands there."""
    yield from _own_words(ledger)
    belief = ledger.nodes.belief
    if belief is not None:
        own = belief.place_of(ledger.nodes.myself)
        yield from ((address, False) for address in places(belief) if address != own)


@lru_cache(4096)
def places(belief: Belief) -> tuple[Address, ...]:
    """Where the members stand that one can go to, by one view of a cluster, or by a thousand that are equal."""
    return tuple(
        peer.address
        for peer in belief.peers
        if not peer.flags & {"noaddr", "handshake"} and peer.address[:1] != ":" and not peer.address.endswith(":0")
    )


def _own_words(ledger: Ledger) -> Iterator[tuple[Address, bool]]:
    """All but its view of a cluster."""
    if ledger.primary is not None:
        yield ledger.primary, False
    if ledger.role is not None:
        yield from ((address, False) for address in ledger.role.replicas)
    yield from ((seen.address, False) for seen in ledger.info.replicas)
    for watch in ledger.watches.values():
        yield watch.primary, False
        yield from ((replica.address, False) for replica in watch.replicas)
        yield from ((peer.address, True) for peer in watch.sentinels)


def aliases(ledgers: Ledgers) -> Mapping[Address, Address]:
    """Addresses that lead to a process known under a better one: the address that others speak of, else the first."""
    spoken = _spoken(ledgers)
    best: dict[str, Address] = {}
    found: dict[Address, Address] = {}
    for address, ledger in ledgers.items():
        if ledger.run_id is None or ledger.fault is not None:
            continue
        other = best.get(ledger.run_id)
        if other is None:
            best[ledger.run_id] = address
        elif spoken[address] > spoken[other]:
            best[ledger.run_id] = address
            found[other] = address
        else:
            found[address] = other
    return found


def _spoken(ledgers: Ledgers) -> Counter[Address]:
    """How many servers speak of each address. Equal views of a cluster are counted, not gone through one by one."""
    spoken = Counter(address for ledger in ledgers.values() for address, _ in _own_words(ledger))
    beliefs = Counter(ledger.nodes.belief for ledger in ledgers.values() if ledger.nodes.belief is not None)
    for belief, count in beliefs.items():
        for address in places(belief):
            spoken[address] += count
    for ledger in ledgers.values():
        if ledger.nodes.belief is not None:
            spoken[ledger.nodes.belief.place_of(ledger.nodes.myself)] -= 1
    return spoken


def drafts(ledgers: Ledgers, known_as: Mapping[Address, Address]) -> list[Draft]:
    """All groups, in the order of the targets they were found through."""
    ties = _ties(ledgers, known_as)
    data: dict[str, list[Address]] = {}
    for address, ledger in ledgers.items():
        if not ledger.is_sentinel:
            data.setdefault(ties.root(address), []).append(address)
    made, watched = _watched(ledgers, known_as, ties, data)
    for root, members in data.items():
        if root not in watched:
            made.append(_unwatched(members, ledgers))
    taken = {address for draft in made for address in draft.sentinels}
    for address, ledger in ledgers.items():
        if ledger.is_sentinel and address not in taken:
            made.append(Draft("sentinel", address, sentinels=[address]))
    for draft in made:  # in the same order wherever one looks from: two operators' plans must be equal
        draft.nodes.sort(key=_place)
        draft.sentinels.sort(key=_place)
    _christen(made, ledgers)
    return made


def _place(address: Address) -> tuple[str, int]:
    return host_of(address), port_of(address)


def _ties(ledgers: Ledgers, known_as: Mapping[Address, Address]) -> Ties:
    ties = Ties()
    lineage: dict[tuple[int, str], Address] = {}
    told: dict[Belief, Address] = {}
    """View of a cluster -> the first that has it."""
    for address, ledger in ledgers.items():
        if ledger.is_sentinel:
            for watch in ledger.watches.values():
                for replica in watch.replicas:
                    ties.tie(known_as.get(replica.address, replica.address), known_as.get(watch.primary, watch.primary))
                for peer in watch.sentinels:
                    ties.tie(peer.address, address)
                primary = known_as.get(watch.primary, watch.primary)
                ties.tie(f"{watch.name} at {primary}", address)  # before they have told us of each other
            continue
        for other, _ in _own_words(ledger):
            ties.tie(known_as.get(other, other), address)
        if (belief := ledger.nodes.belief) is not None:
            if belief not in told:
                told[belief] = address
                for other in places(belief):
                    ties.tie(known_as.get(other, other), address)
            ties.tie(told[belief], address)
        for name in ("master_replid", "master_replid2"):
            replid = ledger.info.text(name)
            if replid and replid != NO_REPLID:
                ties.tie(lineage.setdefault((id(ledger.target), replid), address), address)
    _tie_mute(ties, ledgers)
    return ties


def _tie_mute(ties: Ties, ledgers: Ledgers) -> None:
    """Who never answered, and of whom nobody speaks, stands in the group that its target led to, if that is one; as
    long as nobody answers, a target's addresses are one group."""
    data = {address: ledger for address, ledger in ledgers.items() if not ledger.is_sentinel}
    mute = [address for address, ledger in data.items() if ledger.seen_at is None]
    led: dict[int, set[str]] = {}
    for address, ledger in data.items():
        if ledger.seen_at is not None:
            led.setdefault(id(ledger.target), set()).add(ties.root(address))
    spoken = _spoken(ledgers) if mute else {}
    for address in mute:
        target = data[address].target
        if spoken.get(address):
            continue
        if address in target.addresses:
            led.setdefault(id(target), {ties.root(address)})
        roots = led.get(id(target), set())
        if len(roots) == 1:
            ties.tie(address, next(iter(roots)))


def _watched(
    ledgers: Ledgers, known_as: Mapping[Address, Address], ties: Ties, data: Mapping[str, list[Address]]
) -> tuple[list[Draft], set[str]]:
    """One group for every name that a set of Sentinels watches, and the roots of the servers in them."""
    made: dict[tuple[str, str], Draft] = {}
    roots: set[str] = set()
    for address, ledger in ledgers.items():
        for watch in ledger.watches.values() if ledger.is_sentinel else ():
            key = (ties.root(address), watch.name)
            draft = made.setdefault(key, Draft("sentinel", watch.name, watched_as=watch.name))
            peers = [peer.address for peer in watch.sentinels]
            draft.sentinels += [one for one in (address, *peers) if one in ledgers and one not in draft.sentinels]
            root = ties.root(known_as.get(watch.primary, watch.primary))
            roots.add(root)
            draft.nodes += [one for one in data.get(root, ()) if one not in draft.nodes]
    return list(made.values()), roots


def _unwatched(members: list[Address], ledgers: Ledgers) -> Draft:
    kinds = {ledgers[address].kind for address in members}
    wanted = {ledgers[address].target.wanted for address in members}
    kind: Kind = "cluster" if "cluster" in kinds or (kinds == {"unknown"} and "cluster" in wanted) else "replication"
    seeds = [one for address in members for one in ledgers[address].target.addresses if one in members]
    leaders = [one for one in members if (said := ledgers[one].role) is not None and said.role == "primary"]
    return Draft(kind, (seeds or leaders or sorted(members))[0], nodes=members)


def _christen(made: list[Draft], ledgers: Ledgers) -> None:
    """Titles of the config, where a target led to one group only; no two groups of one name."""
    targets = [ledgers[(draft.nodes or draft.sentinels)[0]].target for draft in made]
    for draft, target in zip(made, targets, strict=True):
        draft.environment = target.environment
        if target.title and sum(other is target for other in targets) == 1:
            draft.name = target.title
    names = Counter(draft.name for draft in made)
    for draft in made:
        if names[draft.name] > 1:
            draft.name = f"{draft.name} ({(draft.nodes or draft.sentinels)[0]})"
