"""A drill's figures recomputed from its log in another way: by SQL, from the file, without anything of redistui.drill.

`python -m tests.drill.recount LOG` prints them as JSON, one object a run.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE op (what, client, shard, i, sent, end, node, outcome, kind, value);
CREATE TABLE back (client, shard, first, last, there);
CREATE TABLE phase (name, at);
CREATE INDEX op_place ON op (client, shard, what);
CREATE INDEX back_place ON back (client, shard, there);
"""
MARK = "(SELECT coalesce((SELECT at FROM phase WHERE name = '{0}'), {1}))"
END = MARK.format("end", "(SELECT max(end) FROM op)")
ACTION, BEFORE, AFTER = MARK.format("action", END), MARK.format("before", "0.0"), MARK.format("after", END)

ASKED, THERE = (
    "EXISTS (SELECT 1 FROM back b WHERE b.client = op.client AND b.shard = op.shard AND there = "
    f"{there} AND i BETWEEN first AND last)"
    for there in (0, 1)
)
WRITES = "SELECT count(*) FROM op WHERE what = 'write' AND client LIKE :client AND shard LIKE :shard"
LOST = f"{WRITES} AND outcome = 'acked' AND {ASKED} AND NOT {THERE}"
PHANTOM = f"{WRITES} AND outcome = 'refused' AND {THERE}"
UNREAD = f"{WRITES} AND outcome = 'acked' AND NOT {ASKED}"
STALE = """
SELECT count(*) FROM op r WHERE what = 'read' AND outcome = 'acked' AND client LIKE :client AND shard LIKE :shard
AND coalesce(value, 0) < (SELECT max(i) FROM op w WHERE w.client = r.client AND w.shard = r.shard AND what = 'count'
                          AND w.outcome = 'acked' AND w.end <= r.sent)
"""
FIRST_ERROR = f"""
SELECT round(1000 * (min(end) - {ACTION}), 3) FROM op WHERE what IN ('write', 'count') AND outcome <> 'acked'
AND client LIKE :client AND shard LIKE :shard AND end >= {ACTION}
"""
GAPS = f"""
WITH marks AS (
  SELECT min(sent) AS at FROM op WHERE {{kinds}} AND client = :client AND shard = :shard
  UNION ALL SELECT end FROM op WHERE {{kinds}} AND outcome = 'acked' AND client = :client AND shard = :shard
  UNION ALL SELECT max({END}, coalesce((SELECT max(end) FROM op WHERE {{kinds}} AND outcome = 'acked'
                                        AND client = :client AND shard = :shard), 0))
    WHERE 'acked' <> (SELECT outcome FROM op WHERE {{kinds}} AND client = :client AND shard = :shard
                      ORDER BY sent DESC LIMIT 1)),
gaps AS (SELECT at, 1000 * (at - lag(at) OVER (ORDER BY at) - :interval) AS gap FROM marks)
SELECT max(gap) FROM gaps WHERE gap > 50 AND at >= {ACTION}
"""
P99 = """
WITH took AS (
  SELECT 1000 * (end - sent) AS ms, row_number() OVER (ORDER BY end - sent) AS place, count(*) OVER () AS n
  FROM op WHERE what IN ('write', 'count') AND outcome = 'acked' AND client LIKE :client AND shard LIKE :shard
  AND end >= {since} AND end < {until})
SELECT round(ms, 3) FROM took WHERE place >= 0.99 * n ORDER BY place LIMIT 1
"""
TURNS = """
SELECT node, sent, end FROM op WHERE what IN ('write', 'count') AND outcome = 'acked' AND shard = ? ORDER BY end
"""


def recount(path: Path) -> list[dict[str, Any]]:
    """One object for each run of the log."""
    runs: list[list[dict[str, Any]]] = []
    for row in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(row)
        if line["what"] == "drill":
            runs.append([])
        runs[-1].append(line)
    return [_run(lines) for lines in runs]


def _run(lines: list[dict[str, Any]]) -> dict[str, Any]:
    base = sqlite3.connect(":memory:")
    try:
        base.executescript(TABLES)
        _fill(base, lines)
        head = lines[0]
        places = base.execute("SELECT DISTINCT client, shard FROM op ORDER BY 1, 2").fetchall()
        each = [_place(base, head, client, shard) for client, shard in places]
        return {
            "run": head["run"],
            "acked": _one(base, "SELECT count(*) FROM op WHERE what <> 'read' AND outcome = 'acked'"),
            "lost": _one(base, LOST, client="%", shard="%"),
            "phantom": _one(base, PHANTOM, client="%", shard="%"),
            "stale_reads": _one(base, STALE, client="%", shard="%"),
            "first_error_ms": _one(base, FIRST_ERROR, client="%", shard="%"),
            "write_outage_ms": max((one["write_outage_ms"] for one in each if one["client"] == "aware"), default=0.0),
            "read_outage_ms": max((one["read_outage_ms"] for one in each if one["client"] == "aware"), default=0.0),
            "double_primary_ms": max(_double(base, shard["tag"]) for shard in head["shards"]),
            "errors": _kinds(base, "what IN ('write', 'count')"),
            "p99_ms": _p99(base, "aware", "%"),
            "each": each,
        }
    finally:
        base.close()


def _fill(base: sqlite3.Connection, lines: list[dict[str, Any]]) -> None:
    columns = ("what", "client", "shard", "i", "sent", "end", "node", "outcome", "kind", "value")
    ops = [[line.get(name) for name in columns] for line in lines if line["what"] in ("write", "count", "read")]
    base.executemany("INSERT INTO op VALUES (?,?,?,?,?,?,?,?,?,?)", ops)
    for line in lines:
        if line["what"] == "phase":
            base.execute("INSERT INTO phase VALUES (?, ?)", (line["name"], line["at"]))
        if line["what"] == "back":
            for there, name in enumerate(("asked", "present")):
                rows = [(line["client"], line["shard"], first, last, there) for first, last in line[name]]
                base.executemany("INSERT INTO back VALUES (?,?,?,?,?)", rows)


def _place(base: sqlite3.Connection, head: dict[str, Any], client: str, shard: str) -> dict[str, Any]:
    where = {"client": client, "shard": shard}
    outcomes = dict(
        base.execute(
            "SELECT outcome, count(*) FROM op WHERE what <> 'read' AND client = ? AND shard = ? GROUP BY 1",
            (client, shard),
        )
    )
    gap = {"interval": 1 / head["rate"], **where}
    written, read = "what IN ('write', 'count')", "what = 'read'"
    return {
        **where,
        **{name: outcomes.get(name, 0) for name in ("acked", "refused", "unknown")},
        "lost": _one(base, LOST, **where),
        "phantom": _one(base, PHANTOM, **where),
        "unread": _one(base, UNREAD, **where),
        "stale_reads": _one(base, STALE, **where),
        "first_error_ms": _one(base, FIRST_ERROR, **where),
        "write_outage_ms": round(_one(base, GAPS.format(kinds=written), **gap) or 0.0, 3),
        "read_outage_ms": round(_one(base, GAPS.format(kinds=read), **gap) or 0.0, 3),
        "p99_ms": _p99(base, client, shard),
    }


def _p99(base: sqlite3.Connection, client: str, shard: str) -> dict[str, Any]:
    spans = {"before": (BEFORE, ACTION), "during": (ACTION, AFTER), "after": (AFTER, "1e18")}
    return {
        name: _one(base, P99.format(since=since, until=until), client=client, shard=shard)
        for name, (since, until) in spans.items()
    }


def _kinds(base: sqlite3.Connection, which: str) -> dict[str, int]:
    rows = base.execute(f"SELECT kind, count(*) FROM op WHERE {which} AND outcome <> 'acked' GROUP BY 1 ORDER BY 1")
    return dict(rows.fetchall())


def _double(base: sqlite3.Connection, shard: str) -> float:
    """Milliseconds, one by one, at which two nodes were surely primaries: slow, and without a sweep."""
    spans: list[list[float]] = []
    for node in {row[0] for row in base.execute(TURNS, (shard,))}:
        open_: list[float] | None = None
        for _, sent, end in (row for row in base.execute(TURNS, (shard,)) if row[0] == node):
            if open_ is None or sent - open_[1] > 1.0:
                open_ = [end, sent]
                spans.append(open_)
            open_[1] = max(open_[1], sent)
    edges = sorted({edge for span in spans for edge in span})
    total = 0.0
    for left, right in pairwise(edges):
        if sum(first <= left and right <= last for first, last in spans) > 1:
            total += right - left
    return round(1000 * total, 3)


def _one(base: sqlite3.Connection, query: str, **words: Any) -> Any:
    row = base.execute(query, words).fetchone()
    return None if row is None else row[0]


if __name__ == "__main__":
    for found in recount(Path(sys.argv[1])):
        print(json.dumps(found))
