"""Logs of drills in short form, and both ways of counting them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redistui.drill.figures import figures
from redistui.drill.log import read_log
from redistui.model.drill import Figures, Seen
from tests.drill.recount import recount

Line = dict[str, Any]
A, B = "10.0.0.1:6379", "10.0.0.2:6379"
COMPARED = ("acked", "refused", "unknown", "lost", "phantom", "unread", "stale_reads", "first_error_ms")


def head(rate: float = 10.0, shards: Sequence[str] = ("t0",), **more: Any) -> Line:
    places = [{"tag": tag, "group": "orders", "kind": "sentinel", "primary": A, "slot": None} for tag in shards]
    about = {"run": "r1", "action": "failover", "started": "2026-01-02T03:04:05.000Z", "seed": "s", "expiry": 3600}
    words = {"rate": rate, "deadline_ms": 250.0, "versions": {A: "valkey 9.1.2"}, "timeouts": {"down-after": 2000.0}}
    return {"what": "drill", **about, **words, "shards": places, **more}


def phases(**at: float) -> list[Line]:
    return [{"what": "phase", "name": name, "at": moment} for name, moment in at.items()]


def wrote(i: int, sent: float, took: float = 0.001, outcome: str = "acked", **more: Any) -> Line:
    place = {"client": "aware", "shard": "t0", "node": A, "kind": "" if outcome == "acked" else "READONLY"}
    return {"what": "write", **place, "i": i, "sent": sent, "end": round(sent + took, 6), "outcome": outcome, **more}


def counted(i: int, sent: float, **more: Any) -> Line:
    return wrote(i, sent, **more) | {"what": "count"}


def read(sent: float, value: int | None, took: float = 0.001, outcome: str = "acked", **more: Any) -> Line:
    line = wrote(0, sent, took, outcome, **more) | {"what": "read", "value": value}
    return {name: word for name, word in line.items() if name != "i"}


def back(asked: Sequence[Sequence[int]], present: Sequence[Sequence[int]], **more: Any) -> Line:
    place = {"client": "aware", "shard": "t0", "node": B}
    return {"what": "back", **place, "asked": list(asked), "present": list(present), **more}


def written(lines: Sequence[Line], path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def disagreements(path: Path) -> list[str]:
    """Where the figures and the independent script differ; empty: nowhere."""
    ours, theirs = [figures(lines) for lines in read_log(path)], recount(path)
    assert len(ours) == len(theirs)
    return [wrong for one, other in zip(ours, theirs, strict=True) for wrong in _compared(one, other)]


def _compared(ours: Figures, theirs: Mapping[str, Any]) -> list[str]:
    wrong = _of_place("all", ours.whole, theirs)
    if ours.whole.double_primary_ms != _near(theirs["double_primary_ms"]):
        wrong.append(f"two primaries: {ours.whole.double_primary_ms}, {theirs['double_primary_ms']}")
    if dict(ours.whole.errors) != theirs["errors"]:
        wrong.append(f"errors: {ours.whole.errors}, {theirs['errors']}")
    assert [(one.client, one.shard) for one in ours.each] == [(o["client"], o["shard"]) for o in theirs["each"]]
    for one, other in zip(ours.each, theirs["each"], strict=True):
        wrong += _of_place(f"{one.client} at {one.shard}", one, other)
    return wrong


def _of_place(name: str, ours: Seen, theirs: Mapping[str, Any]) -> list[str]:
    pairs = {key: (getattr(ours, key), theirs[key]) for key in COMPARED if key in theirs}
    pairs["write outage"] = ours.writes.longest_ms, theirs["write_outage_ms"]
    pairs["read outage"] = ours.reading.longest_ms, theirs["read_outage_ms"]
    pairs |= {f"p99 {when}": (getattr(ours.p99, when), theirs["p99_ms"][when]) for when in theirs["p99_ms"]}
    return [f"{name}, {key}: {one}, {other}" for key, (one, other) in pairs.items() if one != _near(other)]


class _near(float):  # noqa: N801 - reads as a word where it is used
    """A number that equals those that differ from it by rounding only; None stays None."""

    def __new__(cls, value: float | None) -> Any:
        return None if value is None else super().__new__(cls, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and abs(float(self) - other) <= 0.0025

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__
