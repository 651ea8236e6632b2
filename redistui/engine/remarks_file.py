"""What operators said of alerts, on disk: acknowledgements and silences, each with the targets it was said of.

One JSON document, mode 0600, replaced whole under a lock. A silence counts for whoever looks at none but its targets,
an acknowledgement for whoever looks at one of them. A file that is none of ours is left as it is.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os.path import expanduser
from pathlib import Path
from typing import Any, cast

from redistui.judge.alerts import fits
from redistui.model import Finding, Level

VARIABLE = "REDISTUI_REMARKS"
VERSION = 1
UNWATCHED = 3600.0
"""Seconds for which an acknowledgement holds while nobody looks: later, what is there may well have been over in
between, and be about something else."""
MOST_BYTES = 4 * 1024 * 1024
MOST = 2000
"""Remarks; the oldest go."""
LEFT = "it was left as it is"
Key = tuple[str, str, str, str]
"""Which of the two, and rule, group and node: of a silence patterns, of an alert of a whole group an empty node."""


class BadRemarks(Exception):
    """The file is not what it should be; one sentence."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One of them. Times in seconds since 1970."""

    targets: frozenset[str]
    key: Key
    at: float
    """When it was said."""
    until: float = 0.0
    """Of a silence: its end."""
    level: Level = "warn"
    """Of an acknowledged alert."""
    seen_at: float = 0.0
    """When somebody saw last that an acknowledged alert still lasts."""

    def holds(self, now: float) -> bool:
        return self.until > now if self.key[0] == "silenced" else now - self.seen_at <= UNWATCHED

    def concerns(self, targets: frozenset[str]) -> bool:
        return targets <= self.targets if self.key[0] == "silenced" else bool(targets & self.targets)

    @property
    def gist(self) -> tuple[float, str]:
        """What makes it another one: the end of a silence; of an acknowledgement when, and of what level."""
        return (self.until, "") if self.key[0] == "silenced" else (self.at, self.level)


def remarks_path(environ: Mapping[str, str]) -> Path:
    """$REDISTUI_REMARKS, else alerts.json in the operator's state folder; it need not exist."""
    if environ.get(VARIABLE):
        return Path(expanduser(environ[VARIABLE]))
    import platformdirs

    return Path(platformdirs.user_state_dir("redistui", appauthor=False)) / "alerts.json"


def read(path: Path) -> tuple[Remark, ...]:
    """All of them; nothing where there is no file. Raises BadRemarks."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadRemarks(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if not raw:
        return ()
    try:
        if len(raw) > MOST_BYTES:
            raise ValueError
        whole = json.loads(raw)
        newer = whole["version"] > VERSION
        found = () if newer else tuple(map(_remark, whole["remarks"]))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise BadRemarks(f"{path} is no file of redistui with what was said of alerts; {LEFT}") from None
    if newer:
        raise BadRemarks(f"{path} was written by a newer redistui; {LEFT}")
    return found


def _remark(row: Mapping[str, Any]) -> Remark:
    """Raises KeyError, ValueError, TypeError."""
    kind = row["kind"]
    said = (row["rule"], row["group"], row["node"])
    if kind not in ("silenced", "acknowledged") or not all(isinstance(one, str) for one in (*said, *row["targets"])):
        raise ValueError
    targets, at = frozenset(row["targets"]), _seconds(row["at"])
    if kind == "silenced":
        return Remark(targets, (kind, *said), at, until=_seconds(row["until"]))
    level = "bad" if row["level"] == "bad" else "warn"
    return Remark(targets, (kind, *said), at, level=cast(Level, level), seen_at=_seconds(row["seen_at"]))


def _seconds(text: str) -> float:
    """Raises ValueError, TypeError; also for a time without a zone, which would be another one elsewhere."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError
    return when.timestamp()


def write(path: Path, remarks: Iterable[Remark], now: float) -> None:
    """Replaces the file; what holds no longer is left out. Raises OSError."""
    kept = sorted((one for one in remarks if one.holds(now)), key=lambda one: one.at)[-MOST:]
    half = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(half, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"version": VERSION, "remarks": [_row(one) for one in kept]}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _row(one: Remark) -> dict[str, Any]:
    kind, rule, group, node = one.key
    row = {"kind": kind, "rule": rule, "group": group, "node": node, "at": _time(one.at)}
    if kind == "silenced":
        return {**row, "until": _time(one.until), "targets": sorted(one.targets)}
    return {**row, "level": one.level, "seen_at": _time(one.seen_at), "targets": sorted(one.targets)}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def said(remarks: Iterable[Remark], targets: frozenset[str], key: Key, remark: Remark | None) -> tuple[Remark, ...]:
    """The remarks once this is said of these targets; None: it is taken back. What others said of others stays."""
    found = []
    for one in remarks:
        left = one.targets - targets if one.key == key else one.targets
        if left:
            found.append(replace(one, targets=left))
    return (*found, *(() if remark is None else (remark,)))


def said_of(finding: Finding, remarks: Iterable[Remark]) -> tuple[float | None, float | None]:
    """When somebody acknowledged what was found, and until when it is silenced; None: nobody did, it is not."""
    about = finding.rule, finding.group, finding.node or ""
    known, silent = None, None
    for one in remarks:
        kind, *patterns = one.key
        if kind == "silenced" and fits(patterns, about):
            silent = max(silent or 0.0, one.until)
        elif (
            kind == "acknowledged" and tuple(patterns) == about and not (finding.level == "bad" and one.level == "warn")
        ):
            known = one.at
    return known, silent


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """False where somebody else writes just now. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
