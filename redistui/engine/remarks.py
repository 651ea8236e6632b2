"""Remarks: acknowledgements and silences outlive the dashboard, and count for every console of this operator.

Whoever watches for long writes down what is said there, and hears within a second what is said elsewhere. A thread of
its own reads and writes the file: the engine waits for no disk.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from redistui.engine.chronicle import acknowledgement, silencing
from redistui.engine.remarks_file import BadRemarks, Key, Remark, locked, read, said, write
from redistui.judge.alerts import RESTLESS
from redistui.model import AlertKey, Event, Fleet, Level, Silence, Target

EVERY = 1.0
"""Seconds between two looks at the file."""
AFRESH = 60.0
"""How often it is written down that an acknowledged alert still lasts, in seconds."""
AWAY = 1.5 * AFRESH
"""Seconds after which nobody watches it any more: then a single look that does not see it tells that it is over."""
LOOK = 20.0
"""Seconds since it was seen last after which a single look writes down that it was seen."""
AGAIN = RESTLESS
"""Seconds from the beginning in which an alert that is raised is the one that was acknowledged before: as long as one
that was over and comes back is the same to whoever looks on."""
LAST = 5
"""Tries to write at the end, where somebody else writes."""
Remarked = Mapping[Key, Remark]
Stamp = tuple[int, int, int] | None


def scope_of(targets: Iterable[Target]) -> frozenset[str]:
    """What tells these targets from others: by which addresses, and as what, they are looked at; never by whom."""
    return frozenset(f"{one.wanted or ''}:{','.join(sorted(one.addresses))}/{one.only or ''}" for one in targets)


class Remarks:
    """`begin` and `see` on the engine's thread, the rest on any."""

    def __init__(self, path: Path, targets: Iterable[Target], *, keep: bool = True) -> None:
        """`keep`: what is said is written down; else the file is only read, once."""
        self.path = path
        self._targets = scope_of(targets)
        self._keep = keep
        self._mine: Remarked = {}
        """What the engine's alerts say now; another mapping whenever that changes."""
        self._told: Remarked = {}
        """The same when it was compared last."""
        self._known: dict[Key, Remark] = {}
        """What the file had to say of these targets when it was read last."""
        self._stamp: Stamp = None
        self._trouble: str | None = None
        self._tell: Callable[[tuple[Event, ...]], None] = _nobody
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def current(self, now: float) -> tuple[Remark, ...]:
        """What holds for these targets. Raises BadRemarks."""
        return tuple(self._of(read(self.path), now).values())

    def look(self, fleet: Fleet, now: float) -> tuple[Remark, ...]:
        """What holds for whoever looks once, and writes down which of the acknowledged alerts are still there: one that
        is gone, and watched by nobody else, is acknowledged no more. Raises BadRemarks."""
        found = self._of(read(self.path), now)
        there = {(one.rule, one.group, one.node or "") for one in fleet.findings}
        changed: dict[Key, Remark | None] = {}
        for key, one in found.items():
            if key[0] == "acknowledged" and key[1:] in there and now - one.seen_at >= LOOK:
                changed[key] = replace(one, seen_at=now)
            elif key[0] == "acknowledged" and key[1:] not in there and now - one.seen_at >= AWAY:
                changed |= {key: None} if _would_tell(fleet, key[2], key[3]) else {}
        if changed:
            with suppress(OSError, BadRemarks):  # who may not write there looks on all the same
                self._write(changed, now)
        return tuple(one for key, one in found.items() if changed.get(key, one) is not None)

    def _of(self, remarks: Iterable[Remark], now: float) -> dict[Key, Remark]:
        return {one.key: one for one in remarks if one.holds(now) and one.concerns(self._targets)}

    # -- on the engine's thread -----------------------------------------------------------------------------------

    def begin(self, tell: Callable[[tuple[Event, ...]], None]) -> None:
        """`tell` is given what was said before, then what is said elsewhere, and a sentence where the file is bad; on
        another thread, and at once what there is."""
        self._tell = tell
        self._look(time.time())
        if self._keep:
            self._thread = threading.Thread(target=self._run, name="redistui-remarks", daemon=True)
            self._thread.start()

    def see(
        self, at: float, acknowledged: Mapping[AlertKey, tuple[float, Level]], silences: Iterable[Silence]
    ) -> None:  # fmt: skip
        """What the engine's alerts say now, to the thousandth of a second, as the file has it."""
        if not self._keep:
            return
        mine: dict[Key, Remark] = {}
        for (rule, group, node), (when, level) in acknowledged.items():
            key = "acknowledged", rule, group, node or ""
            mine[key] = Remark(self._targets, key, round(when, 3), level=level, seen_at=at)
        for one in silences:
            silence = "silenced", *one.patterns
            mine[silence] = Remark(self._targets, silence, at, until=round(one.until, 3))
        self._mine = mine

    # -- on any thread --------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Writes down the rest. Does nothing a second time."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(30.0)
            self._thread = None

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            self._look(time.time())
        for _ in range(LAST):
            if self._look(time.time(), ending=True):
                return
            time.sleep(0.2)

    def _look(self, now: float, ending: bool = False) -> bool:
        """Takes in what is new in the file, and writes down what is new here; False where that has to wait."""
        mine = self._mine
        try:
            changed = self._changed(mine, now, ending)
            if changed:
                if not self._write(changed, now):
                    return False
            elif _stamp(self.path) != self._stamp:
                self._take(read(self.path), now)
            self._told = mine
            self._trouble = None
        except (BadRemarks, OSError) as error:
            self._fail(error, now)
        return True

    def _changed(self, mine: Remarked, now: float, ending: bool) -> dict[Key, Remark | None]:
        """What is said here and was not said before, or is said no more."""
        found: dict[Key, Remark | None] = {}
        for key, one in mine.items():
            before, known = self._told.get(key), self._known.get(key)
            if (before is None or before.gist != one.gist) and (known is None or known.gist != one.gist):
                found[key] = one
            elif known is not None and known.gist == one.gist and _stale(known, one, ending):
                found[key] = replace(known, seen_at=one.seen_at, targets=self._targets)
        gone = self._told.keys() - mine.keys()
        return {**found, **{key: None for key in gone if key in self._known and self._known[key].holds(now)}}

    def _write(self, changed: Mapping[Key, Remark | None], now: float) -> bool:
        with locked(self.path) as free:
            if not free:
                return False
            remarks = read(self.path)
            for key, remark in changed.items():
                remarks = said(remarks, self._targets, key, remark)
            write(self.path, remarks, now)
            self._known |= {key: one for key, one in changed.items() if one is not None}
            for key in [key for key, one in changed.items() if one is None]:
                self._known.pop(key, None)
            self._take(remarks, now)
        return True

    def _take(self, remarks: Iterable[Remark], now: float) -> None:
        """What others said since the last look."""
        self._stamp = _stamp(self.path)
        found, before = self._of(remarks, now), self._known
        self._known = found
        new = [one for key, one in found.items() if key not in before or before[key].gist != one.gist]
        lifted = [one for key, one in before.items() if key not in found and key[0] == "silenced" and one.holds(now)]
        events = [*(_event(one, now) for one in new), *(_event(replace(one, until=0.0), now) for one in lifted)]
        if events:
            self._tell(tuple(events))

    def _fail(self, error: Exception, now: float) -> None:
        """Told once, until it is well again."""
        self._stamp = _stamp(self.path)
        text = str(error) if isinstance(error, BadRemarks) else f"{self.path}: {_why(error)}"
        if text != self._trouble:
            self._trouble = text
            self._tell((Event(now, "", "remarks", None, f"{text}; acknowledgements and silences end with this run"),))


def _would_tell(fleet: Fleet, group: str, node: str) -> bool:
    """Whoever the alert is about answers, so that it would be seen if it lasted; `node` empty: the whole group."""
    found = fleet.group(group)
    return found is not None and all(one.up for one in found.members if node in ("", one.address))


def _stale(known: Remark, now: Remark, ending: bool) -> bool:
    return known.key[0] == "acknowledged" and now.seen_at - known.seen_at >= (EVERY if ending else AFRESH)


def _event(one: Remark, now: float) -> Event:
    """As the engine's own, with what those need who have not seen the alert yet."""
    kind, rule, group, node = one.key
    if kind == "silenced":
        return silencing((rule, group, node), one.until, now)
    said = acknowledgement((rule, group, node or None), now)
    return replace(said, about=(*said.about, one.level, repr(one.at), repr(now + AGAIN)))


def _stamp(path: Path) -> Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _why(error: Exception) -> str:
    return ((error.strerror if isinstance(error, OSError) else None) or str(error)).lower()


def _nobody(_: tuple[Event, ...]) -> None:
    """No engine has begun."""
