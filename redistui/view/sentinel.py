"""One Sentinel: how it is, and what it believes of a group. One replica: what each Sentinel says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from redistui.judge.quorum import votes
from redistui.model import Address, Fleet, Group, Sentinel, Watch, WatchedReplica
from redistui.view import figures, words
from redistui.view.cells import Cell, Row
from redistui.view.glyphs import Glyphs
from redistui.view.node import fact
from redistui.view.source import Line, Lines

Section = tuple[str, list[Row]]


def sentinel_page(fleet: Fleet, group: Group, sentinel: Sentinel, glyphs: Glyphs, width: int) -> Lines:
    """A Sentinel's own page, wrapped to a width. What it believes is left out while it does not answer."""
    watch = sentinel.watches.get(group.watched_as or "") if sentinel.up else None
    sections: list[Section] = [("", list(_state(fleet, sentinel, width)))]
    if watch is not None:
        sections += [
            (f"What it believes of {watch.name}", list(_beliefs(watch, width))),
            ("Replicas it knows", list(_replicas(watch, width))),
            ("Sentinels it knows", list(_peers(group, watch, width))),
            ("What else it watches", list(_others(sentinel, watch.name, width))),
        ]
    sections.append(("Itself", list(_itself(fleet, sentinel, width))))
    lead = words.level_mark("bad" if sentinel.fault is not None else None, glyphs)
    return _page(
        (lead, Cell(f" {sentinel.address}", "title"), Cell(f"  Sentinel {glyphs.dot} {group.name}", "dim")), sections
    )


def replica_page(group: Group, address: Address, glyphs: Glyphs, width: int) -> Lines:
    """What each Sentinel that answers says of one replica."""
    said = [
        (sentinel, known)
        for sentinel, watch in group.watches()
        if sentinel.up
        for known in watch.replicas
        if known.address == address
    ]
    rows = [row for sentinel, known in said for row in _saying(sentinel.address, _of_replica(known), width)]
    title = (Cell(" "), Cell(f" {address}", "title"), Cell(f"  replica {glyphs.dot} {group.name}", "dim"))
    return _page(title, [("What each Sentinel says of it", rows)])


def _page(title: Row, sections: Iterable[Section]) -> Lines:
    lines: list[tuple[str, Line]] = [("title", Line(title, "band"))]
    for name, rows in sections:
        if rows:
            lines += [(f"{name} head", Line((Cell(name, "title"),), "text"))] if name else []
            lines += [(f"{name} {number}", Line(row, "text")) for number, row in enumerate(rows)]
            lines.append((f"{name} gap", Line((), "text")))
    return Lines((), lines[:-1])


def _state(fleet: Fleet, sentinel: Sentinel, width: int) -> Iterator[Row]:
    """What keeps it from acting, and what it is busy with."""
    if sentinel.fault is not None:
        silent = figures.span(fleet.age(sentinel.fault.since))
        yield from fact("fault", f"{sentinel.fault.text}, for {silent}", width, "bad")
    if not sentinel.up:
        return
    if sentinel.tilt:
        since = figures.span(sentinel.tilt_seconds)
        yield from fact("TILT", f"for {since}: it only watches, neither votes nor fails over", width, "warn")
    runs, wait = sentinel.running_scripts, sentinel.queued_scripts
    known = runs is not None and wait is not None
    yield from fact("scripts", f"{runs} running, {wait} in the queue" if known else None, width)


def _itself(fleet: Fleet, sentinel: Sentinel, width: int) -> Iterator[Row]:
    age = fleet.age(sentinel.seen_at)
    seen = "never" if age is None else f"{words.clock(sentinel.seen_at or 0.0)} UTC, {figures.span(age)} ago"
    yield from fact("seen", seen, width, "text" if fleet.freshness(sentinel.seen_at) == "fresh" else "unknown")
    yield from fact("server", f"{sentinel.server or ''} {sentinel.version or ''}".strip(), width)
    yield from fact("ping", None if sentinel.ping_ms is None else figures.latency(sentinel.ping_ms), width)
    if sentinel.site:
        yield from fact("site", sentinel.site, width)
    yield from fact("id", sentinel.run_id, width, "dim")


def _beliefs(watch: Watch, width: int) -> Iterator[Row]:
    yield from fact("primary", f"{watch.primary}{_down(watch.flags)}", width, _tone(watch.flags))
    yield from fact("heard", _ago(watch.last_ok_ping_ms), width)
    yield from fact("epoch", _number(watch.epoch), width)
    counted = votes(watch)
    yield from fact("quorum", None if watch.quorum is None else f"{watch.quorum} have to see the primary down", width)
    if counted is not None:
        vote = f"{counted.needed} needed (majority {counted.majority} of {counted.known}), {counted.usable} reached"
        yield from fact("votes", vote, width, "text" if counted.usable >= counted.needed else "bad")
    yield from fact("ckquorum", watch.ckquorum, width, "ok" if watch.ckquorum == "ok" else "bad")
    if watch.failover_state not in (None, "no-failover", "none"):
        yield from fact("failover", watch.failover_state, width, "warn")
    settings = (
        ("down-after", _span(watch.down_after_ms)),
        ("failover-timeout", _span(watch.failover_timeout_ms)),
        ("parallel-syncs", _number(watch.parallel_syncs)),
    )
    yield from fact("settings", ", ".join(f"{name} {value or figures.UNKNOWN}" for name, value in settings), width)


def _replicas(watch: Watch, width: int) -> Iterator[Row]:
    for known in watch.replicas:
        yield from _saying(known.address, _of_replica(known), width)


def _of_replica(known: WatchedReplica) -> str:
    link = {True: "link up", False: "link down", None: "link unknown"}[known.link_up]
    down = f" for {_span(known.link_down_ms)}" if known.link_up is False and known.link_down_ms else ""
    said = [f"{'down' if 's_down' in known.flags else 'up'}{_flags(known.flags)}", f"{link}{down}"]
    said.append(f"follows {known.primary or 'nobody known'}")
    said.append(f"priority {_number(known.priority) or figures.UNKNOWN}, offset {figures.exact(known.offset)}")
    return ", ".join([*said, f"heard {_ago(known.last_ok_ping_ms) or figures.UNKNOWN}"])


def _peers(group: Group, watch: Watch, width: int) -> Iterator[Row]:
    for peer in watch.sentinels:
        voted = ""
        if peer.voted_leader and peer.voted_leader != "?":
            leader = _named(group, peer.voted_leader)
            voted = f", voted for {leader} in epoch {_number(peer.voted_epoch) or figures.UNKNOWN}"
        hello = f"hello {_ago(peer.last_hello_ms) or figures.UNKNOWN}"
        state = "down" if "s_down" in peer.flags else "up"
        yield from _saying(peer.address, f"{state}{_flags(peer.flags)}, {hello}{voted}", width)


def _named(group: Group, id_: str) -> str:
    """The address of the Sentinel with this id; of one that is not known the id's beginning."""
    return next((one.address for one in group.sentinels if one.run_id == id_), id_[:8])


def _others(sentinel: Sentinel, name: str, width: int) -> Iterator[Row]:
    for other, watch in sorted(sentinel.watches.items()):
        if other != name:
            known = f"{figures.plural(watch.known_replicas, 'replica')}, " if watch.known_replicas is not None else ""
            said = f"primary {watch.primary}{_down(watch.flags)}, {known}epoch {_number(watch.epoch)}"
            yield from _saying(other, said, width)


def _saying(who: str, text: str, width: int) -> Sequence[Row]:
    return words.paragraph(text, width, "text", Cell(f"  {words.address(who, 21):<21} ", "dim"))


def _down(flags: frozenset[str]) -> str:
    return (", s_down" if "s_down" in flags else "") + _flags(flags)


def _flags(flags: frozenset[str]) -> str:
    """What is said beyond what kind of server it is, and whether it is up."""
    return "".join(f", {flag}" for flag in sorted(flags - {"primary", "replica", "sentinel", "s_down"}))


def _tone(flags: frozenset[str]) -> Literal["bad", "text"]:
    return "bad" if flags & {"s_down", "o_down"} else "text"


def _ago(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else f"{figures.span(milliseconds / 1000)} ago"


def _span(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else figures.span(milliseconds / 1000)


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)
