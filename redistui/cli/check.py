"""One verdict for monitoring: OK, WARN or BAD, and the findings behind it.

Exit code 0, or 4 when a finding is bad (with --strict also when one is a warning), or 3 when nothing could be reached.
What was acknowledged or silenced in the dashboard is marked, and counts all the same; with --new it does not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from redistui.cli.exits import FINE, UNHEALTHY
from redistui.cli.options import add_json, add_targets, add_timeout
from redistui.cli.remarked import NOTHING, Said, SaidOf, said_now, said_of, words
from redistui.model import Finding, Fleet

Verdict = Literal["OK", "WARN", "BAD"]


class Found(NamedTuple):
    """A finding, and what operators said of it."""

    finding: Finding
    said: Said = NOTHING


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    add_json(parser)
    parser.add_argument("--strict", action="store_true", help="a warning is bad enough for exit code 4")
    parser.add_argument(
        "--new", action="store_true", help="only what nobody has acknowledged or silenced in the dashboard counts"
    )
    parser.set_defaults(period=None)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import watching

    with watching(args, rates=True) as (_, fleet):
        found = judged(fleet, said_now(args, fleet))
    counted = [one.finding for one in found if one.said.new or not args.new]
    worst = verdict(counted)
    show_verdict(fleet, worst, found, as_json=args.json)
    return UNHEALTHY if worst == "BAD" or (worst == "WARN" and args.strict) else FINE


def judged(fleet: Fleet, said: SaidOf) -> list[Found]:
    """Bad ones first."""
    found = sorted(fleet.findings, key=lambda finding: finding.level)
    return [Found(finding, said_of(said, finding)) for finding in found]


def verdict(findings: Iterable[Finding]) -> Verdict:
    levels = {finding.level for finding in findings}
    return "BAD" if "bad" in levels else "WARN" if "warn" in levels else "OK"


def show_verdict(fleet: Fleet, worst: Verdict, found: Sequence[Found], *, as_json: bool) -> None:
    from redistui.cli.document import remarked_document, time
    from redistui.cli.output import put

    if as_json:
        findings = [remarked_document(one.finding, one.said) for one in found]
        put({"at": time(fleet.at), "verdict": worst, "findings": findings})
        return
    from redistui.cli.paint import coloured, line
    from redistui.view.cells import Cell
    from redistui.view.status import finding_row

    colour = coloured()
    tone = {"OK": "ok", "WARN": "warn", "BAD": "bad"}[worst]
    print(line((Cell(worst, tone), Cell(_counted(fleet, found))), colour))  # type: ignore[arg-type]
    for one in found:
        print(line((*finding_row(one.finding), Cell(words(one.said), "dim")), colour))


def _counted(fleet: Fleet, found: Sequence[Found]) -> str:
    from redistui.view.figures import plural

    nodes = [node for group in fleet.groups for node in group.nodes]
    up = sum(node.up for node in nodes)
    bad = sum(one.finding.level == "bad" for one in found)
    warn, known = len(found) - bad, sum(not one.said.new for one in found)
    parts = [plural(len(fleet.groups), "group"), f"{up} of {plural(len(nodes), 'node')} up"]
    parts += [f"{bad} bad"] if bad else []
    parts += [plural(warn, "warning")] if warn else []
    parts += [f"{known} of these acknowledged or silenced"] if known else []
    return ", ".join(parts)
