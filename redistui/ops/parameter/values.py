"""Values of parameters: whether one may be set, and whether two mean the same, however they are written."""

from __future__ import annotations

import re
from difflib import get_close_matches

from redistui.ops.parameter.table import BY_NAME, ELSEWHERE, Parameter

BYTES = re.compile(r"(0|[1-9][0-9]{0,14})(b|k|kb|m|mb|g|gb)?")
NUMBER = re.compile(r"0|-?[1-9][0-9]{0,14}")
"""Servers take no leading zeros."""
FACTORS = {"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20, "g": 10**9, "gb": 1 << 30}
"""As servers read them: `1k` is 1000, `1kb` 1024."""


def why_not(name: str) -> str:
    """Why a parameter that is not in the table is not changed here, and which one may have been meant."""
    if name in ELSEWHERE:
        return f"{name} is not changed here: {ELSEWHERE[name]}"
    near = get_close_matches(name.replace("slave", "replica"), BY_NAME, 1)
    return f"{name!r} is not among the parameters that are safe to change here" + (
        f"; did you mean {near[0]}?" if near else "; tab on the : line lists them, and the README"
    )


def wrong(parameter: Parameter, value: str) -> str:
    """What is wrong with a value; empty: nothing.

    >>> wrong(BY_NAME["hz"], "1000"), wrong(BY_NAME["maxmemory"], "100mb")
    ("hz takes a number from 1 to 500, not '1000'", '')
    """
    found = canonical(parameter, value)
    fits = found is not None
    if isinstance(found, int):
        fits = parameter.lowest <= found and (parameter.highest is None or found <= parameter.highest)
    return "" if fits else f"{parameter.name} takes {parameter.takes}, not {value!r}"


def canonical(parameter: Parameter, value: str) -> int | str | None:
    """A value to compare with, however it is written; None where it is none.

    >>> canonical(BY_NAME["maxmemory"], "100MB"), canonical(BY_NAME["activedefrag"], "Yes")
    (104857600, 'yes')
    """
    text = value.lower()
    if parameter.sort == "bytes":
        match = BYTES.fullmatch(text)
        return int(match[1]) * FACTORS[match[2] or ""] if match else None
    if parameter.sort == "number":
        return int(text) if NUMBER.fullmatch(text) else None
    return text if text in parameter.values else None


def same(name: str, one: str, other: str) -> bool:
    """Whether two values of a parameter mean the same.

    >>> same("maxmemory", "1kb", "1024"), same("hz", "10", "100")
    (True, False)
    """
    parameter = BY_NAME.get(name)
    if parameter is None:
        return one == other
    meant = canonical(parameter, one)
    return meant is not None and meant == canonical(parameter, other)
