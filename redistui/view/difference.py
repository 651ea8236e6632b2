"""What is different between two snapshots of a fleet, in words: who came and went, who leads, who follows whom, links,
epochs, slots, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple, TypeVar

from redistui.judge.score import band, score
from redistui.model import Address, Cluster, Fleet, Group, Node, Sentinel, Watch
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.figures import plural, span
from redistui.view.moments import told
from redistui.view.words import paragraph

T = TypeVar("T")
UNKNOWN = "unknown"
NOBODY = "nobody"


class Change(NamedTuple):
    """One thing that is another than before. `group` is empty for what is of the whole fleet."""

    group: str
    text: str
    tone: Tone = "text"


def difference(before: Fleet, after: Fleet) -> tuple[Change, ...]:
    """Everything that an operator would call a change, group by group; numbers that move all the time are none."""
    return (*_groups(before, after), *_findings(before, after), *_score(before, after))


def rows(before: Fleet, after: Fleet, width: int) -> Iterator[Row]:
    """The same to be read, under a heading for each group."""
    apart = after.at - before.at
    yield (Cell(f"{told(before.at, True)}  to  {told(after.at, True)}", "title"), Cell(f"   {span(apart)}", "dim"))
    changes = difference(before, after)
    if not changes:
        yield ()
        yield (Cell("nothing is different: the same nodes in the same roles, with the same slots", "ok"),)
    for name, found in groupby(changes, key=lambda change: change.group):
        yield ()
        yield (Cell(show(name, 64) or "The fleet", "title"),)
        for change in found:
            yield from paragraph(show(change.text, 1000), width, change.tone, Cell("  "))


def _came_and_went(
    before: Mapping[str, T], after: Mapping[str, T], same: Callable[[T, T], Iterator[Change]],
    one: Callable[[str, bool], Change],
) -> Iterator[Change]:  # fmt: skip
    """What is only in one of them, and what `same` tells of that which is in both."""
    for name in dict.fromkeys((*before, *after)):
        if name in before and name in after:
            yield from same(before[name], after[name])
        else:
            yield one(name, name in after)


def _groups(before: Fleet, after: Fleet) -> Iterator[Change]:
    def one(name: str, came: bool) -> Change:
        return Change(name, "the group came into view" if came else "the group is gone", "accent" if came else "bad")

    yield from _came_and_went(_known(before), _known(after), _group, one)


def _known(fleet: Fleet) -> dict[str, Group]:
    """By name. A group of which nothing has answered or failed yet is only a place to ask: none came, and none goes."""
    return {
        group.name: group
        for group in fleet.groups
        if any(one.seen_at is not None or one.fault is not None for one in group.members)
    }


def _group(was: Group, now: Group) -> Iterator[Change]:
    def member(address: Address, came: bool) -> Change:
        return Change(now.name, f"{address} came into view" if came else f"{address} is gone", "accent")

    if was.kind != now.kind:
        yield Change(now.name, f"it was a {was.kind} group, and is a {now.kind} group", "accent")
    if was.primary != now.primary:
        tone: Tone = "bad" if now.primary is None else "accent"
        yield Change(now.name, f"primary: {was.primary or NOBODY} -> {now.primary or NOBODY}", tone)
    yield from _came_and_went(
        {node.address: node for node in was.nodes}, {node.address: node for node in now.nodes},
        lambda old, new: (Change(now.name, *said) for said in _node(old, new)), member,
    )  # fmt: skip
    yield from _sentinels(was, now, member)
    if was.cluster is not None and now.cluster is not None:
        yield from (Change(now.name, *said) for said in _cluster(was.cluster, now.cluster))
    elif was.cluster is not now.cluster:
        yield Change(now.name, "no map of its slots could be drawn" if now.cluster is None else "its slots are known")


def _node(was: Node, now: Node) -> Iterator[tuple[str, Tone]]:
    address = now.address
    yield from _health(was, now)
    if was.run_id is not None and now.run_id is not None and was.run_id != now.run_id:
        yield f"{address} is another process: it was restarted", "warn"
    role = was.role or was.last_role
    if role is not None and now.role is not None and role != now.role:
        yield f"{address} was {role}, is {now.role}", "accent"
    if was.version is not None and now.version is not None and was.version != now.version:
        yield f"{address} ran version {was.version}, runs {now.version}", "accent"
    old, new = was.replication, now.replication
    if old is None or new is None:
        return
    if new.primary is not None and old.primary is not None and new.primary != old.primary:
        yield f"{address} followed {old.primary}, follows {new.primary}", "accent"
    if new.link is not None and old.link is not None and new.link != old.link:
        yield f"{address}: its link to {new.primary or UNKNOWN} is {new.link}", "bad" if new.link == "down" else "ok"
    if old.replid and new.replid and old.replid != new.replid:
        yield f"{address} has another history: {old.replid[:8]} -> {new.replid[:8]}", "dim"


def _health(was: Node | Sentinel, now: Node | Sentinel) -> Iterator[tuple[str, Tone]]:
    old = None if was.fault is None else was.fault.kind
    new = None if now.fault is None else now.fault.kind
    if old == new:
        return
    yield (f"{now.address}: {now.fault.text}", "bad") if now.fault is not None else (f"{now.address} answers", "ok")


def _sentinels(was: Group, now: Group, member: Callable[[Address, bool], Change]) -> Iterator[Change]:
    before = {sentinel.address: watch for sentinel, watch in was.watches()}
    after = {sentinel.address: watch for sentinel, watch in now.watches()}

    def same(old: Sentinel, new: Sentinel) -> Iterator[Change]:
        for text, tone in (*_health(old, new), *_tilt(old, new)):
            yield Change(now.name, f"Sentinel {text}", tone)
        believed, believes = before.get(new.address), after.get(new.address)
        if believed is not None and believes is not None:
            for text, tone in _watch(new.address, believed, believes):
                yield Change(now.name, text, tone)

    def one(address: Address, came: bool) -> Change:
        return member(f"Sentinel {address}", came)

    yield from _came_and_went(
        {one.address: one for one in was.sentinels}, {one.address: one for one in now.sentinels}, same, one
    )


def _tilt(was: Sentinel, now: Sentinel) -> Iterator[tuple[str, Tone]]:
    if bool(was.tilt) != bool(now.tilt):
        yield (
            f"{now.address} {'is in TILT: it does nothing' if now.tilt else 'is out of TILT'}",
            ("warn" if now.tilt else "ok"),
        )


def _watch(address: Address, was: Watch, now: Watch) -> Iterator[tuple[str, Tone]]:
    who = f"Sentinel {address}"
    if was.primary != now.primary:
        yield f"{who} took {was.primary} for the primary, takes {now.primary}", "accent"
    if was.epoch != now.epoch:
        yield f"{who}: epoch {was.epoch} -> {now.epoch}", "dim"
    if was.quorum != now.quorum:
        yield f"{who}: quorum {was.quorum} -> {now.quorum}", "warn"
    for flag, words in (("s_down", "subjectively down"), ("o_down", "objectively down")):
        if (flag in was.flags) != (flag in now.flags):
            down = flag in now.flags
            yield f"{who} takes {now.primary} {'to be' if down else 'no longer to be'} {words}", "bad" if down else "ok"
    fine, was_fine = now.ckquorum == "ok", was.ckquorum == "ok"
    if None not in (was.ckquorum, now.ckquorum) and fine != was_fine:
        yield f"{who}: {'a failover can be voted again' if fine else now.ckquorum}", "ok" if fine else "bad"


def _cluster(was: Cluster, now: Cluster) -> Iterator[tuple[str, Tone]]:
    if was.state != now.state:
        yield f"cluster state: {was.state or UNKNOWN} -> {now.state or UNKNOWN}", "ok" if now.state == "ok" else "bad"
    if was.epoch != now.epoch:
        yield f"cluster epoch: {was.epoch} -> {now.epoch}", "dim"
    yield from _slots(was, now)
    old, new = set(was.open_slots), set(now.open_slots)
    for one in sorted(new - old, key=lambda one: (one.slot, one.kind)):
        yield f"slot {one.slot} is {one.kind}", "warn"
    for one in sorted(old - new, key=lambda one: (one.slot, one.kind)):
        yield f"slot {one.slot} is {one.kind} no more", "ok"
    if bool(was.failing) != bool(now.failing):
        fails = len(now.failing)
        yield (f"{plural(fails, 'slot')}: the owner fails", "bad") if fails else ("no slot's owner fails", "ok")
    if was.agree != now.agree:
        yield ("all views agree", "ok") if now.agree else ("the nodes' views of the slots differ", "warn")


def _slots(was: Cluster, now: Cluster) -> Iterator[tuple[str, Tone]]:
    """Slots that another node owns, as runs; None: nobody."""
    before, after = _owners(was), _owners(now)
    if before == after:
        return
    moved: dict[tuple[str, str], list[int]] = {}
    for slot, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            moved.setdefault((old, new), []).append(slot)
    for (old, new), slots in moved.items():
        yield f"{plural(len(slots), 'slot')} ({runs(slots)}): {old} -> {new}", "bad" if new == NOBODY else "accent"


def _owners(cluster: Cluster) -> list[str]:
    names = [*(shard.primary for shard in cluster.shards), NOBODY]  # -1 is the last one
    return [names[owner] for owner in cluster.owners]


def runs(slots: list[int], most: int = 6) -> str:
    """Slots as runs, the first of them; `slots` in their order.

    >>> runs([0, 1, 2, 7, 9, 10]), runs([1, 3, 5], most=2)
    ('0-2, 7, 9-10', '1, 3 and 1 more')
    """
    found: list[tuple[int, int]] = []
    for slot in slots:
        if found and found[-1][1] == slot - 1:
            found[-1] = (found[-1][0], slot)
        else:
            found.append((slot, slot))
    said = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found[:most])
    return said + (f" and {len(found) - most} more" if len(found) > most else "")


def _findings(before: Fleet, after: Fleet) -> Iterator[Change]:
    """What is wrong now and was not, and the other way round. A level that changed is told, too."""
    was = {(one.rule, one.group, one.node): one for one in before.findings}
    now = {(one.rule, one.group, one.node): one for one in after.findings}
    for key, finding in now.items():
        known = was.get(key)
        if known is None or known.level != finding.level:
            yield Change("", f"{finding.level}: {finding.group}: {finding.message}", finding.level)
    for key, finding in was.items():
        if key not in now:
            yield Change("", f"over: {finding.group}: {finding.message}", "ok")


def _score(before: Fleet, after: Fleet) -> Iterator[Change]:
    was, now = score(before), score(after)
    if was != now:
        text = f"score: {was} ({band(was)}) -> {now} ({band(now)})"
        yield Change("", text, "ok" if now > was else "warn")
