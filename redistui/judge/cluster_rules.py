"""What is wrong with a cluster as its nodes see each other: links, members, epochs, claims, hosts, replicas, keys.

Each rule says what, where, and what to do. `cluster_state:ok` hides all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from redistui.judge.beliefs import Difference, belief_of, tally, views
from redistui.judge.consensus import MEETING, SWOLLEN, Cut, Ghost, claims, consensus, cuts, ghosts, names, newest
from redistui.model import Address, Finding, Group, Level, Node, Shard, host_of

NAMED = 3
"""Of a long list so many are named."""
Thresholds = Mapping[str, float]


def _found(rule: str, level: Level, group: Group, message: str, node: Address | None = None) -> Finding:
    return Finding(rule, level, group.name, message, node)


def listed(names_: Sequence[str]) -> str:
    """
    >>> listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
    ('a and b', 'a, b, c and 2 more')
    """
    if len(names_) <= 1:
        return "".join(names_)
    if len(names_) <= NAMED:
        return f"{', '.join(names_[:-1])} and {names_[-1]}"
    return f"{', '.join(names_[:NAMED])} and {len(names_) - NAMED} more"


def views_differ(group: Group, _: Thresholds) -> Iterator[Finding]:
    """One finding for each dissenter; many that say the same together are one."""
    if group.cluster is None or group.cluster.agree:
        return
    said = consensus(group)
    alike: dict[tuple[Difference, ...], list[Address]] = {}
    for one in said.dissenters:
        alike.setdefault(one.differs, []).append(one.node)
    for differs, nodes in alike.items():
        verb = "sees" if len(nodes) == 1 else "see"
        text = (
            f"{listed(nodes)} {verb} another slot map than {said.agree} of {said.asked} nodes: "
            f"{told(differs, said.name)}; gossip mends this within seconds, else look at the links there"
        )
        yield _found("views-differ", "warn", group, text, nodes[0] if len(nodes) == 1 else None)


def told(differs: Sequence[Difference], say: Callable[[str], str]) -> str:
    """Slots that a view gives to others: `5-9 to b instead of a`."""
    parts = [
        f"{one.first if one.first == one.last else f'{one.first}-{one.last}'} to {say(one.to)} "
        f"instead of {say(one.instead_of)}"
        for one in differs
    ]
    return f"slots {listed(parts)}" if parts else "no slots differ"


def slots_claimed_twice(group: Group, _: Thresholds) -> Iterator[Finding]:
    pairs: dict[tuple[Address, Address], int] = {}
    for claim in claims(group):
        pair = (claim.winner, claim.loser)
        pairs[pair] = pairs.get(pair, 0) + claim.last - claim.first + 1
    refusing = {node.address for node, view in views(group.nodes) if view.state == "fail"}
    for (winner, loser), count in pairs.items():
        owned = "1 slot is" if count == 1 else f"{count} slots are"
        takes = f"writes at {loser} are lost once it hears of it; cut its clients off and mend its bus links"
        if loser in refusing:
            takes = (
                f"{loser} refuses commands by now (its cluster_state is fail), what it took since the other's claim is "
                f"lost once it hears of it; mend its bus links"
            )
        text = f"{loser} and {winner} both say that {owned} their own, {winner} by the newer epoch: {takes}"
        yield _found("slots-claimed-twice", "bad", group, text, loser)


def links_between(group: Group, _: Thresholds) -> Iterator[Finding]:
    for cut in cuts(group):
        yield _found("bus-link", "warn", group, _cut(cut), cut.node)
    known: Mapping[str, Address] | None = None
    for node, view in views(group.nodes):
        if view.links is None:
            continue
        for id_, waiting in view.links.fullest:
            if waiting >= SWOLLEN:
                known = known or names(views(group.nodes))
                text = (
                    f"{node.address} has {waiting:,} bytes waiting for {known.get(id_, id_[:8])} on the bus, and they "
                    f"do not get fewer: that node does not read; see its load, and cluster-link-sendbuf-limit"
                )
                yield _found("bus-buffer", "warn", group, text, node.address)


def _cut(cut: Cut) -> str:
    told, one, only, both = [], cut.node, cut.one_sided, cut.severed
    if only or both:
        parts = [f"{listed(only)}, which {_has(only)} one to it"] if only else []
        parts += [f"{listed(both)}, nor {'these' if len(both) > 1 else 'that one'} to it"] if both else []
        told.append(f"{one} has no bus link to {'; to '.join(parts)}: its votes and its news do not arrive")
    if cut.unreached_by:
        which = "it has one to each" if len(cut.unreached_by) > 1 else "it has one to that"
        told.append(f"{listed(cut.unreached_by)} {_has(cut.unreached_by)} no bus link to {one}, though {which}: "
                    f"their votes and their news do not arrive there")  # fmt: skip
    where = "open the bus port (as a rule 10000 above the clients') both ways"
    if cut.unreached_by and not both:
        where = f"see which bus port {one} announces (cluster-announce-bus-port), and open it to the others"
    return f"{'; '.join(told)}; {where}"


def _has(nodes: Sequence[Address]) -> str:
    return "has" if len(nodes) == 1 else "have"


def members_in_doubt(group: Group, _: Thresholds) -> Iterator[Finding]:
    """Known to some only, without an address, or in a handshake that does not end."""
    said = views(group.nodes)
    known = names(said) if said else {}
    for ghost in ghosts(group):
        yield _found("ghost-member", "warn", group, _ghost(ghost, known), None)
    yield from _without_address(group)
    yield from _handshakes(group)


def _ghost(ghost: Ghost, known: Mapping[str, Address]) -> str:
    where = known.get(ghost.id)
    who, alone = where or f"member {ghost.id[:8]}", list(known.values()).count(where or "") == 1
    if len(ghost.unknown_to) <= len(ghost.known_to):
        others = "another does" if len(ghost.known_to) == 1 else f"{len(ghost.known_to)} others do"
        text = f"{listed(ghost.unknown_to)} {_do(ghost.unknown_to)} not know {who}, {others}: CLUSTER MEET there"
    elif ghost.known_to == (who,):
        text = f"nobody else knows {who}, which takes itself for a member: CLUSTER MEET takes it in"
    else:
        text = f"{who} is known to {listed(ghost.known_to)} only: CLUSTER MEET makes it known to all"
    return f"{text}, `forget {who if alone else ghost.id}` takes it out everywhere"


def _do(nodes: Sequence[Address]) -> str:
    return "does" if len(nodes) == 1 else "do"


def _without_address(group: Group) -> Iterator[Finding]:
    seen = views(group.nodes)
    lost: Counter[str] = Counter()
    for _, view in seen:
        for peer in tally(belief_of(view)).flagged.get("noaddr", ()):
            lost[peer.id] += 1
    for id_, count in sorted(lost.items()):
        text = (
            f"member {id_[:8]} has no address for {count} of {len(seen)} nodes: another node stands where it stood; "
            f"bring it back, or `forget {id_}`"
        )
        yield _found("no-address", "warn", group, text)


def _handshakes(group: Group) -> Iterator[Finding]:
    seen = views(group.nodes)
    now = newest(seen)
    stuck: dict[Address, list[tuple[Address, float]]] = {}
    for node, view in seen:
        for address, since in view.handshakes:
            if now - since >= MEETING:
                stuck.setdefault(address, []).append((node.address, now - since))
    for address, tries in sorted(stuck.items()):
        longest = max(seconds for _, seconds in tries)
        text = (
            f"{listed([node for node, _ in tries])} cannot finish the handshake with {address} for {longest:.0f} s: "
            f"nothing answers on its bus port, or no answer comes back; start the node, or open the port both ways"
        )
        yield _found("handshake-stuck", "warn", group, text, tries[0][0] if len(tries) == 1 else None)


def epochs(group: Group, _: Thresholds) -> Iterator[Finding]:
    """Config epochs settle quarrels over slots: each primary needs one of its own, above 0."""
    owners = [] if group.cluster is None else [shard for shard in group.cluster.shards if shard.slot_count]
    shared: dict[int | None, list[Address]] = {}
    for shard in owners:
        shared.setdefault(shard.epoch, []).append(shard.primary)
    for epoch, primaries in shared.items():
        if len(primaries) > 1:
            text = (
                f"{listed(primaries)} share config epoch {epoch}: over slots that two of them claim nobody wins; the "
                f"servers mend this by themselves once they hear each other, else CLUSTER BUMPEPOCH on one of them"
            )
            yield _found("epoch-conflict", "warn", group, text)
        elif epoch == 0 and len(owners) > 1:
            text = (
                f"{primaries[0]} owns slots at config epoch 0, so that any other claim to them wins: "
                f"CLUSTER BUMPEPOCH on it gives it one of its own"
            )
            yield _found("epoch-zero", "warn", group, text, primaries[0])


def replicas(group: Group, _: Thresholds) -> Iterator[Finding]:
    """Shards whose slots go dark with their primary, or that have fewer replicas than most."""
    shards = [] if group.cluster is None else [shard for shard in group.cluster.shards if shard.slot_count]
    alive = {node.address for node in group.nodes if (node.up and node.role == "replica") or _unasked(node)}
    living = {shard.primary: sum(one in alive for one in shard.replicas) for shard in shards}
    usual = Counter(living.values()).most_common(1)[0][0] if living else 0
    spare = max(shards, key=lambda shard: living[shard.primary], default=None)
    for shard in shards:
        count = living[shard.primary]
        if count == 0:
            yield _found("shard-without-replica", "warn", group, _orphan(shard, spare, living), shard.primary)
        elif count < usual and 2 * sum(one >= usual for one in living.values()) > len(living):
            text = (
                f"shard {shard.primary} has {count} live replica{'' if count == 1 else 's'}, most shards have {usual}: "
                f"bring the missing one back, or `add-node` another"
            )
            yield _found("replicas-missing", "warn", group, text, shard.primary)


def _orphan(shard: Shard, spare: Shard | None, living: Mapping[Address, int]) -> str:
    text = f"shard {shard.primary} has no live replica: its {shard.slot_count} slots go with it"
    if spare is None or living[spare.primary] < 2:
        return f"{text}; `add-node` gives it one"
    return f"{text}; {spare.primary} has {living[spare.primary]}: `replicate` can give it one of them"


def _unasked(node: Node) -> bool:
    return node.seen_at is None and node.fault is None


def hosts(group: Group, _: Thresholds) -> Iterator[Finding]:
    """What falls with one machine. Only what could be otherwise is said: a cluster that stands on one host altogether
    (a test, a demo), and two hosts that cannot but hold half of all primaries each, are left in peace."""
    shards = [] if group.cluster is None else [shard for shard in group.cluster.shards if shard.slot_count]
    there = {host for node in group.nodes if (host := machine(node.address)) is not None}
    if len(there) < 2:
        return
    for shard in shards:
        host = machine(shard.primary)
        if host is not None and shard.replicas and all(machine(one) == host for one in shard.replicas):
            text = (
                f"shard {shard.primary} has its primary and all its replicas on host {host}: its {shard.slot_count} "
                f"slots go with that machine; `replicate` a node on another one to it"
            )
            yield _found("one-host", "warn", group, text, shard.primary)
    leaders = Counter(machine(shard.primary) for shard in shards)
    host, most = leaders.most_common(1)[0] if leaders else (None, 0)
    if host is not None and len(there) > 2 and len(shards) > 2 and 2 * most > len(shards):
        text = (
            f"host {host} holds {most} of {len(shards)} primaries: without it no majority is left to vote, and nothing "
            f"fails over; `cluster-failover` to replicas on other hosts"
        )
        yield _found("majority-on-one-host", "warn", group, text)


@lru_cache(4096)
def machine(address: Address) -> str | None:
    """The host of an address; all names of the loopback are one, and a socket file tells of none.

    >>> [machine(one) for one in ("10.0.0.1:6379", "127.0.0.2:6379", "localhost:1", "::1:6379", "unix:/run/x")]
    ['10.0.0.1', 'localhost', 'localhost', 'localhost', None]
    """
    if address.startswith("unix:"):
        return None
    host = host_of(address)
    return "localhost" if host in ("localhost", "::1") or host.startswith("127.") else host or None


def orphan_keys(group: Group, _: Thresholds) -> Iterator[Finding]:
    """As the last survey found them (the Slots screen and `fix` take one)."""
    survey = group.survey
    at: dict[Address, list[int]] = {}
    for stray in () if survey is None else survey.strays:
        at.setdefault(stray.node, []).append(stray.keys)
    for node, counts in at.items():
        text = (
            f"{node} holds {sum(counts):,} keys in {_slots(len(counts))} that it does not own: no client can reach "
            f"them; `fix` moves them to the owners"
        )
        yield _found("orphan-keys", "warn", group, text, node)


def _slots(count: int) -> str:
    return "1 slot" if count == 1 else f"{count} slots"
