"""What an action would send, and what speaks against it. Nothing is sent but reads.

Arguments in angle brackets are found out while the plan runs: each step says how. Exit code 5 when it is refused.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from redistui.cli.acting import absent, add_action
from redistui.cli.exits import FINE, REFUSED

if TYPE_CHECKING:
    from redistui.cli.parser import Parser

__all__ = ["absent", "arguments", "run"]


def arguments(parser: Parser) -> None:
    add_action(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.acting import aimed, chosen, document, plan_rows, prepared, print_rows, tell_unfinished
    from redistui.cli.opening import watching
    from redistui.cli.output import put

    action = chosen(args)
    tell_unfinished()
    with watching(args) as (engine, first):
        aim = aimed(args, action, first)
        plan, fleet, aim = prepared(engine, action, aim)
        if args.json:
            put(document(plan, engine))
        else:
            print_rows(plan_rows(plan, action, fleet, aim))
    return REFUSED if plan.outcome == "refused" else FINE
