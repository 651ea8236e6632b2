"""What `redistui drill` prints: text, JSON and Markdown of the same figures; and whether the objective was met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from redistui.cli.acting import columns, print_rows
from redistui.cli.paint import coloured, harmless, painted
from redistui.model.drill import Figures, Outage, Seen
from redistui.view.cells import Cell, show
from redistui.view.drill import Block, aligned, blocks, facts, headline, sentences, spread, took
from redistui.view.words import paragraph


@dataclass(frozen=True, slots=True)
class Objective:
    """What a drill has to keep to; None: anything goes."""

    max_lost: int | None = None
    max_outage_ms: float | None = None

    @property
    def set(self) -> bool:
        return self.max_lost is not None or self.max_outage_ms is not None


def missed(figures: Figures, objective: Objective) -> list[str]:
    """Why a run does not meet the objective; empty: it does."""
    whole, reasons = figures.whole, []
    if not objective.set:
        return []
    if figures.broken_off or figures.unsettled:
        reasons.append("it did not come to its proper end")
    if objective.max_lost is not None:
        if whole.lost > objective.max_lost:
            reasons.append(f"{whole.lost} acknowledged writes were lost, {objective.max_lost} may be")
        elif whole.unread:
            reasons.append(f"{whole.unread} acknowledged writes could not be read back")
    if objective.max_outage_ms is not None:
        if not whole.writes.over:
            reasons.append("writes of the aware client never came back at some shard")
        elif whole.writes.longest_ms > objective.max_outage_ms:
            gap = took(whole.writes.longest_ms)
            reasons.append(f"{gap} went by without writes, {took(objective.max_outage_ms)} may")
    return reasons


def met(figures: Figures, objective: Objective) -> str:
    """By how much a run keeps to the objective; empty: it misses it, or there is none."""
    whole, parts = figures.whole, []
    if objective.max_lost is not None:
        parts.append(f"{whole.lost} acknowledged writes lost, {objective.max_lost} may be")
    if objective.max_outage_ms is not None:
        parts.append(f"{took(whole.writes.longest_ms)} without writes, {took(objective.max_outage_ms)} may go by")
    return "" if missed(figures, objective) else "; ".join(parts)


def document(runs: Sequence[Figures], objective: Objective, log: Path) -> dict[str, Any]:
    """The `drill --json` document."""
    return {
        "action": runs[0].action if runs else None,
        "runs": [_run(figures, objective) for figures in runs],
        "objective": asdict(objective) if objective.set else None,
        "passed": bool(runs) and not any(missed(figures, objective) for figures in runs),
        "log": str(log),
    }


def _run(figures: Figures, objective: Objective) -> dict[str, Any]:
    places = {shard.tag: shard for shard in figures.shards}
    return {
        **_seen(figures.whole),
        "run": figures.run,
        "started": figures.started,
        "seed": figures.seed,
        "outcome": figures.outcome,
        "message": figures.message,
        "unsettled": figures.unsettled,
        "broken_off": figures.broken_off,
        "missed": missed(figures, objective),
        "clients": [{"client": one.client, **_seen(one)} for one in figures.clients],
        "shards": [{**asdict(places[one.shard]), **_seen(one)} for one in figures.by_shard],
        "each": [{"client": one.client, "shard": one.shard, **_seen(one)} for one in figures.each],
        "phases": [asdict(one) for one in figures.phases],
        "steps": [asdict(one) for one in figures.steps],
        "versions": dict(figures.versions),
        "timeouts": dict(figures.timeouts),
        "rate": figures.rate,
        "deadline_ms": figures.deadline_ms,
    }


COUNTED = ("acked", "refused", "unknown", "lost", "unread", "phantom", "reads", "stale_reads")


def _seen(one: Seen) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in COUNTED},
        **_outage("write_outage", one.writes),
        **_outage("read_outage", one.reading),
        "first_error_ms": one.first_error_ms,
        "errors": dict(one.errors),
        "read_errors": dict(one.read_errors),
        "double_primary_ms": one.double_primary_ms,
        "p99_ms": asdict(one.p99),
        "late_ms": one.late_ms,
    }


def _outage(name: str, one: Outage) -> dict[str, Any]:
    return {f"{name}_ms": one.longest_ms, f"{name}_total_ms": one.total_ms, f"{name}_over": one.over}


def print_text(runs: Sequence[Figures], objective: Objective, log: Path) -> None:
    for number, figures in enumerate(runs, 1):
        rows: list[tuple[Cell, ...]] = [(Cell(f"run {number} of {len(runs)}", "dim"),)] if len(runs) > 1 else []
        print_rows([*rows, *headline(figures, columns())])
        for block in blocks(figures):
            _print_block(block)
        for text, tone in sentences(figures):
            print_rows(paragraph(text, columns(), tone))
        for name, text in facts(figures):
            print_rows(paragraph(text, columns(), "text", Cell(f"{name:<9}", "dim")))
        for reason in missed(figures, objective):
            print_rows(paragraph(reason, columns(), "bad", Cell("objective missed:", "bad")))
        if kept := met(figures, objective):
            print_rows(paragraph(kept, columns(), "ok", Cell("objective met:", "ok")))
        print()
    if len(runs) > 1:
        _print_block(spread(runs))
    print_rows([(Cell("log      ", "dim"), Cell(show(str(log), 2000)))])


def _print_block(block: Block) -> None:
    print_rows([(Cell(block.title, "accent"),)])
    colour = coloured()
    for row in aligned(block, columns() - 2):
        print("  " + "".join(painted(harmless(cell.text), cell.tone, colour) for cell in row).rstrip(), flush=True)


def markdown(runs: Sequence[Figures], objective: Objective, log: Path) -> Iterator[str]:
    """The report as Markdown lines."""
    for number, figures in enumerate(runs, 1):
        yield f"## Drill, run {number} of {len(runs)}: {_plain(_title(figures))}"
        yield ""
        for block in blocks(figures):
            yield from _block(block)
        yield from (f"- {_plain(text)}" for text, _ in sentences(figures))
        yield from (f"- {name}: {_plain(text)}" for name, text in facts(figures))
        yield from (f"- **objective missed**: {_plain(reason)}" for reason in missed(figures, objective))
        if kept := met(figures, objective):
            yield f"- **objective met**: {_plain(kept)}"
        yield ""
    if len(runs) > 1:
        yield from _block(spread(runs))
    yield f"Log: `{harmless(str(log)).replace('`', '')}`"


def _title(figures: Figures) -> str:
    return "".join(cell.text for row in headline(figures, 10_000) for cell in row)


def _block(block: Block) -> Iterator[str]:
    yield f"### {block.title}"
    yield ""
    yield "| " + " | ".join(column.title.lower() for column in block.columns) + " |"
    yield "|" + "|".join("---:" if column.align == "right" else "---" for column in block.columns) + "|"
    yield from ("| " + " | ".join(_plain(cell.text.strip()) for cell in row) + " |" for row in block.rows)
    yield ""


def _plain(text: str) -> str:
    """Nothing in it is markup."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in harmless(text))
