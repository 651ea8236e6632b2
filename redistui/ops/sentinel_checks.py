"""Preflight of a planned Sentinel failover: what must hold at every Sentinel and at the data nodes before one is
ordered.

A Sentinel obeys SENTINEL FAILOVER even where it cannot win (from a minority it promotes a second primary), so nothing
here is left to it: quorum, agreement, TILT and its own filter for replicas are looked at beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Node, Sentinel, Watch, WatchedReplica
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, numbers, passed, verdict, version_of, warned

PING_MS = 5_000
"""Sentinel takes no replica whose last good PING is older (five ping periods), ..."""
INFO_MS = 30_000
"""... or whose last INFO is older than this (three INFO periods), ..."""
LINK_DOWN_TIMES = 10
"""... or whose link was down for more than so many times down-after."""
LAG_BYTES = 1 << 20
"""More than this, and writes would be held while a replica catches up."""
SLOW_MS = 1_000
STARTS = frozenset({"+try-failover", "+switch-master", "+failover-state-reconf-slaves", "+promoted-slave"})
Pair = tuple[Sentinel, Watch]


def believers(group: Group) -> tuple[Pair, ...]:
    """The Sentinels that answer, with what each believes of the group, in the order of their addresses."""
    pairs = ((sentinel, watch) for sentinel, watch in group.watches() if sentinel.up)
    return tuple(sorted(pairs, key=lambda pair: pair[0].address))


def sentinels(fleet: Fleet, group: Group) -> Iterator[Check]:
    """Who answers, and whether all that do believe the same."""
    pairs = believers(group)
    silent = [s for s in group.sentinels if s.address not in {who.address for who, _ in pairs}]
    yield _present(len(pairs), len(group.sentinels), silent)
    if not pairs:
        return
    old = [s.address for s, _ in pairs if fleet.freshness(s.seen_at) != "fresh"]
    yield verdict(
        [f"{names(old)}: last heard of more than two poll periods ago"] if old else [], "they answered just now"
    )
    yield _agreement(pairs)
    tilted = [s.address for s, _ in pairs if s.tilt is not False]
    yield verdict([f"{names(tilted)}: in TILT, or it is not known"] if tilted else [], "none is in TILT")
    yield verdict([f"{s.address}: {w.ckquorum or 'CKQUORUM was not asked'}" for s, w in pairs if w.ckquorum != "ok"],
                  "each can reach quorum and majority (CKQUORUM)")  # fmt: skip
    yield _count(pairs, len(group.sentinels))
    yield _flags(pairs)


def _present(up: int, known: int, silent: list[Sentinel]) -> Check:
    said = f"{up} of {known} Sentinels answer"
    if up <= known // 2:
        return failed(f"{said}: that is no majority; the other side of a partition may elect another primary")
    if silent:
        return warned(f"{said}; without one: {names([s.address for s in silent])}, which will learn of it when back")
    return passed(said)


def _agreement(pairs: tuple[Pair, ...]) -> Check:
    said = {(watch.primary, watch.epoch) for _, watch in pairs}
    if len(said) == 1 and None not in next(iter(said)):
        primary, epoch = next(iter(said))
        return passed(f"all name {primary}, config-epoch {epoch}")
    each = "; ".join(f"{s.address} says {w.primary}, config-epoch {w.epoch}" for s, w in pairs)
    return failed(f"the Sentinels disagree: {each}")


def _count(pairs: tuple[Pair, ...], known: int) -> Check:
    wrong = [f"{s.address} knows {w.other_sentinels}" for s, w in pairs if w.other_sentinels != known - 1]
    text = f"a Sentinel knows {known - 1} others"
    return verdict([f"{'; '.join(wrong)} other Sentinels, not {known - 1}: a ghost, or a split"] if wrong else [], text)


def _flags(pairs: tuple[Pair, ...]) -> Check:
    seen = frozenset[str]().union(*(watch.flags for _, watch in pairs))
    if "failover_in_progress" in seen:
        return failed("a failover is in progress already")
    if "o_down" in seen:
        return failed("the Sentinels agree that the primary is down: they fail over by themselves, nothing to order")
    odd = [f"{s.address} flags it {', '.join(sorted(w.flags))}" for s, w in pairs if w.flags != {"primary"}]
    return verdict(odd, "none sees anything wrong with the primary")


def candidates(group: Group) -> tuple[Address, ...]:
    """Replicas that some Sentinel would take. Which of them, it decides: by priority, then offset, then run id."""
    good = {r.address for _, watch in believers(group) for r in watch.replicas if eligible(r, watch)}
    return tuple(sorted(good))


def eligible(replica: WatchedReplica, watch: Watch) -> bool:
    """Sentinel's own filter (sentinelSelectSlave)."""
    limit = LINK_DOWN_TIMES * (watch.down_after_ms or 0)
    return (
        replica.flags == {"replica"}
        and replica.link_up is True
        and bool(replica.priority)
        and replica.last_ok_ping_ms is not None
        and replica.last_ok_ping_ms <= PING_MS
        and replica.info_refresh_ms is not None
        and replica.info_refresh_ms <= INFO_MS
        and (replica.link_down_ms or 0) <= limit
    )


def recent(fleet: Fleet, group: Group) -> Iterator[Check]:
    """A failover that may still be unfinished at some Sentinel, or that somebody else has just ordered."""
    timeout = max((watch.failover_timeout_ms or 0 for _, watch in believers(group)), default=0) / 1000
    ours = (group.name, group.watched_as)
    since = [fleet.at - e.at for e in fleet.events if e.group in ours and e.kind in STARTS]
    ago = min(since, default=None)
    if ago is not None and ago < 2 * timeout:
        left = 2 * timeout - ago
        yield failed(f"the last failover was {ago:.0f} s ago; wait {left:.0f} s more (twice failover-timeout)")
    else:
        yield passed("no failover within twice failover-timeout, as far as we have seen")


def data(fleet: Fleet, group: Group) -> Iterator[Check]:
    """Whether the nodes are what the Sentinels say they are."""
    primary = group.node(group.primary) if group.primary is not None else None
    if primary is None:
        yield failed(f"the primary that the Sentinels name ({group.primary}) is not among the nodes we reach")
        return
    yield _primary(fleet, primary)
    others = [node.address for node in group.nodes if node.role == "primary" and node is not primary]
    yield verdict(
        [f"{names(others)}: primary as well, by its own ROLE"] if others else [], "no other node says primary"
    )
    yield from _replicas(fleet, group, primary)


def _primary(fleet: Fleet, node: Node) -> Check:
    problem = answer(fleet, node)
    if problem:
        return failed(
            f"{problem}. A planned failover needs the old primary; when it is dead, the Sentinels act by themselves"
        )
    if node.role != "primary":
        return failed(f"{node.address} says of itself that it is a {node.role or 'node of unknown role'}")
    if node.ping_ms is None or node.ping_ms >= SLOW_MS:
        return failed(f"{node.address} takes {node.ping_ms or 0:.0f} ms to answer PING: it hangs, or the network does")
    state = None if node.replication is None else node.replication.failover_state
    if state not in (None, "no-failover"):
        return failed(f"{node.address} is in a FAILOVER of its own ({state}); FAILOVER ABORT there ends it")
    if version_of(node) < (6, 2):
        return failed(f"{node.address} runs {node.version or 'an unknown version'}; this needs 6.2 or later")
    return passed(f"{node.address} says of itself that it is primary; PING {node.ping_ms:.1f} ms")


def _replicas(fleet: Fleet, group: Group, primary: Node) -> Iterator[Check]:
    good = candidates(group)
    blind = [s.address for s, w in believers(group) if not any(eligible(r, w) for r in w.replicas)]
    yield verdict([f"{names(blind)}: sees no replica that could be promoted"] if blind else [],
                  f"each Sentinel sees a replica it could promote ({', '.join(good)})")  # fmt: skip
    for address in good:
        yield _candidate(fleet, group.node(address), address, primary)
    for node in group.nodes:
        if node.address not in good and node is not primary and answer(fleet, node):
            yield warned(f"{answer(fleet, node)}; it takes no part and follows when it is back")


def _candidate(fleet: Fleet, node: Node | None, address: Address, primary: Node) -> Check:
    problem = f"{address} is not among the nodes we reach" if node is None else answer(fleet, node)
    if node is None or problem:
        return failed(f"{problem}, and the Sentinels may choose it")
    link, lag = node.replication, node.metric("lag_bytes")
    if node.role != "replica" or link is None or link.link != "up" or link.sync_in_progress:
        return failed(f"{address} is no replica with its link up and its sync done, and the Sentinels may choose it")
    if primary.replication is not None and link.replid != primary.replication.replid:
        return failed(f"{address} has another history than {primary.address} (replid)")
    if lag is None:
        return failed(f"{address}: its lag is not known")
    if lag > LAG_BYTES:
        return failed(f"{address} lags {lag / LAG_BYTES:.1f} MiB behind: writes would be held while it catches up")
    return _fit(node, primary, lag)


def _fit(node: Node, primary: Node, lag: float) -> Check:
    """What would work, and still be a surprise."""
    surprises = []
    if node.replication is not None and node.replication.read_only is False:
        surprises.append("takes writes of its own (replica-read-only no)")
    if numbers(node.version)[:2] < numbers(primary.version)[:2]:
        surprises.append(f"runs {node.version}, older than the primary's {primary.version}")
    limit, used = node.metric("memory_limit"), primary.metric("memory_used")
    if limit and used is not None and used > limit:
        surprises.append("has less maxmemory than the primary uses")
    if surprises:
        return warned(f"{node.address} {', '.join(surprises)}")
    return passed(f"{node.address} has its link up, {lag:.0f} bytes behind")
