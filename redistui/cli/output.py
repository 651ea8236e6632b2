"""What --json puts on stdout: one document, whatever happens.

A verb puts its own there with `put`. Where it ends before it came to that, the command line puts one that says why:
{"error": [TEXT], "exit": CODE}, and the keys of the verb's own document where its module knows them (`absent`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence


class _Put:
    """How many documents went out, of this process: a program may run several command lines."""

    count = 0


def wanted(argv: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, be it right otherwise or not.

    >>> wanted(["status", "--json"]), wanted(["key", "--", "--json"])
    (True, False)
    """
    return "--json" in (argv[: argv.index("--")] if "--" in argv else argv)


def put(document: object) -> None:
    """One document on stdout, on a line of its own. Counted before it is written: who is interrupted in between is
    told of once at most."""
    text = printed(document)
    _Put.count += 1
    print(text, flush=True)


def were_put() -> int:
    return _Put.count


def printed(document: object) -> str:
    """One line of JSON, UTF-8. What stdout could not take (a lone surrogate, say) makes the whole line escaped."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(document, allow_nan=False)
    return text
