"""Recall: what rules remember of earlier snapshots. Rates are taken over windows, never between two instants.

It is told of every snapshot, and time is that of the snapshot: whoever plays a recording remembers the same. What a
counter was is kept only where it changed. A counter that goes back, or a new run id, begins afresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple

from redistui.model import Address, Cluster, Group, Node

COUNTERS: Mapping[str, float] = {
    "sync_full": 600.0, "evicted": 60.0, "rejected": 60.0, "buffer_cuts": 60.0, "replicated": 30.0,
}  # fmt: skip
"""Metrics whose totals are remembered, and for how many seconds."""
MEANT = frozenset({"replicated"})
"""Of these what grows on every server that is well."""
SAMPLES = 30
"""Of one counter in its window: changes that come closer together are told with the next."""
CREEPING = 256 * 1024
"""Bytes of lag from which on its course is remembered."""
COURSE = 60.0
"""Seconds for which it is."""
CHURN = 600.0
"""Seconds for which failovers and restarts are remembered."""
GONE = 3600.0
"""Seconds for which an emptied data set is."""
Point = tuple[float, float]
"""Seconds since 1970, and a value."""


class Restart(NamedTuple):
    """A server that came back as another process."""

    at: float
    """When we saw it, in seconds since 1970."""
    keys: float | None
    """How many keys it held before, where it was a primary; None: not known, or no primary."""


class Course:
    """What is remembered of one server."""

    __slots__ = ("crowded_at", "grew", "keys", "lags", "restarts", "run_id", "seen_at", "totals")

    def __init__(self) -> None:
        self.seen_at: float | None = None
        self.run_id: str | None = None
        self.keys: float | None = None
        self.restarts: list[Restart] = []
        self.totals: dict[str, list[Point]] = {}
        self.grew = False
        """A counter of what ought not to happen did, once."""
        self.lags: list[Point] = []
        self.crowded_at: float | None = None
        """When half of its maxclients were connected, or that was not known, the last time."""


class Leading:
    """What is remembered of one group: who led it, and when that changed."""

    __slots__ = ("above", "chart", "leaders", "switches")

    def __init__(self) -> None:
        self.chart: Cluster | None = None
        self.leaders: frozenset[Address] = frozenset()
        self.above: dict[Address, Address] = {}
        """Of a cluster: whom each replica followed. The shard that it takes over is that one's."""
        self.switches: dict[Address, list[float]] = {}
        """By who leads now: when another took over what it leads. A cluster has as many leaders as shards."""


class Recall:
    """The past of servers and groups, as far as rules ask for it. Bounded. In the hands of one thread."""

    def __init__(self) -> None:
        self._courses: dict[Address, Course] = {}
        self._leading: dict[str, Leading] = {}

    # -- taking in ------------------------------------------------------------------------------------------------

    def note(self, group: Group, at: float) -> None:
        """A group of a new snapshot; before its rules are asked."""
        for node in group.nodes:
            course = self._courses.get(node.address)
            if course is None:
                course = self._courses[node.address] = Course()
            if node.seen_at is not None and node.seen_at != course.seen_at:
                _note(course, node, node.seen_at)
        leading = self._leading.get(group.name)
        if leading is None:
            leading = self._leading[group.name] = Leading()
        _note_leaders(leading, group, at)

    def forget(self, node: Address) -> None:
        self._courses.pop(node, None)

    def keep_only(self, groups: frozenset[str]) -> None:
        """The other groups are no more."""
        for name in self._leading.keys() - groups:
            del self._leading[name]

    # -- giving out -----------------------------------------------------------------------------------------------

    def stirred(self, node: Address) -> bool:
        """There may be something to tell of a server's past: where not, it never restarted while we looked, its lag is
        small, and no counter grew but that of its writes."""
        course = self._courses.get(node)
        return course is not None and (course.grew or bool(course.restarts) or bool(course.lags))

    def switched(self, group: str) -> bool:
        """There may be something to tell of who led a group."""
        leading = self._leading.get(group)
        return leading is not None and bool(leading.switches)

    def grown(self, node: Address, counter: str, seconds: float | None = None) -> float:
        """By how much a counter grew in its window, or in the last `seconds` before the server's last answer."""
        course = self._courses.get(node)
        points = course.totals.get(counter) if course is not None else None
        if course is None or not points or course.seen_at is None or len(points) == 1:
            return 0.0
        since = course.seen_at - (COUNTERS[counter] if seconds is None else seconds)
        first = points[0][1]
        for at, value in points:
            if at > since:
                break
            first = value
        return points[-1][1] - first

    def pace(self, node: Address, counter: str, least: float = 5.0) -> float | None:
        """A counter's mean growth a second over its window; None as long as we looked for less than `least` seconds."""
        course = self._courses.get(node)
        points = course.totals.get(counter) if course is not None else None
        if course is None or not points or course.seen_at is None:
            return None
        seconds = min(COUNTERS[counter], course.seen_at - points[0][0])
        return self.grown(node, counter) / seconds if seconds >= least else None

    def crowded(self, node: Address) -> bool:
        """It may have been at its maxclients in the window of `rejected`. A server also counts as refused whoever hangs
        up by a reset before it has taken the connection: one that was opened while it hung, say (protected mode finds
        no address at the other end; Redis 6.2 unless it is bound to an address, 7.0, Valkey 9.1)."""
        course = self._courses.get(node)
        if course is None or course.seen_at is None or course.crowded_at is None:
            return False
        return course.seen_at - course.crowded_at <= COUNTERS["rejected"]

    def restarts(self, node: Address) -> tuple[Restart, ...]:
        """The newest last."""
        course = self._courses.get(node)
        return tuple(course.restarts) if course is not None else ()

    def lags(self, node: Address) -> tuple[Point, ...]:
        """The course of a replica's lag in bytes over the last minute; empty where it is small."""
        course = self._courses.get(node)
        return tuple(course.lags) if course is not None else ()

    def switches(self, group: str, now: float) -> tuple[int, Address | None]:
        """How often another node became primary in the last CHURN seconds, and who is it now; 0, None: never. Of a
        cluster in the shard that changed most often, since a site that fails over moves every shard once."""
        leading = self._leading.get(group)
        every = leading.switches.items() if leading is not None else ()
        counted = ((sum(now - at <= CHURN for at in times), leader) for leader, times in every)
        return max(counted, key=lambda one: one[0], default=(0, None))

    # -- recordings -----------------------------------------------------------------------------------------------

    def memory(self) -> dict[str, Any]:
        """All of it as plain values, for the beginning of a piece of a recording."""
        return {
            "nodes": {
                node: [one.seen_at, one.run_id, one.keys, one.restarts.copy(), _copied(one.totals), one.lags.copy()]
                for node, one in self._courses.items()
            },
            "groups": {
                name: [sorted(one.leaders), sorted(one.above), sorted(chain.from_iterable(one.switches.values()))]
                for name, one in self._leading.items()
            },
            "shards": {
                name: [one.above.copy(), {leader: times.copy() for leader, times in one.switches.items()}]
                for name, one in self._leading.items()
            },
            "crowded": {node: one.crowded_at for node, one in self._courses.items()},
        }

    def recollect(self, memory: Mapping[str, Any]) -> None:
        """Remembers what another did; the opposite of `memory`."""
        self._courses.clear()
        self._leading.clear()
        for node, (seen_at, run_id, keys, restarts, totals, lags) in memory["nodes"].items():
            one = self._courses[node] = Course()
            one.seen_at, one.run_id, one.keys = seen_at, run_id, keys
            one.restarts = [Restart(*restart) for restart in restarts]
            one.totals = {name: [(at, value) for at, value in points] for name, points in totals.items()}
            one.lags = [(at, value) for at, value in lags]
            one.crowded_at = memory.get("crowded", {}).get(node, seen_at)
            one.grew = any(len(points) > 1 for name, points in totals.items() if name not in MEANT)
        for name, (leaders, replicas, times) in memory["groups"].items():
            led = self._leading[name] = Leading()
            led.leaders = frozenset(leaders)
            # recordings of an older redistui do not tell shards apart
            alike = [dict.fromkeys(replicas, ""), {"": times} if times else {}]
            above, switches = memory.get("shards", {}).get(name, alike)
            led.above, led.switches = dict(above), {leader: list(each) for leader, each in switches.items()}


def _copied(totals: Mapping[str, list[Point]]) -> dict[str, list[Point]]:
    return {name: points.copy() for name, points in totals.items()}


def _note(course: Course, node: Node, at: float) -> None:
    """A new answer of a server."""
    if node.run_id is not None and node.run_id != course.run_id:
        if course.run_id is not None:
            course.restarts.append(Restart(at, course.keys))
            course.totals.clear()
            course.keys = None
        course.run_id = node.run_id
    if course.restarts and at - course.restarts[0].at > GONE:
        del course.restarts[0]
    course.seen_at = at
    if node.fault is None and "keys" in node.metrics:
        course.keys = node.metrics["keys"] if node.role == "primary" else None
    clients, most = node.metrics.get("clients"), node.metrics.get("clients_limit")
    if clients is None or not most or 2 * clients >= most:
        course.crowded_at = at
    _note_totals(course, node.totals, at)
    _note_lag(course, node.metrics.get("lag_bytes"), at)


def _note_totals(course: Course, totals: Mapping[str, float], at: float) -> None:
    kept = course.totals
    for counter, window in COUNTERS.items():
        value = totals.get(counter)
        if value is None:
            continue
        points = kept.get(counter)
        if points is None or value < points[-1][1]:
            kept[counter] = [(at, value)]
        elif value != points[-1][1]:
            if len(points) > 1 and at - points[-2][0] < window / SAMPLES:
                points[-1] = (points[-1][0], value)
            else:
                points.append((at, value))
            while len(points) > 2 and at - points[1][0] > window:
                del points[0]
            course.grew = course.grew or counter not in MEANT


def _note_lag(course: Course, lag: float | None, at: float) -> None:
    if lag is None or lag < CREEPING:
        if course.lags:
            course.lags.clear()
        return
    course.lags.append((at, lag))
    while at - course.lags[0][0] > COURSE or len(course.lags) > 4 * SAMPLES:
        del course.lags[0]


def _note_leaders(leading: Leading, group: Group, at: float) -> None:
    """A switch is a node that leads now and did not before, though the group had a leader then."""
    above = leading.above
    if group.kind == "cluster":
        chart = group.cluster
        if chart is None or chart is leading.chart:
            return
        leading.chart = chart
        owners = [shard for shard in chart.shards if shard.slot_count]
        leaders = frozenset(shard.primary for shard in owners)
        risen = (leaders - leading.leaders) & above.keys()
        leading.above = {replica: shard.primary for shard in owners for replica in shard.replicas}
    else:
        leaders = frozenset((group.primary,)) if group.primary is not None else leading.leaders
        risen = leaders - leading.leaders if leading.leaders else frozenset()
        above = dict.fromkeys(risen, next(iter(leading.leaders), ""))
    leading.leaders = leaders
    for node in risen:
        _note_switch(leading.switches, node, above[node], at)


def _note_switch(switches: dict[Address, list[float]], node: Address, before: Address, at: float) -> None:
    """A node has taken over from another, and with it what is remembered of changes there."""
    switches[node] = [*switches.pop(before, ()), at]
    for leader, times in list(switches.items()):
        if at - times[-1] > CHURN:
            del switches[leader]
        elif at - times[0] > CHURN:
            del times[0]


NOTHING = Recall()
"""Remembers nothing: to judge one snapshot by itself."""
