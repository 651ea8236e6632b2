"""One node, everything that is known of it: what it says itself, and what others say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.history import History
from redistui.metrics import KEPT, METRICS
from redistui.model import Fleet, Group, Node, Replication
from redistui.view import figures, words
from redistui.view.cells import Cell, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines
from redistui.view.spark import headroom
from redistui.view.topology import ROLES
from redistui.view.trouble import OWN, by_node, trouble

LABEL = 14
"""Cells for the name of a fact."""


def portrait(fleet: Fleet, group: Group, node: Node, history: History, glyphs: Glyphs, width: int) -> Lines:
    """A node's own page, wrapped to a width."""
    sections: tuple[tuple[str, list[Row]], ...] = (
        ("", list(_findings(fleet, group, node, glyphs, width))),
        ("Itself", list(_itself(fleet, node, width))),
        ("Replication", list(_replication(fleet, node, width))),
        ("Figures", list(_figures(fleet, node, history, glyphs, width))),
        ("What others say of it", list(_others(fleet, group, node, width))),
        ("Replicas it sees", list(_replicas(node, width))),
    )
    lines: list[tuple[str, Line]] = [("title", Line(_title(node, group, glyphs), "band"))]
    for title, rows in sections:
        if not rows:
            continue
        if title:
            lines.append((f"{title} head", Line((Cell(title, "title"),), "text")))
        lines += [(f"{title} {number}", Line(row, "text")) for number, row in enumerate(rows)]
        lines.append((f"{title} gap", Line((), "text")))
    return Lines((), lines[:-1])


def _title(node: Node, group: Group, glyphs: Glyphs) -> Row:
    role = ROLES[node.role]
    said = node.role or (f"silent, was {node.last_role}" if node.last_role else "role unknown")
    return (role, Cell(f" {node.address}", "title"), Cell(f"  {said} {glyphs.dot} {group.name}", "dim"))


def fact(label: str, value: str | None, width: int, tone: Tone = "text") -> list[Row]:
    """A named fact, over as many rows as it needs; unknown is a dash, and dim."""
    lead = Cell(f"  {label:<{LABEL}}", "dim")
    if value is None or value == "":
        return [(lead, Cell(figures.UNKNOWN, "dim"))]
    return words.paragraph(value, width, tone, lead)


def _findings(fleet: Fleet, group: Group, node: Node, glyphs: Glyphs, width: int) -> Iterator[Row]:
    found = by_node(fleet.findings)
    state = trouble(fleet, group, node, found)
    if state.own:
        lead = words.level_mark(state.level, glyphs)
        yield from words.paragraph(state.sentence, width, state.tone, Cell(f"{lead.text} ", lead.tone))
    for finding in found.get((group.name, node.address), ()):
        if state.own and finding.rule in OWN:
            continue
        lead = words.level_mark(finding.level, glyphs)
        yield from words.paragraph(finding.message, width, finding.level, Cell(f"{lead.text} ", lead.tone))


def _itself(fleet: Fleet, node: Node, width: int) -> Iterator[Row]:
    age = fleet.age(node.seen_at)
    seen = "never" if age is None else f"{words.clock(node.seen_at or 0.0)} UTC, {figures.span(age)} ago"
    yield from fact("seen", seen, width, "text" if fleet.freshness(node.seen_at) == "fresh" else "unknown")
    yield from fact("server", f"{node.server or ''} {node.version or ''}".strip(), width)
    yield from fact("ping", figures.latency(node.ping_ms) if node.ping_ms is not None else None, width)
    where = " · ".join(dict.fromkeys(part for part in (node.site, node.zone) if part))
    if where:
        yield from fact("site", where, width)
    yield from fact("run id", node.run_id, width, "dim")
    view = node.cluster
    if view is not None:
        yield from fact("node id", view.myself, width, "dim")
        yield from fact("cluster", f"state {view.state or '?'}, epoch {view.epoch}, own epoch {view.my_epoch}", width)


def _replication(fleet: Fleet, node: Node, width: int) -> Iterator[Row]:
    part = node.replication
    if part is None:
        return
    if part.primary is not None:
        yield from fact("follows", part.primary, width)
        yield from fact("link", _link(part), width, "ok" if part.link == "up" else "bad")
        yield from fact("priority", None if part.priority is None else str(part.priority), width)
        yield from fact("read-only", _yes(part.read_only), width)
    yield from fact("offset", _offset(fleet, part), width)
    yield from fact("history", part.replid, width, "dim")
    if part.second_offset is not None and part.second_offset >= 0:
        yield from fact("before", f"{part.replid2} up to {figures.exact(part.second_offset)}", width, "dim")
    if part.backlog_active is not None:
        size = figures.size(part.backlog_size)
        yield from fact("backlog", f"{size}, {'active' if part.backlog_active else 'not active'}", width)
    if part.failover_state not in (None, "no-failover"):
        yield from fact("failover", part.failover_state, width, "warn")


def _link(part: Replication) -> str:
    said: list[str] = [part.link or "unknown"]
    if part.link_state and part.link_state != "connected":
        said.append(part.link_state)
    if part.link_down_seconds is not None and part.link_down_seconds >= 0 and part.link == "down":
        said.append(f"down for {figures.span(part.link_down_seconds)}")
    if part.last_io_seconds is not None and part.last_io_seconds >= 0:
        said.append(f"last heard {figures.span(part.last_io_seconds)} ago")
    if part.sync_in_progress:
        said.append("full sync in progress")
    return ", ".join(said)


def _offset(fleet: Fleet, part: Replication) -> str | None:
    if part.offset is None:
        return None
    age = fleet.age(part.offset_at)
    return figures.exact(part.offset) + ("" if age is None else f", read {age:.1f} s ago")


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "NO: it takes writes of its own"


def _figures(fleet: Fleet, node: Node, history: History, glyphs: Glyphs, width: int) -> Iterator[Row]:
    """Every metric that could be read, in its own unit, and the recent past of those that are kept."""
    tone: Tone = "text" if fleet.freshness(node.seen_at) == "fresh" else "dim"
    room = max(0, min(40, width - LABEL - 12))
    for metric in METRICS:
        value = node.metric(metric.name)
        if value is None:
            continue
        shown = figures.figure(value, metric.unit)
        past = headroom(history.last(node.address, metric.name, room), room, glyphs) if metric.name in KEPT else ""
        yield (
            Cell(f"  {metric.title:<{LABEL}}", "dim"),
            Cell(f"{shown:>6}", tone),
            Cell(f"  {past}", "dim"),
        )


def _others(fleet: Fleet, group: Group, node: Node, width: int) -> Iterator[Row]:
    for other in group.nodes:
        seen = other.replication.replicas if other.replication is not None else ()
        for line in seen:
            if line.address == node.address:
                ack = f"last ack {figures.span(line.lag_seconds)} ago" if line.lag_seconds is not None else "no ack"
                said = f"replica {line.state}, offset {figures.exact(line.offset)}, {ack}"
                yield from _saying(other.address, said, width)
    for sentinel, watch in group.watches():
        if watch.primary == node.address:
            yield from _saying(sentinel.address, f"the primary{_flags(watch.flags)}, epoch {watch.epoch}", width)
        for known in watch.replicas:
            if known.address == node.address:
                link = {True: "link up", False: "link down", None: "link unknown"}[known.link_up]
                said = f"a replica{_flags(known.flags)}, {link}, follows {known.primary or 'nobody known'}"
                yield from _saying(sentinel.address, said, width)
    yield from _peers(group, node, width)


def _peers(group: Group, node: Node, width: int) -> Iterator[Row]:
    """What the other cluster nodes' views say; those that say the same are counted together."""
    said: dict[str, list[str]] = {}
    for other in group.nodes:
        if other.cluster is None or other.address == node.address:
            continue
        for peer in other.cluster.peers:
            if peer.address == node.address:
                count = sum(last - first + 1 for first, last in peer.slots)
                link = "" if peer.link_up else ", no bus link"
                role = "a replica" if "replica" in peer.flags else "a primary"
                text = f"{role}{_flags(peer.flags)}, {count:,} slots, epoch {peer.epoch}{link}"
                said.setdefault(text, []).append(other.address)
    for text, who in said.items():
        yield from _saying(who[0] if len(who) == 1 else f"{len(who)} nodes", text, width)


def _saying(who: str, text: str, width: int) -> Sequence[Row]:
    return words.paragraph(text, width, "text", Cell(f"  {words.address(who, 21):<21} ", "dim"))


def _flags(flags: frozenset[str]) -> str:
    """What is said beyond the role."""
    return "".join(f", {flag}" for flag in sorted(flags - {"primary", "replica", "myself", "connected"}))


def _replicas(node: Node, width: int) -> Iterator[Row]:
    for seen in node.replication.replicas if node.replication is not None else ():
        ack = figures.span(seen.lag_seconds)
        yield from _saying(seen.address, f"{seen.state}, offset {figures.exact(seen.offset)}, ack {ack}", width)
