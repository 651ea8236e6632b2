"""drill: what a failover costs clients, measured by canaries: the safe one, SENTINEL FAILOVER as it is, kill and hang
and partition, several times on each version. Each is `redistui drill` at a demo fleet of its own, and its figures are
compared with those that tests/drill/recount.py finds in the same log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests import versions
from tests.bench.table import Table
from tests.drill.lines import disagreements

DRILLS: Mapping[str, Sequence[str]] = {
    "failover, as redistui does it": ("failover", "--demo"),
    "plain SENTINEL FAILOVER": ("plain-sentinel-failover",),
    "primary killed, Sentinels": ("--kill", "primary"),
    "primary hung, Sentinels": ("--hang", "primary"),
    "primary cut off, Sentinels": ("--partition",),
    "promote, two sites": ("promote", "sessions-west-1", "--demo", "--shape", "sites"),
    "cluster-failover": ("cluster-failover", "catalog-4", "--demo", "--shape", "cluster"),
    "primary killed, cluster": ("--kill", "primary", "--shape", "cluster"),
    "primary cut off, cluster": ("--partition", "--shape", "cluster"),
}
SECONDS = 600.0


def measure(runs: int, only: str = "") -> Table:
    """`runs` of each drill on each version; `only`: those whose name begins so."""
    table = Table(
        f"drills, {runs} of each: median (max)",
        ("", "version", "lost of acked", "lost, plain", "lost, aware", "no writes", "two primaries", "counts agree"),
    )
    with tempfile.TemporaryDirectory() as folder:
        for version, engine in versions.installed().items():
            for name, words in DRILLS.items():
                if name.startswith(only):
                    log = Path(folder) / f"{len(table.rows)}.jsonl"
                    table.add(name, version, *_measured(words, engine, runs, log))
    table.notes.append("lost: acknowledged writes that are not there at the end, of all clients, of the plain one that "
                       "stays with the primary it found first, of the one that follows.")  # fmt: skip
    table.notes.append("no writes: the longest time in which the client that follows had no write acknowledged.")
    return table


def _measured(words: Sequence[str], engine: str, runs: int, log: Path) -> tuple[str, ...]:
    argv = [sys.executable, "-m", "redistui", "drill", *words, "--engine", engine, "--yes", "--json"]
    argv += ["--repeat", str(runs), "--log", str(log)]
    env = {**os.environ, "REDISTUI_CONFIG": os.devnull, "REDISTUI_JOURNAL": str(log.parent / "journal.jsonl")}
    ran = subprocess.run(argv, capture_output=True, text=True, timeout=SECONDS * runs, env=env, check=False)
    if ran.returncode:
        return (f"exit {ran.returncode}: {ran.stderr.strip().splitlines()[-1]}", "", "", "", "", "")
    found: list[dict[str, Any]] = json.loads(ran.stdout)["runs"]
    of = {name: [_client(run, name)["lost"] for run in found] for name in ("plain", "aware")}
    return (
        f"{_both([run['lost'] for run in found])} of {median(run['acked'] for run in found):g}",
        _both(of["plain"]),
        _both(of["aware"]),
        f"{_both([run['write_outage_ms'] for run in found])} ms",
        f"{_both([run['double_primary_ms'] for run in found])} ms",
        "yes" if not disagreements(log) else "NO",
    )


def _client(run: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(one for one in run["clients"] if one["client"] == name)


def _both(values: Sequence[float]) -> str:
    return f"{median(values):.0f} ({max(values):.0f})"
