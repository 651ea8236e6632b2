"""One verdict for monitoring: OK, WARN or BAD, and the findings behind it.

Exit code 0, or 4 when a finding is bad (with --strict also when one is a warning), or 3 when nothing could be reached.
"""

from __future__ import annotations

import argparse
from typing import Literal

from redistui.cli.exits import FINE, UNHEALTHY
from redistui.cli.options import add_json, add_targets, add_timeout
from redistui.model import Fleet

Verdict = Literal["OK", "WARN", "BAD"]


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    add_json(parser)
    parser.add_argument("--strict", action="store_true", help="a warning is bad enough for exit code 4")
    parser.set_defaults(period=None)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import watching

    with watching(args, rates=True) as (_, fleet):
        show_verdict(fleet, as_json=args.json)
    worst = verdict(fleet)
    return UNHEALTHY if worst == "BAD" or (worst == "WARN" and args.strict) else FINE


def verdict(fleet: Fleet) -> Verdict:
    levels = {finding.level for finding in fleet.findings}
    return "BAD" if "bad" in levels else "WARN" if "warn" in levels else "OK"


def show_verdict(fleet: Fleet, *, as_json: bool) -> None:
    from redistui.cli.document import finding_document, printed, time

    if as_json:
        findings = [finding_document(finding) for finding in fleet.findings]
        print(printed({"at": time(fleet.at), "verdict": verdict(fleet), "findings": findings}))
        return
    from redistui.cli.paint import coloured, line
    from redistui.view.cells import Cell
    from redistui.view.status import finding_row

    colour, worst = coloured(), verdict(fleet)
    tone = {"OK": "ok", "WARN": "warn", "BAD": "bad"}[worst]
    print(line((Cell(worst, tone), Cell(_counted(fleet))), colour))  # type: ignore[arg-type]
    for finding in sorted(fleet.findings, key=lambda finding: finding.level):
        print(line(finding_row(finding), colour))


def _counted(fleet: Fleet) -> str:
    from redistui.view.figures import plural

    nodes = [node for group in fleet.groups for node in group.nodes]
    up = sum(node.up for node in nodes)
    bad = sum(finding.level == "bad" for finding in fleet.findings)
    warn = len(fleet.findings) - bad
    parts = [plural(len(fleet.groups), "group"), f"{up} of {plural(len(nodes), 'node')} up"]
    parts += [f"{bad} bad"] if bad else []
    parts += [plural(warn, "warning")] if warn else []
    return ", ".join(parts)
