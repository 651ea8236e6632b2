"""Routes: what a canary does and has seen, and the nodes that it was sent to. Without one: what would be started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redistui.model import Address, Group, Node
from redistui.model.canaries import CanaryPlan, CanaryState, Latencies
from redistui.model.routes import NodeStats, RouteStats
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, contains, text_lines
from redistui.view.spark import headroom
from redistui.view.topology import ROLES

COLUMNS: tuple[Column, ...] = (
    Column("", 1),
    Column("", 1),
    Column("NODE", 16, grows=True, cut="middle"),
    Column("WEIGHT", 6, "right"),
    Column("SHARE", 6, "right"),
    Column("WANTED", 6, "right", rank=2),
    Column("DONE", 5, "right"),
    Column("FAILED", 6, "right"),
    Column("MEAN", 6, "right"),
    Column("FLIGHT", 6, "right", rank=4),
    Column("CONNS", 5, "right", rank=5),
    Column("SUCCESS", 7, "right", rank=6),
    Column("LAG", 6, "right"),
    Column("BYTES", 6, "right", rank=1),
    Column("SITE", 8, rank=7),
    Column("LEFT OUT", 24, rank=3, grows=True),
)
NO_CANARY = (
    "No canary runs. A canary is a client of ours that reads, and once armed also writes, keys of its own under "
    "redistui:canary: which expire; it shows how a client that routes so would fare."
)
NO_MARKERS = "It only reads. Markers, which time replication, go out while it writes."
SLOW_MS = 1000.0
NONE = Cell(figures.UNKNOWN, "dim")
REDIRECTED = ("cluster", "sites")
"""Routes that may meet a redirection; of others the word would stand there for nothing."""
FOR_ERRORS = 29
"""Columns that are kept for errors, so that the trend is not cut short by the first of them."""


def headline(state: CanaryState | None, plan: CanaryPlan | None, glyphs: Glyphs, replayed: bool = False) -> Row:
    """Whether a canary runs, on what and how; `replayed`: nobody knows whether one did then."""
    if replayed:
        return (Cell(f"{glyphs.unknown} no recording holds what canaries saw", "warn"),)
    if plan is None:
        return (Cell(f"{glyphs.unknown} no group is known yet", "dim"),)
    what = (Cell(f" {plan.group}", "title"), *_doing(plan, state, glyphs))
    if state is None or not state.runs:
        return (Cell(f"{glyphs.waiting} canary off {glyphs.dot}", "dim"), *what)
    if state.phase == "opening":
        return (Cell(f"{glyphs.running} canary begins", "warn"), *what)
    since = figures.span(state.at - state.began)
    return (Cell(f"{glyphs.up} canary", "ok"), *what, Cell(f"  {since}", "dim"))


def _doing(plan: CanaryPlan, state: CanaryState | None, glyphs: Glyphs) -> Iterator[Cell]:
    told = "" if state is None or not state.runs or state.stats is None else state.stats.strategy
    strategy = "" if plan.consistency else plan.strategy or told
    dot = f" {glyphs.dot} "
    yield Cell(f"  {plan.route}", "accent")
    yield Cell(
        "".join(
            f"{dot}{said}"
            for said in (strategy, plan.consistency, f"{plan.rate:g}/s", f"writes {plan.writes:.0%}")
            if said
        )
    )
    if plan.others:
        yield Cell(f"{dot}with {', '.join(plan.others)}", "dim")


def latencies(state: CanaryState | None) -> Row:
    """Operations a second, and the percentiles of reads and of writes."""
    if state is None:
        return (Cell(" "),)
    rate = figures.rate(state.per_second) if state.runs else figures.UNKNOWN
    return (
        Cell(f"  {rate}/s", "accent" if state.runs else "dim"),
        Cell("  p50 p95 p99", "dim"),
        *_percentiles("reads", state.reads),
        *_percentiles("writes", state.writes),
    )


def _percentiles(what: str, seen: Latencies) -> Iterator[Cell]:
    yield Cell(f"  {what} ", "title")
    if seen.count:
        yield Cell(" ".join(figures.latency(value) for value in (seen.p50, seen.p95, seen.p99)))
    else:
        yield NONE


def counters(state: CanaryState | None) -> Row:
    """How calls ended, and what had to be done for it."""
    stats = None if state is None else state.stats
    if state is None or stats is None:
        return (Cell(" "),)
    facts: tuple[tuple[int, str, Tone], ...] = (
        (stats.refused, "refused", "bad"),
        (stats.unknown, "unknown", "bad"),
        (state.stale_reads + stats.stale_reads, "stale", "bad"),
        (stats.retries, "retried", "warn"),
        (stats.fallbacks, "fallbacks", "warn"),
        (stats.redirections, "redirects", "warn"),
    )
    shown = facts if stats.kind in REDIRECTED or stats.redirections else facts[:-1]
    told = (Cell(f"  {figures.count(number)} {what}", tone if number else "dim") for number, what, tone in shown)
    return (Cell(f"  {figures.count(stats.acked)} ok"), *told)


def trend(state: CanaryState | None, width: int, glyphs: Glyphs) -> Row:
    """The worst call of each of the last seconds, and the errors by kind."""
    if state is None or state.stats is None:
        return (Cell(" "),)
    title = Cell("  worst a second ", "dim")
    many, errors = _over_slots(state.stats), tuple(_errors(state.stats))
    taken = _columns((title, *many)) + max(FOR_ERRORS, _columns(errors))
    past = Cell(headroom(state.past, max(10, min(60, width - taken)), glyphs), "accent")
    return (title, past, *many, *errors)


def _columns(cells: Row) -> int:
    return sum(len(cell.text) for cell in cells)


def _over_slots(stats: RouteStats) -> Row:
    """Of a cluster: calls whose keys lay in several slots."""
    if stats.kind != "cluster":
        return ()
    share = _hundredths(stats.share_of(stats.cross_slot))
    return (Cell(f"  {figures.count(stats.cross_slot)} cross-slot ({share})"),)


def _errors(stats: RouteStats) -> Iterator[Cell]:
    if stats.errors:
        yield Cell("  errors ", "title")
        ordered = sorted(stats.errors.items(), key=lambda pair: (-pair[1], pair[0]))
        yield Cell("  ".join(f"{kind} {count}" for kind, count in ordered), "bad")


def listing(
    groups: Sequence[Group],
    state: CanaryState | None,
    lags: Mapping[Address, float],
    glyphs: Glyphs,
    width: int,
    wanted: str = "",
) -> Lines:
    """Every node of the groups and of the route, and below them what went wrong, the newest first."""
    stats = {} if state is None or state.stats is None else {one.address: one for one in state.stats.nodes}
    nodes = {node.address: node for group in groups for node in group.nodes}
    addresses = [*nodes, *(address for address in stats if address not in nodes)]
    plan = None if state is None else state.plan
    rows = [(a, _row(a, nodes.get(a), stats.get(a), plan, lags.get(a), glyphs)) for a in addresses]
    kept = [(a, row) for a, row in rows if contains(wanted, *(cell.text for cell in row))]
    lines = [(f"node {address}", Line(row)) for address, row in kept]
    lines += text_lines(_said(state, width, glyphs), "said ")
    return Lines(COLUMNS, lines, frozenset(range(len(kept))) if wanted else None)


def _row(
    address: Address,
    node: Node | None,
    stats: NodeStats | None,
    plan: CanaryPlan | None,
    lag_ms: float | None,
    glyphs: Glyphs,
) -> Row:
    role = node.role if node is not None else None if stats is None else stats.role
    out = stats is not None and not stats.healthy
    down = node is not None and not node.up
    lag = None if node is None else node.metric("lag_bytes")
    site = (None if stats is None else stats.site) or (None if node is None else node.site)
    return (
        words.level_mark("bad" if down else "warn" if out else None, glyphs),
        ROLES[role],
        Cell(address, "bad" if down else "dim" if out else "text"),
        *_routed(address, stats, plan),
        Cell("" if role == "primary" else figures.latency(lag_ms), lag_tone(lag_ms)),
        Cell("" if role == "primary" else figures.size(lag), "text" if lag else "dim"),
        Cell(site or "", "dim"),
        Cell(("" if stats is None else stats.why_not) or ("" if not out else "left out"), "warn"),
    )


def _routed(address: Address, stats: NodeStats | None, plan: CanaryPlan | None) -> Row:
    """Weight, share, wanted share, done, failed, mean, in flight, connections, success: what the route tells."""
    if stats is None:
        weight = 1.0 if plan is None else plan.weights.get(address, 1.0)
        return (Cell(f"{weight:g}", "dim"), *(NONE,) * 8)
    return (
        Cell(f"{stats.weight:g}", "text" if stats.weight else "warn"),
        Cell(_hundredths(stats.share)),
        Cell(_hundredths(stats.wanted_share), "dim"),
        Cell(figures.count(stats.requests - stats.failures)),
        Cell(figures.count(stats.failures), "bad" if stats.failures else "dim"),
        Cell(figures.latency(stats.latency_ms)),
        Cell(str(stats.in_flight), "warn" if stats.in_flight > 1 else "dim"),
        Cell(str(stats.connections), "dim"),
        Cell(_hundredths(stats.success_rate), "dim"),
    )


def _hundredths(share: float | None) -> str:
    return figures.UNKNOWN if share is None else figures.percent(share * 100)


def lag_tone(ms: float | None) -> Tone:
    """Of replication lag in ms, as markers measure it: a second is worth a look.

    >>> lag_tone(0.42), lag_tone(2300.0), lag_tone(None)
    ('text', 'warn', 'dim')
    """
    return "dim" if ms is None else "warn" if ms >= SLOW_MS else "text"


def _said(state: CanaryState | None, width: int, glyphs: Glyphs) -> list[Row]:
    """Sentences: why it does not run, why there are no markers, what went wrong."""
    room = max(20, width - 3)
    rows: list[Row] = [(Cell(" "),)]
    if state is None:
        return rows + words.paragraph(NO_CANARY, room, "dim", Cell(" "))
    if state.said:
        rows += words.paragraph(state.said, room, "warn", Cell(" "))
    told = state.lags_said or (NO_MARKERS if state.phase == "running" and not state.plan.writes else "")
    if told:
        rows += words.paragraph(told, room, "dim", Cell(" "))
    if state.stats is not None:
        for text, tone in _around(state.stats):
            rows += words.paragraph(text, room, tone, Cell(" "))
    for trouble in reversed(state.troubles):
        times = "" if trouble.count == 1 else f" ({trouble.count} times)"
        lead = Cell(f" {words.clock(trouble.at)} ", "dim")
        rows += words.paragraph(f"{trouble.text}{times}", room, "text", lead)
    return rows


def _around(stats: RouteStats) -> Iterator[tuple[str, Tone]]:
    """The sites of a route over several, and the Sentinels that it goes by: how each is, in a line."""
    for site in stats.sites:
        what = f"site {site.name}{', the primary one' if site.primary else ''}: "
        if not site.healthy:
            yield f"{what}{site.why_not}", "bad"
        else:
            weak = f"not highly available: {site.why_not_available}"
            latency = figures.latency(site.latency_ms)
            yield f"{what}{latency}, {'highly available' if site.available else weak}", "text"
    for one in stats.watchers:
        if one.why_not:
            yield f"Sentinel {one.address}: {one.why_not}", "warn"
            continue
        tilt = ", in TILT" if one.tilt else ""
        votes = f"quorum {_number(one.quorum)} of {_number(one.known)} known"
        ckquorum = "" if one.ckquorum in (None, "ok") else f", {one.ckquorum}"
        names = f"names {one.primary or figures.UNKNOWN}, epoch {_number(one.epoch)}"
        bad = one.tilt or bool(ckquorum)
        yield (
            f"Sentinel {one.address}: {figures.latency(one.latency_ms)}, {names}, {votes}{ckquorum}{tilt}",
            "warn" if bad else "dim",
        )


def _number(number: int | None) -> str:
    return figures.UNKNOWN if number is None else str(number)
