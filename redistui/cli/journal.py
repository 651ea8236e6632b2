"""Past operations, as the journal has them: every command with its reply, who sent it, from where and as whom.

One block an operation, oldest first; with --json one line of the journal a line. Secrets never got into it. --verify
follows the hashes by which each line holds the one before it, and ends with code 4 where one does not fit.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from redistui.cli.exits import FINE, UNHEALTHY, USAGE, Quit
from redistui.cli.options import add_json

if TYPE_CHECKING:
    from pathlib import Path

    from redistui.engine.past import Wanted

KEYS = ("at", "operation", "action", "group", "step", "node", "command", "reply", "state", "user", "from")
"""Always there, in this order; what else a line holds follows."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--operation", metavar="ID", default="", help="only this one")
    parser.add_argument("--group", metavar="NAME", help="only this group's")
    parser.add_argument("--last", metavar="N", type=count, help="only the last N of them")
    parser.add_argument("--verify", action="store_true", help="check that no line was changed or taken out")
    add_json(parser)


def count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= len(text) <= 6 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of operations, from 1 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from redistui.engine.journal import journal_path
    from redistui.engine.past import Unreadable, Wanted

    path = journal_path(os.environ)
    try:
        if args.verify:
            return verified(path, as_json=args.json)
        found = told(path, Wanted(args.operation, args.group, args.last), as_json=args.json)
    except Unreadable as error:
        raise Quit(USAGE, [f"the journal cannot be read: {error}"]) from None
    if not found:
        chosen = args.operation or args.group
        none = f"no such operation in {path}" if chosen else f"no operation was done yet: {path} has none"
        print(f"redistui: {none}", file=sys.stderr)
    return FINE


def told(path: Path, wanted: Wanted, *, as_json: bool) -> bool:
    """Prints what is wanted; False when that is nothing."""
    from redistui.cli.acting import columns, print_rows
    from redistui.engine.past import lines
    from redistui.ops.logged import gather
    from redistui.view.oplog import block

    found = False
    chosen = lines(path, wanted, lambda number: print(f"redistui: {broken(path, number)}", file=sys.stderr))
    if as_json:
        from redistui.cli.output import put

        for line in chosen:
            put(document(line))
            found = True
        return found
    for operation in gather(chosen):
        if found:
            print()
        print_rows(block(operation, columns()))
        found = True
    return found


def document(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line with all the keys that scripts rely on; masked once more, should another hand have written it."""
    from redistui.engine.masking import masked

    argv = line.get("command")
    known = {key: line.get(key) for key in KEYS}
    if isinstance(argv, list):
        known["command"] = list(masked([str(word) for word in argv]))
    return {**known, **{key: value for key, value in line.items() if key not in KEYS}}


def broken(path: Path, number: int) -> str:
    return f"{path}:{number}: not a whole line; a crash while writing leaves such a one"


def verified(path: Path, *, as_json: bool) -> int:
    from redistui.cli.output import put
    from redistui.engine.past import verify

    chain = verify(path)
    if as_json:
        put({"path": str(path), "lines": chain.lines, "broken": chain.broken, "misfit": chain.misfit})
    elif chain.misfit is None:
        torn = f", {chain.broken} of them broken off while writing" if chain.broken else ""
        print(f"{path}: fine ({chain.lines} lines{torn})")
    else:
        print(f"{path}:{chain.misfit}: does not fit the line before it: a line was changed, taken out or put in")
    return FINE if chain.misfit is None else UNHEALTHY
