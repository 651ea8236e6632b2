"""Topology: who follows whom, as a tree with one line a node."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from redistui.history import History
from redistui.judge.health import health
from redistui.judge.topology import Branch, tree
from redistui.model import SLOTS, Address, Fleet, Group, Health, Node
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, contains
from redistui.view.spark import headroom
from redistui.view.trouble import Trouble, by_node, trouble

TREND = 16
"""Samples in the sparkline beside a node."""

NARROW: tuple[Column, ...] = (
    Column("", 1),
    Column("", 1),
    Column("NODE", 16, grows=True, cut="middle"),
    Column("LINK", 5),
    Column("LAG", 5, "right"),
    Column("OFFSET", 6, "right", rank=3),
    Column("CLI", 5, "right", rank=4),
    Column("MEM", 5, "right", rank=2),
    Column("OPS/S", 5, "right", rank=1),
    Column("TROUBLE", 14),
)
WIDE: tuple[Column, ...] = (
    Column("", 1),
    Column("", 1),
    Column("NODE", 28, cut="middle"),
    Column("LINK", 5),
    Column("LAG", 5, "right"),
    Column("ACK", 4, "right", rank=6),
    Column("OFFSET", 17, "right", rank=2),
    Column("CLIENTS", 7, "right"),
    Column("MEMORY", 6, "right"),
    Column("MEM%", 4, "right", rank=5),
    Column("OPS/S", 5, "right"),
    Column("", TREND, rank=3),
    Column("CPU", 4, "right", rank=4),
    Column("PING", 6, "right", rank=7),
    Column("UP", 6, "right", rank=8),
    Column("SITE", 8, rank=9),
    Column("VERSION", 13, rank=10),
    Column("TROUBLE", 32, grows=True),
)
ROLES: dict[str | None, Cell] = {
    "primary": Cell("P", "primary"),
    "replica": Cell("R", "replica"),
    None: Cell("?", "unknown"),
}


class Spot(NamedTuple):
    """A place in the outline: a group's heading, or one of its nodes."""

    group: Group
    branch: Branch | None


class Outline:
    """All lines of the tree, each made when it is asked for. Lines that the filter does not find are dim; groups where
    it finds nothing are left out."""

    def __init__(
        self,
        fleet: Fleet,
        groups: Sequence[Group],
        glyphs: Glyphs,
        history: History,
        *,
        wide: bool = False,
        wanted: str = "",
    ) -> None:
        self.columns = WIDE if wide else NARROW
        self._fleet = fleet
        self._glyphs = glyphs
        self._history = history
        self._wide = wide
        self._wanted = wanted
        self._found = by_node(fleet.findings)
        self._groups = [group for group in groups if not wanted or _group_matches(group, wanted)]
        self._ends = list(accumulate(1 + len(group.nodes) for group in self._groups))
        """Behind the last line of each group."""
        self._trees: dict[int, Sequence[Branch]] = {}
        """Of the groups that were looked at: of hundreds a dozen are in view."""

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def spot(self, index: int) -> Spot:
        place = bisect_right(self._ends, index)
        group = self._groups[place]
        line = index - (self._ends[place] - 1 - len(group.nodes))
        if line == 0:
            return Spot(group, None)
        drawn = self._trees.get(place)
        if drawn is None:
            drawn = self._trees[place] = tree(group)
        return Spot(group, drawn[line - 1])

    def key(self, index: int) -> str:
        group, branch = self.spot(index)
        return heading_key(group.name) if branch is None else node_key(group.name, branch.node.address)

    def matches(self, index: int) -> bool:
        group, branch = self.spot(index)
        if branch is None:
            return contains(self._wanted, group.name)
        return contains(self._wanted, group.name) or node_matches(self._wanted, branch.node)

    def line(self, index: int) -> Line:
        group, branch = self.spot(index)
        if branch is None:
            return Line(heading(self._fleet, group, self._glyphs), "band")
        row = self._row(group, branch)
        if self._wanted and not self.matches(index):
            row = tuple(Cell(cell.text, "dim") for cell in row)
        return Line(row)

    def _row(self, group: Group, branch: Branch) -> Row:
        fleet, node = self._fleet, branch.node
        state = trouble(fleet, group, node, self._found)
        known = fleet.freshness(node.seen_at)
        tone: Tone = "text" if known == "fresh" and state.tone != "unknown" else "dim"
        shown = node if known != "unknown" else Node(node.address, role=node.role, last_role=node.last_role)
        first = (
            words.level_mark(state.level, self._glyphs),
            ROLES[node.role],
            Cell(guides(branch, self._glyphs) + node.address, "bad" if state.level == "bad" else tone),
        )
        if not self._wide:
            return (*first, *_narrow(shown, tone), state.cell(False))
        trend = headroom(self._history.last(node.address, "ops_per_second", TREND), TREND, self._glyphs)
        return (*first, *_wide(node, shown, tone, trend), _long(branch, state))


def heading_key(group: str) -> str:
    return f"group {group}"


def node_key(group: str, address: Address) -> str:
    return f"node {address} {group}"


def guides(branch: Branch, glyphs: Glyphs) -> str:
    """The lines that lead to a node: one guide a level, the last one its own."""
    if branch.depth == 0 or not branch.last:
        return ""
    above = "".join(glyphs.gap if last else glyphs.through for last in branch.last[:-1])
    return above + (glyphs.last if branch.last[-1] else glyphs.branch)


def node_matches(wanted: str, node: Node) -> bool:
    """The filter looks at address, role, site, version and the kind of fault."""
    fault = None if node.fault is None else node.fault.kind
    return contains(wanted, node.address, node.role, node.site, node.zone, node.version, fault)


def _group_matches(group: Group, wanted: str) -> bool:
    return contains(wanted, group.name) or any(node_matches(wanted, node) for node in group.nodes)


def heading(fleet: Fleet, group: Group, glyphs: Glyphs) -> Row:
    """A group in one line: health, name, kind, nodes that answer, and what is particular to its kind."""
    state: Health = health(fleet, group)
    up = sum(node.up for node in group.nodes)
    facts = [f"{up}/{len(group.nodes)} up", *_particulars(group)]
    tone: Tone = "dim"
    return (
        words.health_mark(state, glyphs),
        Cell(f" {group.name}", "title"),
        Cell(f"  {words.HEALTH_WORDS[state]}", state if state != "ok" else "dim"),
        Cell(f"  {group.kind} {glyphs.dot} " + f" {glyphs.dot} ".join(facts), tone),
    )


def _particulars(group: Group) -> list[str]:
    facts: list[str] = []
    if group.cluster is not None:
        cluster = group.cluster
        facts.append(figures.plural(sum(shard.slot_count > 0 for shard in cluster.shards), "shard"))
        facts.append(f"{cluster.slots_assigned:,}/{SLOTS:,} slots")
        if cluster.epoch is not None:
            facts.append(f"epoch {cluster.epoch}")
    if group.sentinels:
        answering = sum(sentinel.up for sentinel in group.sentinels)
        facts.append(f"{answering}/{figures.plural(len(group.sentinels), 'Sentinel')}")
    if group.kind == "cluster":
        facts += [] if group.cluster is not None else ["its slots are not known"]
    elif group.cluster is None:
        facts.append(f"primary {group.primary}" if group.primary else "no primary known")
    return facts


def _narrow(node: Node, tone: Tone) -> Row:
    return (
        _link(node, tone),
        _lag(node, tone),
        _figure(figures.size(None if (part := node.replication) is None else part.offset), _quiet(tone)),
        _figure(figures.count(node.metric("clients")), tone),
        _figure(figures.size(node.metric("memory_used")), tone),
        _figure(figures.rate(node.metric("ops_per_second")), tone),
    )


def _wide(node: Node, shown: Node, tone: Tone, trend: str) -> Row:
    part = shown.replication
    acked = shown.metric("lag_seconds") if shown.role == "replica" else None
    return (
        _link(shown, tone),
        _lag(shown, tone),
        _figure(figures.span(acked) if shown.role == "replica" else "", _quiet(tone)),
        _figure(figures.exact(None if part is None else part.offset), _quiet(tone)),
        _figure(figures.count(shown.metric("clients")), tone),
        _figure(figures.size(shown.metric("memory_used")), tone),
        _share(shown, tone),
        _figure(figures.rate(shown.metric("ops_per_second")), tone),
        Cell(trend, "dim"),
        _figure(figures.percent(shown.metric("cpu_percent")), tone),
        _figure(figures.latency(shown.ping_ms), _quiet(tone)),
        _figure(figures.span(shown.metric("uptime_seconds")), _quiet(tone)),
        Cell(node.site or node.zone or "", "dim"),
        Cell(f"{node.server or ''} {node.version or ''}".strip(), "dim"),
    )


def _share(node: Node, tone: Tone) -> Cell:
    """Memory as a share of its limit; blank on a server without one."""
    share = node.metric("memory_percent")
    if share is None and node.metric("memory_used") is not None:
        return Cell("")
    return _figure(figures.percent(share), tone)


def _figure(text: str, tone: Tone) -> Cell:
    """What is not known is dim, whatever stands beside it."""
    return Cell(text, "dim" if text == figures.UNKNOWN else tone)


def _quiet(tone: Tone) -> Tone:
    """For figures that are looked up rather than watched."""
    return "replica" if tone == "text" else tone


def _link(node: Node, tone: Tone) -> Cell:
    """A replica's link; blank on a primary, and on a silent node what it was when last seen."""
    part = node.replication
    if node.role == "primary":
        return Cell("")
    if node.role is None:
        return Cell(f"was {node.last_role[0].upper()}" if node.last_role else "–", "dim")
    if part is None or part.link is None:
        return Cell("–", "dim")
    if part.sync_in_progress:
        return Cell("sync", "warn")
    if part.link == "down":
        return Cell("DOWN", "bad")
    return Cell("up", "ok" if tone == "text" else "dim")


def _lag(node: Node, tone: Tone) -> Cell:
    """Bytes behind the primary; blank on a primary, dim where there is nothing to say."""
    if node.role == "primary":
        return Cell("")
    behind = node.metric("lag_bytes")
    return _figure(figures.size(behind), tone if behind else "dim")


def _long(branch: Branch, state: Trouble) -> Cell:
    part = branch.node.replication
    if state.level is None and branch.orphan and part is not None and part.primary:
        return Cell(f"follows {part.primary}, which is not in this group", "warn")
    return state.cell(True)
