"""A Sentinel group: would the Sentinels that are left fail over, and to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from redistui.judge.forecast.election import Choice, choose
from redistui.judge.forecast.jury import Juror, count_words, jurors
from redistui.judge.forecast.verdict import GroupForecast
from redistui.judge.forecast.world import (
    REFUSES,
    following,
    furthest,
    gone,
    loss_of,
    primary_of,
    standing,
    wants_replicas,
)
from redistui.model import Address, Event, Fleet, Group, Node, Watch

ELECTION_SECONDS = 1.2
"""From +sdown to the first write at the new primary; measured on 6.2, 7.0 and 9.1 at down-after 2 and 5 s."""
PINGED_MS = 3_000
"""Whom a Sentinel's PING (one a second) reached within this, is not down."""
ABORTED = "-failover-abort"


def foresee(fleet: Fleet, group: Group, killed: Collection[Address]) -> GroupForecast:
    """What the loss of some of its members does to a group that Sentinels watch."""
    primary = primary_of(group)
    if group.primary is None:
        return GroupForecast(group.name, "unknown", "which node the Sentinels hold to be the primary is not known")
    jury = jurors(group, killed)
    quorum, majority = any(one.detects for one in jury), any(one.leads for one in jury)
    count = count_words(group, jury)
    if not _is_lost(group, primary, killed):
        choice = _agreed(group, jury, primary, {*killed, group.primary})
        refused = primary is not None and wants_replicas(primary) and not following(primary, group.nodes, killed)
        return GroupForecast(
            group.name,
            "stop" if refused else "continue",
            f"its primary {group.primary} {REFUSES if refused else 'is left'}; {count}",
            quorum=quorum,
            majority=majority,
            notes=_if_it_went_next(group, choice, majority=majority),
        )
    if not majority:
        reason = f"its primary {group.primary} is gone, and {count}"
        left = _undecided(group, killed)
        loss = loss_of(primary, _furthest_on(group, primary, killed))
        return GroupForecast(
            group.name, "stop", reason, None, left, quorum, majority, loss_bytes=loss, notes=_stays(group, killed)
        )
    return _fail_over(fleet, group, jury, primary, killed)


def _fail_over(
    fleet: Fleet, group: Group, jury: tuple[Juror, ...], primary: Node | None, killed: Collection[Address]
) -> GroupForecast:
    choice = _agreed(group, jury, primary, killed)
    count = count_words(group, jury)
    if choice.heir is None:
        reason = f"its primary {group.primary} is gone, and no replica is left that the Sentinels would take"
        return GroupForecast(group.name, "stop", reason, None, choice.why_not, True, True, notes=(count,))
    leaders = [one for one in jury if one.leads and choose(group, one.eyes, primary, killed).heir is not None]
    outage, delays = _outage(fleet, group, leaders)
    alone = all(gone(node, killed) for node in group.nodes if node.address not in (group.primary, choice.heir.address))
    refused = alone and wants_replicas(choice.heir)
    return GroupForecast(
        group.name,
        "stop" if refused else "pause",
        f"its primary {group.primary} is gone; the Sentinels promote {choice.heir.address}"
        + (f", which {REFUSES}" if refused else ""),
        promoted=choice.heir.address,
        why_not=choice.why_not,
        quorum=True,
        majority=True,
        loss_bytes=loss_of(primary, choice.heir),
        outage_seconds=None if refused else outage,
        notes=(count, *delays, *choice.notes),
    )


def _is_lost(group: Group, primary: Node | None, killed: Collection[Address]) -> bool:
    """Not where only we are cut off from it: a Sentinel that just had its answer knows better."""
    if group.primary in killed:
        return True
    if primary is None or gone(primary, killed) is None:
        return False
    return not any(_answered(watch) for sentinel, watch in group.watches() if not gone(sentinel, killed))


def _answered(watch: Watch) -> bool:
    seen = watch.last_ok_ping_ms is not None and watch.last_ok_ping_ms < PINGED_MS
    return seen and not watch.flags & {"s_down", "o_down", "disconnected"}


def _agreed(group: Group, jury: tuple[Juror, ...], primary: Node | None, killed: Collection[Address]) -> Choice:
    """What most of those would choose that may lead; any of them may come to lead. One that finds nobody gives up, and
    another tries later."""
    leaders = [one for one in jury if one.leads] or list(jury)
    choices = [choose(group, one.eyes, primary, killed) for one in leaders]
    found = [(one.heir.address, one) for one in choices if one.heir is not None]
    if not found:
        return choices[0] if choices else Choice(None, {})
    counted = Counter(address for address, _ in found)
    wanted = counted.most_common(1)[0][0]
    chosen = next(one for address, one in found if address == wanted)
    others = sorted(counted.keys() - {wanted}) + ["nobody"] * (len(found) < len(choices))
    if not others:
        return chosen
    note = (
        f"the Sentinels do not see the replicas alike: another one that comes to lead would take {' or '.join(others)}"
    )
    return Choice(chosen.heir, chosen.why_not, (*chosen.notes, note))


def _outage(fleet: Fleet, group: Group, leaders: list[Juror]) -> tuple[float, tuple[str, ...]]:
    """Seconds until somebody else takes writes, and what it is longer for than it need be."""
    after = max((one.watch.down_after_ms or 0) for one in leaders) / 1000
    timeout = max((one.watch.failover_timeout_ms or 0) for one in leaders) / 1000
    tilt = min(one.waits for one in leaders)
    notes = [f"too many Sentinels are in TILT; enough see again in {tilt:g} s"] if tilt else []
    pause = _left_of_pause(fleet, group, timeout)
    if pause:
        notes.append(f"a failover was given up lately: the Sentinels begin no other for {pause:.0f} s more")
    if len(leaders) % 2 == 0 or tilt:
        when = "an even vote" if not tilt else "who comes out of TILT at one moment may stand at one moment: the vote"
        notes.append(f"{when} may split; the next try comes {2 * timeout:g} s (twice failover-timeout) later")
    return round(max(after, tilt, pause) + ELECTION_SECONDS, 1), tuple(notes)


def _left_of_pause(fleet: Fleet, group: Group, timeout: float) -> float:
    """After a try that was given up Sentinels wait twice failover-timeout; one that succeeded starts them afresh."""
    last: Event | None = None
    for event in fleet.events:
        if event.group in (group.name, group.watched_as):
            last = event if event.kind.startswith(ABORTED) else None if event.kind == "+switch-master" else last
    return 0.0 if last is None else max(0.0, 2 * timeout - (fleet.at - last.at))


def _furthest_on(group: Group, primary: Node | None, killed: Collection[Address]) -> Node | None:
    """Whom an operator would promote where the Sentinels do not."""
    left = [standing(node, primary) for node in group.nodes if node is not primary and not gone(node, killed)]
    return min((one.node for one in furthest(left, primary)), key=lambda node: node.address) if left else None


def _undecided(group: Group, killed: Collection[Address]) -> dict[Address, str]:
    others = [node for node in group.nodes if node.address != group.primary]
    return {node.address: gone(node, killed) or "nobody is there to promote it" for node in others}


def _stays(group: Group, killed: Collection[Address]) -> tuple[str, ...]:
    left = [node.address for node in group.nodes if node.address != group.primary and not gone(node, killed)]
    return (f"once enough Sentinels are back, they choose of {', '.join(sorted(left))}",) if left else ()


def _if_it_went_next(group: Group, choice: Choice, *, majority: bool) -> tuple[str, ...]:
    """What is left of high availability."""
    if not majority:
        return ("if the primary went next, nobody would be promoted: too few Sentinels are left",)
    if choice.heir is None:
        return ("if the primary went next, nobody would be promoted: no replica is left that could be",)
    return (f"if the primary went next, {choice.heir.address} would be promoted", *choice.notes)
