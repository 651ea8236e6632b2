"""figures(lines): everything a drill says, computed from the lines of its log and from nothing else.

lost      acknowledged and not among those read back (and read back it was).
phantom   refused and read back all the same. What was of unknown outcome may be there or not: both are right.
outage    gaps between the answers of one client at one shard, less the time between two of its writes, where that is
          more than 50 ms; only gaps that ended after the action began. Where the last command of all was not answered,
          the gap lasts to the end; where none was in the last stretch of calm, the outage is not over.
double    of the writes of a shard, whoever sent them: time in which two nodes each had acknowledged one before, and
          acknowledge one later, no further apart than RUN_SECONDS. It is the least that it can have been.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from redistui.drill.log import Line
from redistui.model.drill import DrillShard, Figures, Outage, Passed, Seen, Slowness
from redistui.route.canary.window import percentile

LEAST_MS = 50.0
"""Shorter gaps are none."""
RUN_SECONDS = 1.0
"""A node that acknowledged nothing for longer was no primary meanwhile, as far as the canary can tell."""
HEADLINE = "aware"
Place = tuple[str, str]
"""Client and shard."""


def figures(lines: Sequence[Line]) -> Figures:
    """One run. Raises KeyError or ValueError for lines that are none of a drill (redistui.drill.log reads them)."""
    head, by = lines[0], _sorted(lines)
    marks = {line["name"]: float(line["at"]) for line in by["phase"]}
    end = marks.get("end", max((float(line["end"]) for line in _timed(by)), default=0.0))
    run = _Run(head, by, marks | {"end": end})
    shards = tuple(DrillShard(**shard) for shard in head["shards"])
    places = sorted({(str(line["client"]), str(line["shard"])) for line in _timed(by)})
    each = {place: run.seen(place) for place in places}
    clients = dict.fromkeys(client for client, _ in places)
    done = by["done"][-1] if by["done"] else {}
    settled = by["settled"][-1] if by["settled"] else {"missing": "nobody waited for it"}
    return Figures(
        run=head["run"],
        action=head["action"],
        started=head["started"],
        seed=head["seed"],
        rate=head["rate"],
        deadline_ms=head["deadline_ms"],
        versions=head["versions"],
        timeouts=head["timeouts"],
        shards=shards,
        whole=run.together(places, each),
        clients=tuple(run.together([p for p in places if p[0] == name], each, client=name) for name in clients),
        by_shard=tuple(run.together([p for p in places if p[1] == s.tag], each, shard=s.tag) for s in shards),
        each=tuple(each.values()),
        phases=_phases(by["phase"]),
        steps=tuple(Passed(line["text"], line["ms"], line["state"]) for line in by["step"]),
        outcome=done.get("outcome", "unknown"),
        message=done.get("message", ""),
        unsettled=settled["missing"],
        broken_off=bool(by["broken"]) or "end" not in marks,
    )


def _sorted(lines: Iterable[Line]) -> dict[str, list[Line]]:
    by: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by[line["what"]].append(line)
    return by


def _timed(by: Mapping[str, list[Line]]) -> list[Line]:
    return [*by["write"], *by["count"], *by["read"]]


def _phases(lines: Sequence[Line]) -> tuple[Passed, ...]:
    """Each lasts until the next; the last one, `end`, is a moment."""
    return tuple(Passed(a["name"], round(1000 * (b["at"] - a["at"]), 3)) for a, b in pairwise(lines))


class _Back(NamedTuple):
    """What reading back showed."""

    lost: int
    unread: int
    phantom: int


class _Run:
    """The lines of one run, looked up by client and shard."""

    def __init__(self, head: Line, by: Mapping[str, list[Line]], marks: Mapping[str, float]) -> None:
        self.interval, self.end = 1 / float(head["rate"]), marks["end"]
        self.before, self.action = marks.get("before", 0.0), marks.get("action", self.end)
        self.after = marks.get("after", self.end)
        self.written = self._places(by["write"], by["count"])
        self.read = self._places(by["read"])
        self.back = self._places(by["back"])

    def _places(self, *kinds: Sequence[Line]) -> dict[Place, list[Line]]:
        found: dict[Place, list[Line]] = defaultdict(list)
        for line in (line for lines in kinds for line in lines):
            found[line["client"], line["shard"]].append(line)
        for lines in found.values():
            lines.sort(key=lambda line: line.get("sent", 0.0))
        return found

    def seen(self, place: Place) -> Seen:
        writes, reads = self.written[place], self.read[place]
        outcomes = Counter(line["outcome"] for line in writes)
        wrong = [line for line in writes if line["outcome"] != "acked" and line["end"] >= self.action]
        answered = [line for line in reads if line["outcome"] == "acked"]
        return Seen(
            client=place[0],
            shard=place[1],
            acked=outcomes["acked"],
            refused=outcomes["refused"],
            unknown=outcomes["unknown"],
            **self._read_back(place)._asdict(),
            reads=len(answered),
            stale_reads=_stale(writes, answered),
            writes=self._outage(writes),
            reading=self._outage(reads),
            first_error_ms=_ms(min(line["end"] for line in wrong) - self.action) if wrong else None,
            errors=_kinds(writes),
            read_errors=_kinds(reads),
            p99=self._slowness([place]),
            late_ms=self._late(writes),
        )

    def together(
        self, places: Sequence[Place], each: Mapping[Place, Seen], *, client: str = "", shard: str = ""
    ) -> Seen:
        """Several places as one: sums; outage and p99 of the headline's client where it is among them."""
        parts = [each[place] for place in places]
        heads = [place for place in places if place[0] == HEADLINE] or list(places)
        firsts = [part.first_error_ms for part in parts if part.first_error_ms is not None]
        shards = dict.fromkeys(place[1] for place in places)
        return Seen(
            client,
            shard,
            **{name: sum(getattr(part, name) for part in parts) for name in SUMS},
            writes=_worst(each[place].writes for place in heads),
            reading=_worst(each[place].reading for place in heads),
            first_error_ms=min(firsts, default=None),
            errors=_added(part.errors for part in parts),
            read_errors=_added(part.read_errors for part in parts),
            double_primary_ms=0.0 if client else max((self._double(one) for one in shards), default=0.0),
            p99=self._slowness(heads),
            late_ms=max((part.late_ms for part in parts), default=0.0),
        )

    def _read_back(self, place: Place) -> _Back:
        """Only of SETs with a key of their own: the counter is written over again and again."""
        asked = {i for line in self.back[place] for first, last in line["asked"] for i in range(first, last + 1)}
        there = {i for line in self.back[place] for first, last in line["present"] for i in range(first, last + 1)}
        by: dict[str, set[int]] = defaultdict(set)
        for line in self.written[place]:
            if line["what"] == "write":
                by[line["outcome"]].add(line["i"])
        lost = (by["acked"] & asked) - there
        return _Back(len(lost), len(by["acked"] - asked), len(by["refused"] & there))

    def _outage(self, lines: Sequence[Line]) -> Outage:
        if not lines:
            return Outage()
        ends = sorted(line["end"] for line in lines if line["outcome"] == "acked")
        answered = lines[-1]["outcome"] == "acked"
        over = answered or any(at >= self.after for at in ends)
        tail = [] if answered else [max([self.end, *ends[-1:]])]
        gaps = [
            1000 * (b - a - self.interval) for a, b in pairwise([lines[0]["sent"], *ends, *tail]) if b >= self.action
        ]
        long = [gap for gap in gaps if gap > LEAST_MS]
        return Outage(round(max(long, default=0.0), 3), round(sum(long), 3), over)

    def _slowness(self, places: Sequence[Place]) -> Slowness:
        """By when a write was acknowledged; while connections were first opened, nothing counts."""
        took: dict[str, list[float]] = {"before": [], "during": [], "after": []}
        acked = (line for place in places for line in self.written[place] if line["outcome"] == "acked")
        for line in (line for line in acked if line["end"] >= self.before):
            when = "before" if line["end"] < self.action else "during" if line["end"] < self.after else "after"
            took[when].append(1000 * (line["end"] - line["sent"]))
        return Slowness(**{name: _p99(values) for name, values in took.items()})

    def _late(self, writes: Sequence[Line]) -> float:
        pairs = [(a, b) for a, b in pairwise(writes) if a["sent"] >= self.before]
        due = [(max(a["end"], a["sent"] + self.interval), b["sent"]) for a, b in pairs]
        return _ms(max((sent - at for at, sent in due), default=0.0))

    def _double(self, shard: str) -> float:
        """Sweeps over the times in which each node was surely a primary, and adds up where two of them were."""
        by: dict[str, list[Line]] = defaultdict(list)
        for place, lines in self.written.items():
            for line in lines:
                if place[1] == shard and line["outcome"] == "acked":
                    by[line["node"]].append(line)
        turns = sorted((at, way) for lines in by.values() for run in _runs(lines) for at, way in run)
        depth, since, total = 0, 0.0, 0.0
        for at, way in turns:
            total += at - since if depth > 1 else 0.0
            depth, since = depth + way, at
        return _ms(total)


SUMS = ("acked", "refused", "unknown", "lost", "unread", "phantom", "reads", "stale_reads")


def _runs(lines: Sequence[Line]) -> Iterable[tuple[tuple[float, int], tuple[float, int]]]:
    """When a node surely was a primary: from the end of an acknowledged write to the sending of a later one."""
    first: float | None = None
    last = 0.0
    for line in sorted(lines, key=lambda line: line["end"]):
        if first is not None and line["sent"] - last > RUN_SECONDS:
            if last > first:
                yield (first, 1), (last, -1)
            first = None
        first = line["end"] if first is None else first
        last = max(last, line["sent"])
    if first is not None and last > first:
        yield (first, 1), (last, -1)


def _stale(writes: Sequence[Line], reads: Sequence[Line]) -> int:
    """Reads that were answered with less than had been acknowledged when they were sent. Nothing there is 0."""
    acked = sorted(
        (line["end"], line["i"]) for line in writes if line["what"] == "count" and line["outcome"] == "acked"
    )
    known = at = stale = 0
    for line in reads:
        while at < len(acked) and acked[at][0] <= line["sent"]:
            known, at = max(known, acked[at][1]), at + 1
        stale += (line["value"] or 0) < known
    return stale


def _kinds(lines: Iterable[Line]) -> dict[str, int]:
    return dict(sorted(Counter(line["kind"] for line in lines if line["outcome"] != "acked").items()))


def _added(kinds: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in kinds:
        total.update(one)
    return dict(sorted(total.items()))


def _worst(outages: Iterable[Outage]) -> Outage:
    found = list(outages)
    longest = max((one.longest_ms for one in found), default=0.0)
    return Outage(longest, max((one.total_ms for one in found), default=0.0), all(one.over for one in found))


def _p99(values: Sequence[float]) -> float | None:
    """To a thousandth; None of nothing."""
    found = percentile(sorted(values), 0.99)
    return None if found is None else round(found, 3)


def _ms(seconds: Any) -> float:
    return round(1000 * float(seconds), 3)
