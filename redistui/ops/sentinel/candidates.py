"""Which replicas a Sentinel would promote: its own filter (sentinelSelectSlave), looked at before it is ordered to.

An order that finds nobody is answered OK all the same, and given up at once.
"""

from __future__ import annotations

from redistui.model import Address, Group, WatchedReplica
from redistui.ops.action import Check
from redistui.ops.checks import names, verdict
from redistui.ops.sentinel.checks import Pair, believers

PING_MS = 5_000
"""Sentinel takes no replica whose last good PING is older (five ping periods), ..."""
INFO_MS = 30_000
"""... or whose last INFO is older (three INFO periods), ...

Of a primary that it finds down it wants one of the last PING_MS. It asks every 10 s all the same, where no majority
agrees with it and the replica has not missed its link yet (the first minute of one that hangs): half of the time that
is too old. So it is no reason against a replica: the order waits for it (redistui.ops.sentinel.freshness)."""
LINK_DOWN_TIMES = 10
"""... or whose link was down for more than so many times down-after, and for longer than the primary besides."""
EACH_PING_MS = 1_000
"""Sentinels call a primary down by the PING that it left unanswered: up to so much later than its last answer."""


def candidates(group: Group, *, silent: bool = False) -> tuple[Address, ...]:
    """Replicas that some Sentinel would take. Which of them, it decides: by priority, then offset, then run id."""
    pairs = believers(group)
    good = {each.address for pair in pairs for each in pair[1].replicas if not unfit(each, pair, silent=silent)}
    return tuple(sorted(good))


def unfit(replica: WatchedReplica, pair: Pair, *, silent: bool = False) -> str:
    """Why this Sentinel would not take it; empty: it would.

    Sentinel's own filter (sentinelSelectSlave); and, as long as the primary answers, a link to it that is up.
    """
    pinged, told = replica.last_ok_ping_ms, replica.info_refresh_ms
    if odd := sorted(replica.flags ^ {"replica"}):
        return f"flagged {', '.join(odd)}"
    if not silent and replica.link_up is not True:
        return "its link to the primary is not up"
    if not replica.priority:
        return "replica-priority 0, or none that is known"
    if pinged is None or pinged > PING_MS:
        return f"no answer to its PING {_since(pinged)}"
    if told is None or told > INFO_MS:
        return f"its INFO was not read {_since(told)}, at most {INFO_MS // 1000} s count: try again"
    return _parted(replica, pair)


def _since(ms: int | None) -> str:
    return "yet" if ms is None else f"for {ms // 1000} s"


def _parted(replica: WatchedReplica, pair: Pair) -> str:
    """Whether its link to the primary has been down for too long; with the way out, since time makes it no better."""
    down, most = replica.link_down_ms or 0, longest_without_link(pair)
    if down <= most:
        return ""
    enough = 2 * down // LINK_DOWN_TIMES // 1000 * 1000 + 1000
    return (
        f"no link to the primary for {down // 1000} s, at most {most // 1000} s count (ten times down-after): "
        f"`sentinel-set down-after-milliseconds {enough}` first, and set it back after"
    )


def longest_without_link(pair: Pair) -> int:
    """For so many ms a replica may have been without its primary: ten times down-after, and for as long besides as this
    Sentinel has called the primary down.

    An order of Valkey's (9.1) begins that count anew, where Redis (6.2, 7.0) goes on with it: there, whoever is ordered
    too late gives up at once (-failover-abort-no-good-slave).
    """
    sentinel, watch = pair
    after = watch.down_after_ms or 0
    if sentinel.server != "redis" or "s_down" not in watch.flags:
        return LINK_DOWN_TIMES * after
    return LINK_DOWN_TIMES * after + max(0, (watch.last_ok_ping_ms or 0) - after - EACH_PING_MS)


def takers(group: Group, *, silent: bool = False) -> Check:
    """Every Sentinel has to see a replica that it would take."""
    wrong = []
    for pair in believers(group):
        against: dict[str, list[Address]] = {}
        for each in pair[1].replicas:
            against.setdefault(unfit(each, pair, silent=silent), []).append(each.address)
        if "" not in against:
            said = "; ".join(f"{names(those)}: {why}" for why, those in against.items())
            wrong.append(f"{pair[0].address}: sees no replica that could be promoted{said and f' ({said})'}")
    good = ", ".join(candidates(group, silent=silent))
    return verdict(wrong, f"each Sentinel sees a replica it could promote ({good})")
