"""What the Sentinels of a group say, and whether they could still act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from redistui.judge.counts import counted
from redistui.judge.quorum import Quorum, verdict
from redistui.judge.rules.kinds import Case, Kind
from redistui.judge.rules.roles import unasked
from redistui.model import Address, Finding, Watch, WatchedSentinel

KINDS_DOWN = (
    Kind("sentinel-down", "A Sentinel does not answer: it votes in no failover.", "Start it again, or see why not."),
)
KINDS_VIEWS = (
    Kind("sentinels-disagree", "A Sentinel believes in another primary, or an older epoch, than the newest view.",
         "It mends itself within seconds where Sentinels hear each other; else open their ports both ways."),
    Kind("quorum-lost", "Not enough Sentinels can vote: when the primary fails, nothing happens.",
         "Bring Sentinels back; where some are gone for good, `sentinel-reset` the others one by one."),
    Kind("quorum-edge", "Just enough Sentinels can vote: one more lost and nothing fails over.",
         "Bring the missing ones back."),
    Kind("sentinel-cannot-lead", "A Sentinel could not fail over by itself (NOQUORUM), while others could.",
         "See whether it reaches the others; `sentinel-set quorum` makes its quorum theirs."),
    Kind("tilt", "A Sentinel found its clock or itself standing still, and only watches for 30 s.",
         "See whether its machine is overloaded, suspended, or has its clock set by leaps."),
)  # fmt: skip
KINDS_GHOSTS = (
    Kind("ghost-sentinel",
         "Sentinels still count one that is long gone, or one twice: it raises the majority they need.",
         "`sentinel-reset`, one Sentinel after the other, makes them count anew."),
)  # fmt: skip
GONE_MS = 300_000
"""Milliseconds without a greeting after which a Sentinel is not just down."""


def sentinels_down(case: Case) -> Iterator[Finding]:
    for sentinel in case.group.sentinels:
        if sentinel.fault is not None:
            text = f"Sentinel {sentinel.address} {sentinel.fault.kind}: {sentinel.fault.text}"
            yield case.finding("sentinel-down", "warn", text, sentinel.address)


def views(case: Case) -> Iterator[Finding]:
    group = case.group
    if group.watched_as is None:
        return
    quorum, by_address = verdict(group), {sentinel.address: watch for sentinel, watch in group.watches()}
    yield from _agreement(case, quorum, by_address)
    if quorum.lost:
        text = "; ".join(quorum.reasons)
        yield case.finding("quorum-lost", "bad", f"no failover can be authorised: {text}")
    elif quorum.reachable and quorum.up == quorum.needed < quorum.known and not any(map(unasked, group.sentinels)):
        text = (
            f"only {quorum.up} Sentinels can vote and {quorum.needed} are needed: one more lost and nothing fails over"
        )
        yield case.finding("quorum-edge", "warn", text)
    for address in quorum.cannot_lead if quorum.reachable else ():
        text = f"Sentinel {address} could lead no failover, others could: {by_address[address].ckquorum}"
        yield case.finding("sentinel-cannot-lead", "warn", text, address)
    for sentinel in group.sentinels:
        if sentinel.tilt:
            text = f"Sentinel {sentinel.address} is in TILT for {sentinel.tilt_seconds or 0} s: it only watches"
            yield case.finding("tilt", "warn", text, sentinel.address)


def _agreement(case: Case, quorum: Quorum, by_address: Mapping[Address, Watch]) -> Iterator[Finding]:
    for address in quorum.dissenters:
        watch = by_address[address]
        text = (
            f"Sentinel {address} believes in {watch.primary} at epoch {watch.epoch}, "
            f"the newest view is {quorum.primary} at epoch {quorum.epoch}"
        )
        level = "bad" if watch.primary != quorum.primary else "warn"
        yield case.finding("sentinels-disagree", level, text, address)  # type: ignore[arg-type]


def ghosts(case: Case) -> Iterator[Finding]:
    """One finding for each address, however many count it."""
    answering = {one.address for one in case.group.sentinels if one.up}
    told: dict[Address, set[Address]] = {}
    twice: dict[Address, set[Address]] = {}
    for sentinel, watch in case.group.watches():
        ids: dict[str, Address] = {}
        places: set[Address] = set()
        for peer in watch.sentinels:
            if _gone(peer) and peer.address not in answering:
                told.setdefault(peer.address, set()).add(sentinel.address)
            if peer.address in places or (peer.run_id and ids.setdefault(peer.run_id, peer.address) != peer.address):
                twice.setdefault(peer.address, set()).add(sentinel.address)
            places.add(peer.address)
    known = f"of {counted(len(case.group.sentinels), 'Sentinel')}"
    nameless = [one.address for one, watch in case.group.watches() if one.up and _nameless(watch)]
    if nameless:
        text = f"{len(nameless)} {known} count one without an address: it came back under another id"
        yield case.finding("ghost-sentinel", "warn", f"{text}; `sentinel-reset` makes them count anew")
    for address, by in sorted(told.items()):
        text = f"Sentinel {address} is long gone, but {len(by)} {known} still count it: each needs a higher majority"
        yield case.finding("ghost-sentinel", "warn", f"{text}; `sentinel-reset` makes them count anew", address)
    for address, by in sorted(twice.items()):
        text = f"Sentinel {address} is counted twice by {len(by)} {known}, under two ids or addresses"
        yield case.finding("ghost-sentinel", "warn", f"{text}; `sentinel-reset` makes them count anew", address)


def _nameless(watch: Watch) -> bool:
    """Redis 6.2 keeps one whose address another id has taken, with port 0: it counts, and cannot be reached."""
    return 0 < len(watch.sentinels) < (watch.other_sentinels or 0)


def _gone(peer: WatchedSentinel) -> bool:
    return bool(peer.flags & {"s_down", "disconnected"}) and (peer.last_hello_ms or 0) > GONE_MS
