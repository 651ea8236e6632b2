"""Stills: key frames amid a chunk, by what is other than in the last one.

What the servers said is not told, since a reader has read it; and not what it knows for the same reason: when a server
answered last, and how long its ping took.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from typing import Any

from redistui.engine.recording.changes import applied, changed_mapping
from redistui.engine.recording.pasts import Pasts
from redistui.model import Address

LEVEL = 6
READ = "="
"""In the place of what was read."""


def still_out(at: float, before: dict[str, Any], frame: dict[str, Any]) -> bytes:
    """`before`, `frame`: as `short` makes them."""
    return zlib.compress(json.dumps([at, changed_mapping(before, frame)], separators=(",", ":")).encode(), LEVEL)


def still_in(raw: bytes, before: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """Its time and its frame, which is short."""
    at, change = json.loads(raw)
    return at, applied(before, change)


def short(frame: dict[str, Any], pasts: Pasts) -> dict[str, Any]:
    """Without what was read; of redistui.engine.recording.plain.frame_out."""

    def make(address: Address, told: Any, which: int) -> Any:
        return READ if told is not None and told == _read(pasts, address)[which] else told

    return _with(frame, make)


def whole(frame: dict[str, Any], pasts: Pasts) -> dict[str, Any]:
    """The opposite."""
    return _with(frame, lambda address, told, which: _read(pasts, address)[which] if told == READ else told)


def _read(pasts: Pasts, address: Address) -> tuple[float | None, float | None]:
    past = pasts.of(address)
    return past.ping_ms, past.at


def _with(frame: dict[str, Any], make: Callable[[Address, Any, int], Any]) -> dict[str, Any]:
    """Each server's ping (0) and the time of the answers that rules remember (1) as they are made anew."""
    kept = {
        address: [joined, {**memory, "ping_ms": make(address, memory["ping_ms"], 0)}]
        for address, (joined, memory) in frame["kept"].items()
    }
    memory = frame["memory"]
    if memory:
        courses = memory["recall"]["nodes"].items()
        nodes = {address: [make(address, seen_at, 1), *rest] for address, (seen_at, *rest) in courses}
        memory = {**memory, "recall": {**memory["recall"], "nodes": nodes}}
    return frame | {"kept": kept, "memory": memory}
