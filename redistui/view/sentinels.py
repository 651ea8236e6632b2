"""Sentinels: what each of them believes of a group, whether they could fail it over, and how they see its replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.health import health
from redistui.judge.quorum import GONE, Quorum, ghosts, verdict, votes
from redistui.model import Address, Fleet, Group, Sentinel, Watch, WatchedReplica
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, contains, text_lines

NARROW: tuple[Column, ...] = (
    Column("", 1),
    Column("SENTINEL", 18, grows=True, cut="middle"),
    Column("PRIMARY", 18, cut="middle"),
    Column("EPOCH", 5, "right"),
    Column("Q", 2, "right"),
    Column("VOTES", 5, "right"),
    Column("FLAGS", 9),
    Column("CKQUORUM", 8),
    Column("TILT", 4),
    Column("AGE", 5, "right", rank=1),
)
WIDE: tuple[Column, ...] = (
    Column("", 1),
    Column("SENTINEL", 22, cut="middle"),
    Column("PRIMARY", 22, cut="middle"),
    Column("EPOCH", 6, "right"),
    Column("QUORUM", 6, "right"),
    Column("VOTES", 5, "right"),
    Column("FLAGS", 18, grows=True),
    Column("CKQUORUM", 22, grows=True),
    Column("TILT", 8),
    Column("AGE", 5, "right"),
    Column("PING", 6, "right"),
    Column("REPLICAS", 8, "right", rank=1),
    Column("DOWN-AFTER", 10, "right", rank=2),
    Column("SCRIPTS", 7, "right", rank=2),
    Column("VERSION", 13, rank=3),
)
REPLICA_NARROW: Row = tuple(
    Cell(text, "title") for text in ("", "REPLICA", "FOLLOWS", "PRIO", "", "SEEN", "FLAGS", "LINK", "", "HEARD")
)
REPLICA_WIDE: Row = tuple(
    Cell(text, "title")
    for text in ("", "REPLICA", "FOLLOWS", "PRIO", "", "SEEN", "FLAGS", "LINK", "", "HEARD", "", "", "", "", "")
)
_ROLE_FLAGS = frozenset({"primary", "replica", "sentinel"})


def sentinels(fleet: Fleet, group: Group | None, glyphs: Glyphs, width: int, wide: bool, wanted: str = "") -> Lines:
    """All lines of the screen: the group's verdict, its Sentinels, its replicas, then every other group in one line."""
    lines: list[tuple[str, Line]] = []
    if group is not None and group.watched_as is not None:
        lines += _group(fleet, group, glyphs, width, wide)
    elif group is not None:
        said = f"{group.name} is a {_KINDS[group.kind]}: no Sentinel watches it."
        lines += text_lines(words.paragraph(said, width - 2, "dim", Cell("  ")), "none ")
    others = [each for each in fleet.groups if each is not group and each.watched_as is not None]
    if others:
        lines += [("others gap", Line((), "text")), ("others", Line((Cell("Other groups", "title"),), "text"))]
        lines += [(f"group {each.name}", Line(_heading(fleet, each, verdict(each), glyphs), "text")) for each in others]
    found = frozenset(n for n, (_, line) in enumerate(lines) if contains(wanted, *(cell.text for cell in line.cells)))
    return Lines(WIDE if wide else NARROW, lines, found if wanted else None)


_KINDS = {"replication": "plain replication", "sentinel": "Sentinel group", "cluster": "cluster"}


def _group(fleet: Fleet, group: Group, glyphs: Glyphs, width: int, wide: bool) -> Iterator[tuple[str, Line]]:
    quorum = verdict(group)
    yield "heading", Line(_heading(fleet, group, quorum, glyphs), "band")
    yield "verdict", Line(_verdict(quorum, glyphs), "text")
    yield "verdict gap", Line((), "text")
    for sentinel in group.sentinels:
        yield f"sentinel {sentinel.address}", Line(_sentinel(fleet, group, sentinel, quorum, glyphs, wide))
    yield "reasons gap", Line((), "text")
    yield from text_lines(_reasons(group, quorum, glyphs, width), "reason ")
    replicas = _seen(group)
    if replicas:
        asked = sum(sentinel.up for sentinel, _ in group.watches())
        yield "replica gap", Line((), "text")
        yield "replica titles", Line(REPLICA_WIDE if wide else REPLICA_NARROW)
        for address, seen in replicas:
            yield f"replica {address}", Line(_replica(address, seen, asked, glyphs, wide))


def _heading(fleet: Fleet, group: Group, quorum: Quorum, glyphs: Glyphs) -> Row:
    state = health(fleet, group)
    dot = f" {glyphs.dot} "
    facts = [f"primary {quorum.primary or figures.UNKNOWN}", f"epoch {_text(quorum.epoch)}"]
    facts.append(_answering(group))
    return (
        words.health_mark(state, glyphs),
        Cell(f" {group.name}", "title"),
        Cell(f"  {words.HEALTH_WORDS[state]}", "dim" if state == "ok" else state),
        Cell("  " + dot.join(facts), "dim"),
    )


def _verdict(quorum: Quorum, glyphs: Glyphs) -> Row:
    """Could it fail over now: quorum and majority, as the Sentinels themselves count."""
    asked = f"quorum {_text(quorum.quorum)}, majority {quorum.majority} of {quorum.known}"
    said = f"{quorum.up} can vote, {quorum.needed} needed ({asked})"
    if quorum.reachable:
        return Cell(f"{glyphs.done} Failover possible: {said}", "ok"), Cell("")
    if not quorum.lost:
        return Cell(f"{glyphs.unknown} Not known whether a failover is possible: {said}", "warn"), Cell("")
    return Cell(f"{glyphs.bad} NO failover possible: {said}", "bad"), Cell("")


def _reasons(group: Group, quorum: Quorum, glyphs: Glyphs, width: int) -> Iterator[Row]:
    """Everything that is not as it should be, a sentence each; or that all is."""
    found = [*quorum.reasons, *_replica_quarrels(group)]
    found += [f"{ghost} is down but still counted by the others: it raises the majority" for ghost in ghosts(group)]
    if not found and quorum.agree:
        yield (Cell(f"{glyphs.done} {_agreed(group)}", "ok"),)
    for reason in found:
        yield from words.paragraph(reason, width - 2, "text", Cell(f"{glyphs.warn} ", "warn"))
    for busy in _at_scripts(group):
        yield from words.paragraph(busy, width - 2, "text", Cell(f"{glyphs.dot} ", "dim"))


def _answering(group: Group) -> str:
    up, known = sum(sentinel.up for sentinel in group.sentinels), len(group.sentinels)
    return f"{up}/{known} {'Sentinel answers' if known == 1 else 'Sentinels answer'}"


def _agreed(group: Group) -> str:
    if len(group.sentinels) == 1:
        return "The only Sentinel that is known sees nothing wrong."
    return "All Sentinels agree on primary, epoch and each other."


def _replica_quarrels(group: Group) -> Iterator[str]:
    """Replicas that Sentinels see differently."""
    for address, seen in _seen(group):
        follows = {replica.primary for _, replica in seen if replica.primary is not None}
        down = [sentinel.address for sentinel, replica in seen if replica.flags & GONE]
        if len(follows) > 1:
            yield f"{address} follows {' or '.join(sorted(follows))}: the Sentinels differ"
        if down and len(down) < len(seen):
            yield f"{address} is down for {', '.join(down)} and up for the others"


def _sentinel(fleet: Fleet, group: Group, sentinel: Sentinel, quorum: Quorum, glyphs: Glyphs, wide: bool) -> Row:
    watch = sentinel.watches.get(group.watched_as or "")
    fresh = fleet.freshness(sentinel.seen_at) == "fresh" and sentinel.up
    if watch is None or not sentinel.up:
        return _silent(fleet, sentinel, glyphs, wide)
    off = watch.primary != quorum.primary
    mark = words.level_mark(
        "bad" if off else "warn" if sentinel.tilt or sentinel.address in quorum.dissenters else None, glyphs
    )
    tone: Tone = "text" if fresh else "dim"
    narrow: Row = (
        mark,
        Cell(sentinel.address, tone),
        Cell(watch.primary, "bad" if off else tone),
        Cell(_text(watch.epoch), "warn" if watch.epoch != quorum.epoch else tone),
        Cell(_text(watch.quorum), tone),
        _votes(watch, tone),
        _flags(watch.flags) if fresh else Cell(words.stale_words(fleet, sentinel.seen_at), "unknown"),
        _ckquorum(sentinel, watch, wide),
        _tilt(sentinel, wide),
        Cell(figures.span(fleet.age(sentinel.seen_at)), "dim" if fresh else "unknown"),
    )
    if not wide:
        return narrow
    known = _text(watch.known_replicas)
    after = figures.UNKNOWN if watch.down_after_ms is None else figures.latency(watch.down_after_ms)
    version = f"{sentinel.server or ''} {sentinel.version or ''}".strip()
    return (
        *narrow,
        Cell(figures.latency(sentinel.ping_ms), "dim"),
        Cell(known, tone),
        Cell(after, tone),
        _scripts(sentinel, tone),
        Cell(version, "dim"),
    )


def _silent(fleet: Fleet, sentinel: Sentinel, glyphs: Glyphs, wide: bool) -> Row:
    """A Sentinel that does not answer, or does not watch this group: nothing it once said is passed off as its view."""
    fault = sentinel.fault
    said = words.FAULTS[fault.kind] if fault is not None else "watches not" if sentinel.up else "asking"
    why = fault.text if fault is not None else ""
    since = figures.span(fleet.at - fault.since) if fault is not None else figures.UNKNOWN
    dash = Cell(figures.UNKNOWN, "dim")
    row = (
        words.level_mark(None if fault is None else "bad", glyphs),
        Cell(sentinel.address, "bad" if fault is not None else "dim"),
        *(dash for _ in range(4)),
        Cell(said, "bad" if fault is not None else "dim"),
        Cell(why if wide else "", "bad"),
        dash,
        Cell(since, "bad" if fault is not None else "dim"),
    )
    return (*row, dash, dash, dash, dash, Cell("")) if wide else row


def _votes(watch: Watch, tone: Tone) -> Cell:
    """Sentinels this one counts on, itself among them, of all it knows."""
    counted = votes(watch)
    if counted is None:
        return Cell(figures.UNKNOWN, "dim")
    return Cell(f"{counted.usable}/{counted.known}", "warn" if counted.usable < counted.known else tone)


def _flags(flags: frozenset[str]) -> Cell:
    said = sorted(flags - _ROLE_FLAGS)
    if not said:
        return Cell("ok", "dim")
    return Cell(" ".join(said), "bad" if flags & {"s_down", "o_down"} else "warn")


def _ckquorum(sentinel: Sentinel, watch: Watch, wide: bool) -> Cell:
    """The server's own verdict; of a Sentinel in TILT it is an old one."""
    said = watch.ckquorum
    if said is None:
        return Cell(figures.UNKNOWN, "dim")
    text = said if wide or said == "ok" else said.split(" ")[0]
    if sentinel.tilt:
        return Cell(f"old: {text}", "unknown")
    return Cell(text, "ok" if said == "ok" else "bad")


def _scripts(sentinel: Sentinel, tone: Tone) -> Cell:
    """Scripts of its own that run, and those that wait for their turn: `1+3`."""
    runs, wait = sentinel.running_scripts, sentinel.queued_scripts
    if runs is None or wait is None:
        return Cell(figures.UNKNOWN, "dim")
    return Cell(f"{runs}+{wait}" if runs or wait else "0", "warn" if wait else tone if runs else "dim")


def _at_scripts(group: Group) -> Iterator[str]:
    """Sentinels that run scripts now: they tell somebody, or have clients moved."""
    for sentinel in group.sentinels:
        if sentinel.up and (sentinel.running_scripts or sentinel.queued_scripts):
            runs, wait = (sentinel.running_scripts or 0), (sentinel.queued_scripts or 0)
            waits = f"{wait} {'waits' if wait == 1 else 'wait'} in its queue"
            yield f"{sentinel.address} runs {figures.plural(runs, 'script')}, {waits}"


def _tilt(sentinel: Sentinel, wide: bool) -> Cell:
    if sentinel.tilt is None:
        return Cell(figures.UNKNOWN, "dim")
    if not sentinel.tilt:
        return Cell("no", "dim")
    return Cell(f"TILT {figures.span(sentinel.tilt_seconds)}" if wide else "TILT", "warn")


Seen = list[tuple[Sentinel, WatchedReplica]]


def _seen(group: Group) -> Sequence[tuple[Address, Seen]]:
    """Each replica with what the answering Sentinels say of it, in the order of their addresses."""
    table: dict[Address, Seen] = {}
    for sentinel, watch in group.watches():
        if sentinel.up:
            for replica in watch.replicas:
                table.setdefault(replica.address, []).append((sentinel, replica))
    return sorted(table.items())


def _replica(address: Address, seen: Seen, asked: int, glyphs: Glyphs, wide: bool) -> Row:
    flags = frozenset(flag for _, replica in seen for flag in replica.flags)
    follows = {replica.primary for _, replica in seen if replica.primary is not None}
    down = sum(bool(replica.flags & GONE) for _, replica in seen)
    links = {replica.link_up for _, replica in seen}
    priorities = {replica.priority for _, replica in seen}
    pings = [replica.last_ok_ping_ms for _, replica in seen if replica.last_ok_ping_ms is not None]
    link = "up" if links == {True} else "DOWN" if links == {False} else "mixed" if len(links) > 1 else figures.UNKNOWN
    row: Row = (
        words.level_mark("bad" if down == len(seen) else "warn" if down or link in ("DOWN", "mixed") else None, glyphs),
        Cell(address),
        _follows(follows),
        Cell(
            "/".join(_text(priority) for priority in sorted(priorities, key=str)), "warn" if 0 in priorities else "text"
        ),
        Cell(""),
        Cell(f"{len(seen) - down}/{asked}", "warn" if down or len(seen) < asked else "text"),
        _flags(flags),
        Cell(link, "ok" if link == "up" else "bad" if link == "DOWN" else "warn"),
        Cell(""),
        Cell(figures.span(max(pings) / 1000) if pings else figures.UNKNOWN, "dim"),
    )
    return (*row, *(Cell("") for _ in range(5))) if wide else row


def _follows(primaries: set[Address]) -> Cell:
    if not primaries:
        return Cell(figures.UNKNOWN, "dim")
    return Cell(next(iter(primaries))) if len(primaries) == 1 else Cell("they differ", "warn")


def _text(value: int | None) -> str:
    return figures.UNKNOWN if value is None else str(value)
