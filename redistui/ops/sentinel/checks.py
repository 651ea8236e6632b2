"""Preflight at the Sentinels: what must hold at every one of them before anything is ordered.

A Sentinel obeys SENTINEL FAILOVER even where it cannot win (from a minority it promotes a second primary), so nothing
here is left to it: quorum, agreement, TILT and its own filter for replicas are looked at beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.counts import counted, every
from redistui.model import Event, Fleet, Group, Sentinel, Watch
from redistui.ops.action import Check
from redistui.ops.checks import failed, names, passed, verdict, warned
from redistui.ops.deed_words import IN_VAIN
from redistui.ops.repeated import is_failover

SILENT_MS = 3_000
"""A primary whose last answer to a Sentinel's PINGs (one a second) is older does not answer that Sentinel either."""
STARTS = frozenset({"+try-failover", "+failover-state-reconf-slaves", "+promoted-slave"})
BY_THEMSELVES = "the Sentinels agree that the primary is down: they fail over by themselves"
Pair = tuple[Sentinel, Watch]


def believers(group: Group) -> tuple[Pair, ...]:
    """The Sentinels that answer, with what each believes of the group, in the order of their addresses."""
    pairs = ((sentinel, watch) for sentinel, watch in group.watches() if sentinel.up)
    return tuple(sorted(pairs, key=lambda pair: pair[0].address))


def silent_sentinels(group: Group) -> list[Sentinel]:
    """Those that are known, and do not answer."""
    here = {sentinel.address for sentinel, _ in believers(group)}
    return [sentinel for sentinel in group.sentinels if sentinel.address not in here]


def sentinels(fleet: Fleet, group: Group, *, silent: bool = False, few: bool = False) -> Iterator[Check]:
    """Who answers, and whether all that do believe the same. `silent`: the primary does not answer us. `few`: that
    most Sentinels are gone with it is known, and that side is fenced."""
    pairs = believers(group)
    yield weighed(present(group)) if few and pairs else present(group)
    if not pairs:
        return
    yield from agreed(fleet, group)
    yield weighed(reachable(pairs)) if few else reachable(pairs)
    yield _count(pairs, len(group.sentinels))
    yield _silence(pairs, few=few) if silent else flags(pairs)


def agreed(fleet: Fleet, group: Group) -> Iterator[Check]:
    """All that answer did so just now, name the same primary, and are not in TILT."""
    pairs = believers(group)
    old = [s.address for s, _ in pairs if fleet.freshness(s.seen_at) != "fresh"]
    yield verdict(
        [f"{names(old)}: last heard of more than two poll periods ago"] if old else [], "they answered just now"
    )
    yield _agreement(pairs)
    tilted = [s.address for s, _ in pairs if s.tilt is not False]
    yield verdict([f"{names(tilted)}: in TILT, or it is not known"] if tilted else [], "none is in TILT")


def present(group: Group) -> Check:
    up, known, silent = len(believers(group)), len(group.sentinels), silent_sentinels(group)
    said = answering(up, known)
    if up <= known // 2:
        return failed(f"{said}: that is no majority; the other side of a partition may elect another primary")
    if silent:
        return warned(f"{said}; without one: {names([s.address for s in silent])}, which will learn of it when back")
    return passed(said)


def answering(up: int, known: int) -> str:
    """
    >>> answering(2, 3), answering(1, 1), answering(0, 1)
    ('2 of 3 Sentinels answer', 'the only Sentinel answers', '0 of 1 Sentinel answers')
    """
    if up == known == 1:
        return every(1, "Sentinel", "answer")
    return f"{up} of {counted(known, 'Sentinel')} answer{'s' if known == 1 else ''}"


def is_minority(group: Group) -> bool:
    """Fewer than a majority of the Sentinels answer."""
    return len(believers(group)) <= len(group.sentinels) // 2


def weighed(check: Check) -> Check:
    """What would refuse it is only told."""
    return warned(check.text) if check.mark == "fail" else check


def _agreement(pairs: tuple[Pair, ...]) -> Check:
    said = {(watch.primary, watch.epoch) for _, watch in pairs}
    if len(said) == 1 and None not in next(iter(said)):
        primary, epoch = next(iter(said))
        return passed(f"all name {primary}, config-epoch {epoch}")
    each = "; ".join(f"{s.address} says {w.primary}, config-epoch {w.epoch}" for s, w in pairs)
    return failed(f"the Sentinels disagree: {each}")


def reachable(pairs: tuple[Pair, ...]) -> Check:
    return verdict([f"{s.address}: {w.ckquorum or 'CKQUORUM was not asked'}" for s, w in pairs if w.ckquorum != "ok"],
                   "each can reach quorum and majority (CKQUORUM)")  # fmt: skip


def _count(pairs: tuple[Pair, ...], known: int) -> Check:
    wrong = [f"{s.address} knows {w.other_sentinels}" for s, w in pairs if w.other_sentinels != known - 1]
    text = f"each Sentinel knows {counted(known - 1, 'other')}" if known > 1 else "it knows of no other Sentinel"
    return verdict([f"{'; '.join(wrong)} other Sentinels, not {known - 1}: a ghost, or a split"] if wrong else [], text)


def flags(pairs: tuple[Pair, ...]) -> Check:
    """Of a primary that answers: nobody may see anything wrong with it."""
    if (going_on := busy(pairs)) is not None:
        return going_on
    odd = [f"{s.address} flags it {', '.join(sorted(w.flags))}" for s, w in pairs if w.flags != {"primary"}]
    return verdict(odd, "none sees anything wrong with the primary")


def busy(pairs: tuple[Pair, ...], *, few: bool = False) -> Check | None:
    """Why nobody else should act just now; None: nothing of the kind. `few` agree as they like, and elect nobody."""
    seen = frozenset[str]().union(*(watch.flags for _, watch in pairs))
    if "failover_in_progress" in seen:
        return failed("a failover is in progress already")
    return failed(BY_THEMSELVES) if "o_down" in seen and not few else None


def _silence(pairs: tuple[Pair, ...], *, few: bool) -> Check:
    """Of a primary that does not answer us: it must not be us who are cut off."""
    if (going_on := busy(pairs, few=few)) is not None:
        return going_on
    answered = [s.address for s, w in pairs if not _unanswered(w)]
    if 2 * len(answered) < len(pairs):
        return passed(
            f"{len(pairs) - len(answered)} of {counted(len(pairs), 'Sentinel')} got no answer from the primary either"
        )
    return failed(
        f"the primary answered {names(answered)} within the last {SILENT_MS // 1000} s, but not us: it may be "
        f"unreachable from here only"
    )


def _unanswered(watch: Watch) -> bool:
    gone = bool(watch.flags & {"s_down", "disconnected"})
    return gone or (watch.last_ok_ping_ms is not None and watch.last_ok_ping_ms >= SILENT_MS)


def recent(fleet: Fleet, group: Group, *, silent: bool = False) -> Iterator[Check]:
    """A failover that may still be unfinished at some Sentinel, or that somebody else has just ordered.

    With a silent primary it is only told: for so long the Sentinels do not act by themselves.
    """
    timeout = max((watch.failover_timeout_ms or 0 for _, watch in believers(group)), default=0) / 1000
    ago = min((fleet.at - event.at for event in _starts(fleet, group)), default=None)
    if ago is None or ago >= 2 * timeout:
        yield passed("no failover within twice failover-timeout, as far as we have seen")
        return
    left = 2 * timeout - ago
    said = f"the last failover was {ago:.0f} s ago"
    if silent:
        yield warned(f"{said}; by themselves the Sentinels begin another in {left:.0f} s at the earliest")
    else:
        yield failed(f"{said}; wait {left:.0f} s more (twice failover-timeout)")


def _starts(fleet: Fleet, group: Group) -> list[Event]:
    """What began one, but for orders from here that came to nothing."""
    found: list[Event] = []
    for event in fleet.events:
        if event.group not in (group.name, group.watched_as):
            continue
        if event.kind == "action" and event.text.startswith(IN_VAIN):
            found = [one for one in found if one.kind != "action"]
        elif event.kind in STARTS or is_failover(event):
            found.append(event)
    return found
