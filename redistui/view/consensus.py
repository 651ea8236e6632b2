"""Consensus: every node's view of its cluster beside the others', dissenters first, and what the one under the cursor
says instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.beliefs import FLAGS
from redistui.judge.cluster_rules import listed, told
from redistui.judge.consensus import Consensus, Opinion, consensus
from redistui.model import Fleet, Group, Node
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, contains, text_lines

COLUMNS: tuple[Column, ...] = (
    Column("", 1),
    Column("NODE", 21, grows=True, cut="middle"),
    Column("SLOT MAP", 9),
    Column("EPOCH", 5, "right"),
    Column("STATE", 5),
    Column("OK", 4, "right"),
    Column("FAIL?", 5, "right"),
    Column("FAIL", 4, "right"),
    Column("MEET", 4, "right"),
    Column("CUT", 4, "right"),
    Column("AGE", 5, "right"),
    Column("NOADDR", 6, "right", rank=1),
    Column("LINKS", 6, "right", rank=2),
)
FOLDED = 8
"""Nodes of one mind that are still shown one by one."""
RULES = frozenset(
    {
        *("views-differ", "slots-claimed-twice", "bus-link", "bus-buffer", "ghost-member", "no-address"),
        *("handshake-stuck", "epoch-conflict", "epoch-zero", "one-host", "majority-on-one-host", "orphan-keys"),
        *("shard-without-replica", "replicas-missing"),
    }
)
"""Findings that are told on this screen, under the views they were drawn from."""


def headline(group: Group, glyphs: Glyphs) -> Row:
    """Whether they agree, in one line."""
    said = consensus(group)
    dot = f" {glyphs.dot} "
    rest = f"{dot}epoch {_number(said.epoch)}{dot}state {said.state or 'unknown'}"
    if not said.asked:
        return (Cell("no node has shown its view yet", "unknown"),)
    if said.dissenters:
        who = [one.node for one in said.dissenters]
        verb = "sees" if len(who) == 1 else "see"
        text = f"{glyphs.warn} {listed(who)} {verb} another slot map than {said.agree} of {said.asked} nodes"
        return Cell(text, "warn"), Cell(rest, "dim")
    waiting = len(said.opinions) - said.agree
    text = f"{glyphs.done} {said.agree} of {figures.plural(len(said.opinions), 'node')} agree on the slot map"
    if waiting:
        return Cell(text, "ok"), Cell(f"{dot}{waiting} {'is' if waiting == 1 else 'are'} silent", "unknown"), Cell(rest)
    return Cell(text, "ok"), Cell(rest, "dim")


def matrix(fleet: Fleet, group: Group, glyphs: Glyphs, wanted: str = "", opened: frozenset[str] = frozenset()) -> Lines:
    """A row for each node; many of one mind are one row, unless it was opened or a filter looks for single nodes."""
    said = consensus(group)
    lines: list[tuple[str, Line]] = []
    for alike in _alike(said):
        key = f"fold {alike[0].node}"
        if len(alike) > FOLDED and not wanted:
            lines.append((key, Line(_row(fleet, alike, glyphs))))
            if key not in opened:
                continue
        lines += [(f"node {one.node}", Line(_row(fleet, [one], glyphs))) for one in alike]
    if wanted:
        lines = [(key, line) for key, line in lines if contains(wanted, *(cell.text for cell in line.cells))]
    return Lines(COLUMNS, lines)


def _alike(said: Consensus) -> list[list[Opinion]]:
    """Nodes that believe the same, in the order of the first of them."""
    found: dict[object, list[Opinion]] = {}
    for one in said.opinions:
        mind = (one.agrees, one.differs, id(one.tally), one.epoch, one.state, one.cut, one.one_way, bool(one.meeting))
        found.setdefault(mind, []).append(one)
    return list(found.values())


def _row(fleet: Fleet, alike: Sequence[Opinion], glyphs: Glyphs) -> Row:
    one = alike[0]
    name = one.node if len(alike) == 1 else f"{len(alike)} nodes {'agree' if one.agrees else 'say the same'}"
    if one.tally is None:
        dash = Cell(figures.UNKNOWN, "dim")
        return (Cell("?", "unknown"), Cell(name, "dim"), Cell("silent", "unknown"), *([dash] * (len(COLUMNS) - 3)))
    ages = [fleet.age(each.at) for each in alike]
    age = max((each for each in ages if each is not None), default=None)
    fine, suspected, failed, meeting, lost = one.sees
    return (
        words.level_mark(one.odd, glyphs),
        Cell(name),
        _map(one),
        Cell(_number(one.epoch)),
        Cell(one.state or figures.UNKNOWN, "bad" if one.state == "fail" else "text" if one.state else "dim"),
        Cell(str(fine)),
        _count(suspected, "warn"),
        _count(failed, "bad"),
        _count(meeting, "warn"),
        _count(len({*one.cut, *one.one_way}), "warn"),
        Cell(figures.span(age), "dim"),
        _count(lost, "warn"),
        Cell(_number(one.links), "dim"),
    )


def _map(one: Opinion) -> Cell:
    if one.agrees is None:
        return Cell("older", "unknown")
    if one.agrees:
        return Cell("agrees", "ok")
    slots = sum(run.last - run.first + 1 for run in one.differs)
    return Cell(f"{slots} other" if slots < 1000 else f"{figures.count(slots)} oth.", "bad")


def _count(number: int, tone: Tone) -> Cell:
    """Nothing is a dash, so that what there is stands out, also without colours."""
    return Cell(str(number), tone) if number else Cell("-", "dim")


def _number(value: int | None) -> str:
    return figures.UNKNOWN if value is None else str(value)


# -- what the node under the cursor says ------------------------------------------------------------------------------


def details(fleet: Fleet, group: Group, key: str, width: int, glyphs: Glyphs) -> Lines:
    """The view under the cursor in sentences, then what is wrong with the cluster by all views together."""
    said = consensus(group)
    kind, _, address = key.partition(" ")
    one = next((each for each in said.opinions if each.node == address), None)
    rows: list[Row] = []
    if one is not None:
        node = group.node(one.node)
        title = one.node if kind == "node" else "Each of them"
        rows += words.paragraph(f"{title}: {_sentences(fleet, said, one, node)}", width)
    found = [each for each in fleet.findings if each.group == group.name and each.rule in RULES]
    if found:
        rows.append(())
    for each in found:
        mark = words.level_mark(each.level, glyphs)
        rows += words.paragraph(each.message, width, lead=Cell(f"{mark.text} ", mark.tone))
    return Lines((), text_lines(rows, "detail "))


def _sentences(fleet: Fleet, said: Consensus, one: Opinion, node: Node | None) -> str:
    if one.tally is None:
        if node is not None and node.fault is not None:
            return f"silent, {words.fault_words(node.fault, fleet.at)}; what it believes is not known."
        return "it has shown no view yet."
    parts = list(_parts(said, one))
    return "; ".join(parts) + "." if parts else "says what most say."


def _parts(said: Consensus, one: Opinion) -> Iterator[str]:
    if one.agrees is False:
        yield f"gives {told(one.differs, said.name)}"
    if one.agrees is None:
        yield "its view is older than the map that most have; it is asked again soon"
    if one.epoch != said.epoch:
        yield f"is at epoch {_number(one.epoch)}, most are at {_number(said.epoch)}"
    if one.state != said.state:
        yield f"says state {one.state or 'unknown'}, most say {said.state or 'unknown'}"
    for flag in FLAGS:
        peers = one.tally.flagged.get(flag, ()) if one.tally is not None else ()
        if peers:
            yield f"{flag}: {listed([said.names.get(peer.id, peer.address) for peer in peers])}"
    if one.cut:
        yield f"no link to {listed(sorted(map(said.name, one.cut)))}"
    if one.one_way:
        yield f"a link in one direction only with {listed(sorted(map(said.name, one.one_way)))}"
    for address, seconds in one.meeting:
        yield f"has tried to meet {address} for {figures.span(seconds)}"
