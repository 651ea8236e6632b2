"""Whom a Sentinel would make primary: its own filter and its own order (sentinelSelectSlave, Redis >= 2.8).

Out is: who is down or disconnected for it, has not answered its PING for 5 s, has priority 0, or has had no link to the
primary for more than 10 times down-after when the primary is called down. Of the others the lowest priority wins, then
the highest offset, then the run id that sorts first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from redistui.judge.forecast.world import Standing, amount_behind, furthest, gone, standing
from redistui.model import Address, Group, Node, Watch, WatchedReplica

PING_MS = 5_000
INFO_MS = 30_000
LINK_TIMES = 10
LAST = "~"
"""Sorts after every run id: who has none is taken last."""


class Eyes(NamedTuple):
    """What one Sentinel believes, and for how many seconds more it is in TILT, which is no small matter: a primary that
    dies meanwhile is called down only after that, when the replicas' links have been down for so long already."""

    watch: Watch
    blind: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom one Sentinel would take; None: nobody."""

    heir: Node | None
    why_not: Mapping[Address, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Runner:
    stands: Standing
    priority: int
    run_id: str

    @property
    def address(self) -> Address:
        return self.stands.node.address


def choose(group: Group, eyes: Eyes, primary: Node | None, killed: Collection[Address]) -> Choice:
    """The choice of one Sentinel."""
    runners, why_not = _runners(group, eyes, primary, killed)
    return _first(runners, primary, why_not) if runners else Choice(None, why_not)


def eligible(group: Group, eyes: Eyes, killed: Collection[Address]) -> frozenset[Address]:
    """All that it could choose of."""
    return frozenset(runner.address for runner in _runners(group, eyes, None, killed)[0])


def _runners(
    group: Group, eyes: Eyes, primary: Node | None, killed: Collection[Address]
) -> tuple[list[_Runner], dict[Address, str]]:
    seen = {_node_of(group, replica): replica for replica in eyes.watch.replicas}
    runners: list[_Runner] = []
    why_not: dict[Address, str] = {}
    for node in group.nodes:
        if node.address == group.primary:
            continue
        replica = seen.get(node.address)
        reason = gone(node, killed) or _unfit(group, node, replica, eyes)
        if reason is not None or replica is None:
            why_not[node.address] = reason or ""
            continue
        own = node.replication
        priority = own.priority if own is not None and own.priority is not None else replica.priority
        run_id = (node.run_id or replica.run_id or LAST).lower()
        runners.append(_Runner(standing(node, primary), priority or 0, run_id))
    return runners, why_not


def _node_of(group: Group, replica: WatchedReplica) -> Address:
    """Its address among the group's nodes: a Sentinel may know it by another one."""
    if group.node(replica.address) is not None or replica.run_id is None:
        return replica.address
    return next((node.address for node in group.nodes if node.run_id == replica.run_id), replica.address)


def _unfit(group: Group, node: Node, replica: WatchedReplica | None, eyes: Eyes) -> str | None:
    """Why this Sentinel would not take a replica that is left."""
    own = node.replication
    if replica is None:
        above = None if own is None else own.primary
        follows = f"it follows {above}, not the primary" if above not in (None, group.primary) else "it is new, or lost"
        return f"the Sentinels do not know it: {follows}"
    if node.role == "primary":
        return "it says of itself that it is a primary"
    if replica.flags & {"s_down", "o_down"}:
        return "the Sentinels hold it to be down"
    if "disconnected" in replica.flags:
        return "the Sentinels have no connection to it"
    if replica.last_ok_ping_ms is not None and replica.last_ok_ping_ms > PING_MS:
        return f"it has not answered the Sentinels' PING for {replica.last_ok_ping_ms / 1000:.0f} s"
    if (own.priority if own is not None and own.priority is not None else replica.priority) == 0:
        return "its replica-priority is 0: it is never taken"
    if replica.info_refresh_ms is not None and replica.info_refresh_ms > INFO_MS:
        return f"it has not answered the Sentinels' INFO for {replica.info_refresh_ms / 1000:.0f} s"
    return _too_old(group, node, replica, eyes)


def _too_old(group: Group, node: Node, replica: WatchedReplica, eyes: Eyes) -> str | None:
    """How long its link will have been down when the primary is called down. Later both times grow alike."""
    own, watch = node.replication, eyes.watch
    after, unanswered = (watch.down_after_ms or 0) / 1000, _unanswered(group, watch)
    down = own.link_down_seconds if own is not None and own.link == "down" else None
    if down is None and own is None:
        down = (replica.link_down_ms or 0) // 1000
    if down is None and own is not None and own.primary != group.primary:
        return None  # what it follows stays
    allowed = LINK_TIMES * after
    if "s_down" in watch.flags:
        allowed += max(0.0, unanswered - after)
        then = float(down or 0)
    else:
        then = (down or 0) + max(0.0, after - unanswered, eyes.blind)
    if int(then) <= allowed:  # servers tell whole seconds
        return None
    return (
        f"its link will have been down for {then:.0f} s when the Sentinels call the primary down, more than "
        f"{LINK_TIMES} times down-after ({after:g} s)"
    )


def _unanswered(group: Group, watch: Watch) -> float:
    """Seconds for which a primary that is silent has been so, for this Sentinel."""
    primary = group.node(group.primary or "")
    return 0.0 if primary is None or primary.up else (watch.last_ok_ping_ms or 0) / 1000


def _first(runners: list[_Runner], primary: Node | None, why_not: dict[Address, str]) -> Choice:
    lowest = min(runner.priority for runner in runners)
    first = [runner for runner in runners if runner.priority == lowest]
    ahead = {one.node.address for one in furthest([runner.stands for runner in first], primary)}
    level = [runner for runner in first if runner.address in ahead]
    heir = min(level, key=lambda runner: (runner.run_id, runner.address))
    for runner in runners:
        if runner is heir:
            continue
        if runner.priority > lowest:
            reason = f"its replica-priority is {runner.priority}; {heir.address} has {lowest}, and the lowest wins"
        elif runner.address not in ahead:
            behind = amount_behind(heir.stands.offset - runner.stands.offset)
            reason = f"it is {behind} behind {heir.address}"
        else:
            reason = f"as far on as {heir.address}, whose run id sorts first"
        why_not[runner.address] = reason
    return Choice(heir.stands.node, why_not, tuple(_doubts(heir, level, runners)))


def _doubts(heir: _Runner, level: list[_Runner], runners: list[_Runner]) -> list[str]:
    found = []
    if len({runner.stands.offset for runner in level}) > 1:
        names = ", ".join(sorted(runner.address for runner in level))
        found.append(
            f"{names} are about equally far on; whichever has more at the end is taken before its run id counts"
        )
    best = max(runners, key=lambda runner: runner.stands.offset)
    gap = best.stands.offset - heir.stands.offset
    if best.priority > heir.priority and not heir.stands.linked and gap > 0:
        found.append(
            f"priority comes before data: {heir.address} is {amount_behind(gap)} behind {best.address} and taken anyway"
        )
    return found
