"""A recording without a file: two minutes of a primary and its replicas, of which the primary dies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from redistui.engine.assemble import Assembler
from redistui.engine.keyframes import keyframe
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Observation
from redistui.engine.recording import Recorder
from redistui.model import Event, Fleet, Site
from tests.engine.telling import PLAIN, silent, told

BEGAN = 1_760_000_000.0
SECONDS = 120
DIED = BEGAN + 60
CHUNK = 20.0
"""Seconds from one key frame to the next."""
FELL = Event(DIED + 2.0, "s:1", "+odown", "a:1", "primary a:1 #quorum 2/2", ("s:1",))
SEEN_TOO = Event(DIED + 2.1, "s:2", "+odown", "a:1", "primary a:1 #quorum 3/2", ("s:2",))
ROSE = Event(DIED + 5.4, "b:1", "role", "a:1", "b:1 was replica, is primary")


class Tape:
    """Answers like a recording. What it gives from a time on begins with what is needed to know the state then."""

    def __init__(self, items: Sequence[Item], sites: Sequence[Site] = ()) -> None:
        self.sites = tuple(sites)
        self.thresholds: dict[str, float] = {}
        self._items = tuple(items)
        self.first_at = min((item.at for item in items), default=0.0)
        self.last_at = max((item.at for item in items), default=0.0)
        self.asked: list[float] = []
        """From which times on it was read."""

    def items(self, since: float | None = None, until: float | None = None) -> Iterator[Item]:
        begin = self.first_at if since is None else since
        self.asked.append(begin)
        frame = self.first_at + (begin - self.first_at) // CHUNK * CHUNK
        before = [item for item in self._items if item.at < frame]
        kept = {(item.address, item.fault is None): item for item in before if isinstance(item, Observation)}
        last = {id(item) for item in kept.values()}
        yield from (item for item in before if isinstance(item, Event | Joined) or id(item) in last)
        yield from (item for item in self._items if item.at >= frame and (until is None or item.at <= until))

    def frame(self, at: float) -> None:
        """It has none."""

    def marks(self) -> Sequence[Event]:
        return [item for item in self._items if isinstance(item, Event)]


def _polled(second: int) -> Iterator[Observation]:
    """All three, a second apart; the primary is silent from the sixtieth on, and b leads from the sixty-fifth on."""
    at, dead, led = BEGAN + second, second >= 60, second >= 65
    yield silent("a:1", at=at) if dead else told("a:1", replicas=["b:1", "c:1"], offset=1000 + 10 * second, at=at)
    used: dict[str, Any] = {"used_memory": 1000 * second, "total_commands_processed": 50 * second}
    offset = 1000 + 10 * min(second, 60)
    if led:
        yield told("b:1", replicas=["c:1"], replid="2", replid2="1", offset=offset, at=at + 0.1, **used)
    else:
        yield told("b:1", "a:1", offset=offset, at=at + 0.1, **used)
    yield told("c:1", "b:1" if led else "a:1", replid="2" if led else "1", offset=offset, at=at + 0.2)


def incident() -> Tape:
    """A snapshot each second, half a second after the polls; the events come just before it."""
    items: list[Item] = [Joined(BEGAN, address, PLAIN) for address in ("a:1", "b:1", "c:1")]
    for second in range(SECONDS):
        items += _polled(second)
        items += [one for one in (FELL, SEEN_TOO, ROSE) if int(one.at) == int(BEGAN + second)]
        items.append(Drawn(BEGAN + second + 0.5, 1.0))
    return Tape(items)


def live(tape: Tape) -> dict[float, Fleet]:
    """What an engine would have shown: every snapshot by its time."""
    made, log, found = Assembler(), EventLog(), dict[float, Fleet]()
    for item in tape.items(tape.first_at):
        if isinstance(item, Observation):
            made.take(item)
        elif isinstance(item, Joined):
            made.expect(item.address, item.target)
        elif isinstance(item, Event):
            log.add(item)
        elif isinstance(item, Drawn):
            fleet = made.fleet(item.at, item.period, (), item.stalled)
            for event in made.news:
                log.add(event)
            found[item.at] = replace(fleet, events=log.all())
    return found


def written(path: Path, every: float = CHUNK) -> Tape:
    """The same incident as a file, with a key frame so many seconds apart."""
    tape, made, log = incident(), Assembler(), EventLog()
    recorder, framed = Recorder((PLAIN,), path=path), BEGAN
    for item in tape.items():
        recorder.take(item)
        if isinstance(item, Observation):
            made.take(item)
        elif isinstance(item, Joined):
            made.expect(item.address, item.target)
        elif isinstance(item, Event):
            log.add(item)
        elif isinstance(item, Drawn):
            made.fleet(item.at, item.period)
            for event in made.news:
                log.add(event)
            if item.at - framed >= every:
                framed = item.at
                recorder.take(keyframe(made, log, item.at))
    recorder.close()
    return tape
