"""What a server keeps on disk, and whether that still works."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.rules.kinds import Case, Kind
from redistui.model import Finding, Level

KINDS_FILES = (
    Kind("save-failing", "A server could not write its RDB file: a restart loses what came since, and by default it "
         "refuses writes (stop-writes-on-bgsave-error).",
         "See its log: the disk is full, its directory is gone or may not be written, or a fork got no memory.", True),
    Kind("aof-failing", "A server cannot write its append-only file: it refuses writes.",
         "See its log: the disk is full or broken. It goes on by itself once a write succeeds.", True),
    Kind("rewrite-failing", "A server could not rewrite its append-only file, which goes on growing.",
         "See its log: the disk is full, or a fork got no memory.", True),
)  # fmt: skip
_FILES: tuple[tuple[str, str, Level, str], ...] = (
    ("rdb_last_bgsave_status", "save-failing", "bad",
     "the last save of {node} to disk failed: a primary with save points refuses writes then; see its log, its disk"),
    ("aof_last_write_status", "aof-failing", "bad",
     "{node} cannot write its append-only file and refuses writes: see its log and its disk"),
    ("aof_last_bgrewrite_status", "rewrite-failing", "warn",
     "{node} could not rewrite its append-only file, which goes on growing: see its log and its disk"),
)  # fmt: skip


def files(case: Case) -> Iterator[Finding]:
    """Where the append-only file is switched off, its last fault stays in INFO and does no harm any more."""
    for node in case.group.nodes:
        facts = node.facts
        if facts and node.up:
            for field, rule, level, words in _FILES:
                if facts.get(field, "ok") != "ok" and not (
                    field.startswith("aof_") and facts.get("aof_enabled") == "0"
                ):
                    yield case.finding(rule, level, words.format(node=node.address), node)
