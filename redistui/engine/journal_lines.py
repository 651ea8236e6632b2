"""The journal's lines as whoever goes on with an operation reads them: only those that are whole, with nothing in them
of another kind than ours. Another version of redistui may have written them, another program, or a hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

BURST = re.compile(rb'"operation":"([^"]*)".*?"step":(\d+).*?"state":"(\w+)".*"burst":\d+')


def newest(rows: Iterable[bytes], most: int | None) -> Iterator[bytes]:
    """The last so many bytes of lines; None: all. Of the lines that a step's bursts wrote, which may be hundreds of
    thousands, the first and the last: that something went out, and what it was."""
    kept: dict[int, bytes] = {}
    last: dict[tuple[bytes, ...], int | None] = {}
    size, oldest = 0, 0
    for number, row in enumerate(rows):
        found = BURST.search(row) if b'"burst":' in row else None
        if found is not None:
            before = last.get(found.groups(), -1)
            if before is not None and before >= 0:
                size -= len(kept.pop(before, b""))
            last[found.groups()] = None if before == -1 else number
        kept[number] = row
        size += len(row)
        while most is not None and size > most and oldest <= number:
            size -= len(kept.pop(oldest, b""))
            oldest += 1
    yield from kept.values()


def objects(rows: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The lines that are whole, and say of which operation they are."""
    for row in rows:
        try:
            line = json.loads(row)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict) and isinstance(line.get("operation"), str):
            yield sound(line)


def sound(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line without what is of another kind than it should be: what is missing is not known.

    >>> sound({"operation": "a", "step": "two", "command": ["GET", 7], "reason": "test"})
    {'operation': 'a', 'command': ['GET', 7], 'reason': 'test'}
    """
    return {name: value for name, value in line.items() if name not in KINDS or KINDS[name](value)}


def _text(value: object) -> bool:
    return isinstance(value, str)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value)


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str | int | float) for word in value)


def _at_nodes(value: object) -> bool:
    """Commands, each with its node."""
    return isinstance(value, list) and all(
        isinstance(row, dict) and _text(row.get("node")) and _words(row.get("command")) for row in value
    )


KINDS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("at", "action", "group", "node", "state", "reply", "message", "hole"), _text),
    **dict.fromkeys(("resumes", "part_of"), _text),
    **dict.fromkeys(("step", "lanes", "pid", "burst", "count"), _whole),
    **dict.fromkeys(("release", "left"), _at_nodes),
    "command": _words,
    "monotonic": _number,
    "stored": lambda value: isinstance(value, dict),
}
"""By key: what its value has to be."""
