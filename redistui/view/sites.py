"""Sites: every datacenter with the groups that stand in it, and where each of them takes its writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from redistui.judge.site_loss import Fate, SiteLoss
from redistui.judge.sites import NO_LAGS, NOWHERE, LagsMs, SiteGroup, SiteState, sites
from redistui.model import Fleet, Group, Node
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.figures import plural
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, contains, text_lines

COLUMNS: tuple[Column, ...] = (
    Column("", 1),
    Column("GROUP", 14, grows=True),
    Column("HEALTH", 7),
    Column("HERE", 8),
    Column("UP", 5, "right"),
    Column("LAG", 5, "right"),
    Column("IN TIME", 7, "right", rank=1),
    Column("IF LOST", 10),
    Column("LOSES", 5, "right"),
    Column("TAKES", 6, "right"),
    Column("PING", 6, "right", rank=2),
    Column("WRITES GO TO", 25, rank=3, grows=True),
    Column("OPS/S", 6, "right", rank=4),
    Column("CLIENTS", 7, "right", rank=5),
    Column("MEMORY", 6, "right", rank=6),
    Column("KIND", 11, rank=7),
)


def listing(fleet: Fleet, glyphs: Glyphs, width: int, wanted: str = "", lags_ms: LagsMs = NO_LAGS) -> Lines:
    """Each site as a heading with its groups below; `wanted` keeps the sites and groups it is found in. `lags_ms`: of
    each replica that a canary's markers reach."""
    return sought(whole(fleet, glyphs, width, lags_ms), wanted)


def whole(fleet: Fleet, glyphs: Glyphs, width: int, lags_ms: LagsMs = NO_LAGS) -> Sequence[tuple[str, Line]]:
    """All lines, whatever is sought: of 1,000 nodes it takes 30 ms to make them."""
    states = sites(fleet, lags_ms)
    lines: list[tuple[str, Line]] = []
    if all(state.name == NOWHERE for state in states):
        lines += text_lines(words.paragraph(NO_SITES, width - 3, "dim", Cell(" ")), "none ")
    for state in states:
        lines.append((f"site {state.name}", Line(_heading(state, glyphs), "band")))
        for part in state.groups:
            group = fleet.group(part.name)
            if group is not None:
                lines.append((f"group {part.name} {state.name}", Line(_row(group, part, state, glyphs))))
    return lines


def sought(lines: Sequence[tuple[str, Line]], wanted: str) -> Lines:
    """The lines, those marked that the filter is found in."""
    found = frozenset(n for n, (_, line) in enumerate(lines) if contains(wanted, *(cell.text for cell in line.cells)))
    return Lines(COLUMNS, lines, found if wanted else None)


AVAILABLE: Mapping[Fate, tuple[str, Tone]] = {
    "continue": ("", "dim"),
    "itself": ("highly available", "ok"),
    "by hand": ("if lost, by hand", "warn"),
    "stop": ("if lost, writes STOP", "bad"),
    "unknown": ("if lost, not known", "unknown"),
}
"""Of a site that takes writes: what its loss does, at worst."""
NO_SITES = (
    "No sites are named, so everything stands in one place. A config names them as [sites.NAME] with members = "
    '["10.1.0.0/16"]; a Valkey server says its own availability zone.'
)


def _heading(state: SiteState, glyphs: Glyphs) -> Row:
    """The site, what it takes writes of, and what its loss would do; what no narrow terminal has room for comes last:
    the groups that a primary site does not lead, by name."""
    leads = sum(part.primary_here for part in state.groups)
    dot = f" {glyphs.dot} "
    away = [part.name for part in state.groups if not part.primary_here] if state.primary and leads else []
    after, tone = AVAILABLE[state.available] if state.available is not None else ("", "dim")
    facts = dot.join((f"{state.nodes_up}/{state.nodes} up", f"ping {figures.latency(state.latency_ms)}"))
    return (
        words.health_mark(state.health, glyphs),
        Cell(f" {state.name}", "title"),
        Cell(f"  {words.HEALTH_WORDS[state.health]}", "dim" if state.health == "ok" else state.health),
        Cell(f"  {'primary site' + dot if state.primary else ''}{facts}{dot}", "dim"),
        _leads(leads, state),
        Cell(dot if after else "", "dim"),
        Cell(after, tone),
        Cell(f"{dot}led elsewhere: {', '.join(away)}" if away else "", "warn"),
    )


def _leads(leads: int, state: SiteState) -> Cell:
    """Of how many groups it takes the writes; of a site that went silent with them, of how many it took them."""
    led, of = sum(part.led > 0 for part in state.groups), plural(len(state.groups), "group")
    if leads:
        return Cell(f"leads {leads} of {of}", "primary")
    if led:
        return Cell(f"led {led} of {of}, which nobody leads now", "bad")
    return Cell("leads none of its groups", "warn") if state.primary else Cell("standby: leads none", "dim")


def _row(group: Group, part: SiteGroup, state: SiteState, glyphs: Glyphs) -> Row:
    here = [node for node in group.nodes if (node.site or NOWHERE) == state.name]
    down = part.nodes_up < part.nodes
    return (
        words.level_mark("bad" if not part.nodes_up else "warn" if down else None, glyphs),
        Cell(part.name, "text" if part.nodes_up else "bad"),
        Cell(words.HEALTH_WORDS[part.health], "dim" if part.health == "ok" else part.health),
        _here(group, part, here),
        Cell(f"{part.nodes_up}/{part.nodes}", "warn" if down else "text"),
        Cell("" if part.primary_here else figures.size(part.lag_bytes), "text" if part.lag_bytes else "dim"),
        Cell("" if part.primary_here or part.lag_ms is None else figures.latency(part.lag_ms)),
        *_if_lost(part.lost),
        Cell(figures.latency(_ping(here)), "dim"),
        _writes(group, state.name),
        _total(here, "ops_per_second", figures.rate),
        _total(here, "clients", figures.count),
        _total(here, "memory_used", figures.size),
        Cell(group.kind, "dim"),
    )


def _if_lost(lost: SiteLoss) -> tuple[Cell, Cell, Cell]:
    """What the loss of the site does to a group: to whom its writes go, what is lost of them, and how long it takes."""
    to = " ".join(lost.to) or NOWHERE
    match lost.fate:
        case "continue":
            return Cell("goes on", "dim"), Cell(""), Cell("")
        case "itself":
            taken = figures.latency(None if lost.seconds is None else lost.seconds * 1000)
            return Cell(f"to {to}", "ok"), Cell(figures.size(lost.bytes)), Cell(taken)
        case "by hand":
            return Cell("by hand", "warn"), Cell(figures.size(lost.bytes)), Cell(figures.UNKNOWN, "warn")
        case "stop":
            return Cell("STOPS", "bad"), Cell("all", "bad"), Cell("")
    return Cell(figures.UNKNOWN, "unknown"), Cell(figures.UNKNOWN, "unknown"), Cell(figures.UNKNOWN, "unknown")


def _here(group: Group, part: SiteGroup, here: Sequence[Node]) -> Cell:
    """Which role a site plays for a group: of a cluster, how many of its primaries stand there."""
    leads = (
        sum(node.role == "primary" and node.up for node in here) if group.kind == "cluster" else int(part.primary_here)
    )
    if part.led and not leads:
        return Cell("was P" if group.kind != "cluster" else f"was P {part.led}", "bad")
    if group.kind == "cluster":
        return Cell(f"P {leads} of {_primaries(group)}", "primary" if leads else "replica")
    return Cell("P leads", "primary") if leads else Cell("R copy", "replica")


def _primaries(group: Group) -> int:
    """How many a cluster has, those that are silent among them."""
    shards = () if group.cluster is None else group.cluster.shards
    owners = {shard.primary for shard in shards if shard.slot_count}
    return len(owners | {node.address for node in group.nodes if node.role == "primary"})


def _writes(group: Group, site: str) -> Cell:
    """Where the group's primary stands."""
    if group.kind == "cluster":
        places = sorted({node.site or NOWHERE for node in group.nodes if node.role == "primary"})
        return Cell("here" if places == [site] else " and ".join(places) or figures.UNKNOWN, "dim")
    lead = None if group.primary is None else group.node(group.primary)
    if lead is None:
        return Cell("nobody" if group.primary is None else group.primary, "bad")
    if lead.role != "primary" or not lead.up:
        return Cell(f"{lead.address}: no primary now", "bad")
    return Cell("here" if (lead.site or NOWHERE) == site else f"{lead.site or NOWHERE} {lead.address}", "dim")


def _total(nodes: Iterable[Node], metric: str, shown: Callable[[float], str]) -> Cell:
    """A sum over a site's nodes; with a node missing it is a lower bound, and says so."""
    values = [node.metric(metric) if node.up else None for node in nodes]
    known = [value for value in values if value is not None]
    if not known:
        return Cell(figures.UNKNOWN, "dim")
    text = shown(sum(known))
    return Cell(text if len(known) == len(values) else f"≥{text}", "text" if len(known) == len(values) else "unknown")


def _ping(nodes: Iterable[Node]) -> float | None:
    pings = [node.ping_ms for node in nodes if node.up and node.ping_ms is not None]
    return max(pings) if pings else None
