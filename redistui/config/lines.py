"""In which line of a TOML text a key stands: tomllib tells it for syntax errors only."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from redistui.config.files import Unreadable, read_config
from redistui.config.problems import Problem
from redistui.config.values import Config

Key = tuple[str, ...]
LONGEST = 400
"""Lines of one statement beyond which we stop looking for its end."""


def key_lines(text: str) -> dict[Key, int]:
    """The first line of every key and table of a valid TOML text, counted from 1.

    >>> key_lines('period = 2\\n[fleets.a]\\nuser = "x"')
    {('period',): 1, ('fleets',): 2, ('fleets', 'a'): 2, ('fleets', 'a', 'user'): 3}
    """
    found: dict[Key, int] = {}
    table: Key = ()
    for number, statement in _statements(text):
        header = statement.lstrip().startswith("[")
        keys = tuple(_keys(_parse(statement) or {}, () if header else table))
        for key in keys:
            found.setdefault(key, number)
        if header and keys:
            table = keys[-1]
    return found


def line_of(found: Mapping[Key, int], key: Key) -> int | None:
    """The line of a key, or of the closest table around it."""
    while key:
        if key in found:
            return found[key]
        key = key[:-1]
    return None


def placed(config: Config, text: str, *key: str) -> Problem:
    """A problem that came to light after the file was read, with its line: what it names cannot be used."""
    try:
        found = {} if config.path is None else key_lines(read_config(config.path))
    except Unreadable:
        found = {}
    return Problem(text, str(config.path or ""), ".".join(key), line_of(found, key))


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line it begins in. One goes on over lines until it parses."""
    start, pending = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if not pending:
            start = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        pending += line + "\n"
        if _parse(pending) is not None or number - start > LONGEST:
            yield start, pending
            pending = ""


def _parse(statement: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(statement)
    except (ValueError, RecursionError):
        return None


def _keys(tables: Mapping[str, Any], above: Key) -> Iterator[Key]:
    for name, value in tables.items():
        yield (*above, name)
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            yield from _keys(inner, (*above, name))
