"""Slots moved by the servers themselves: CLUSTER MIGRATESLOTS at the source (Valkey >= 9.0), or CLUSTER MIGRATION
IMPORT at the target (Redis >= 8.4; written from its documentation, not tried on a server).

The order is answered with OK before anything has moved, and the job may fail later: what counts is who owns the slots.
A job moves all of its slots or none. It cannot be told apart from another operator's but by its slots and its target,
and CLUSTER CANCELSLOTMIGRATIONS ends all of a node's jobs: so a job that runs is waited for, never cancelled, and a
wish to stop is heeded between two jobs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.routes import How, Route
from redistui.ops.cluster.slot_states import count_keys, stand
from redistui.ops.steps import Argv, Ask, Burst, Lost, NotKnown, Now, Pause, Refused, Reply, Script, StepFailed, Wish
from redistui.ops.templates import Ranges, ranges_of, ranges_text, slot_count, slots_of

JOB_SLOTS = 500
"""Slots in one job: it cannot be stopped. Each job holds the writes to its slots for some 10 ms at its end."""
TURN = 0.05
"""Seconds between two looks at a job."""
STILL_SECONDS = 90.0
"""A job in which nothing moves for so long is given up on; servers do so after repl-timeout (60 s by default)."""
SETTLE_SECONDS = 5.0
ENDED = ("success", "failed", "cancelled", "canceled", "completed")
GOOD = ("success", "completed")
EXPORTS: Argv = ("CLUSTER", "GETSLOTMIGRATIONS")


class Job(NamedTuple):
    """Slots that go from the one to the other in one piece."""

    route: Route
    """Its ranges are the job's own."""

    @property
    def text(self) -> str:
        return f"slots {ranges_text(self.route.ranges[:6])}{' ...' if len(self.route.ranges) > 6 else ''}"


class Seen(NamedTuple):
    """A job as a server lists it."""

    name: str
    state: str
    message: str
    marks: tuple[str, ...]
    """What changes while it goes on."""


def jobs_of(route: Route) -> tuple[Job, ...]:
    """The route in pieces.

    >>> route = Route("a:1", "a", "b:1", "b", "b:1", ((0, 600), (700, 701)))
    >>> [job.route.ranges for job in jobs_of(route)]
    [((0, 499),), ((500, 600), (700, 701))]
    """
    slots = slots_of(route.ranges)
    parts = (slots[at : at + JOB_SLOTS] for at in range(0, len(slots), JOB_SLOTS))
    return tuple(Job(route._replace(ranges=ranges_of(part))) for part in parts)


def order(job: Job, how: How) -> tuple[Address, Argv]:
    """Which node is told to begin, and how."""
    bounds = tuple(str(slot) for both in job.route.ranges for slot in both)
    if how == "import":
        return job.route.target, ("CLUSTER", "MIGRATION", "IMPORT", *bounds)
    return job.route.source, ("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", *bounds, "NODE", job.route.target_id)


def atomic_commands(route: Route, how: How) -> tuple[Argv, ...]:
    return tuple(order(job, how)[1] for job in jobs_of(route))


@dataclass
class AtomicRoutes:
    """All routes of one source (or, imported, of one target), one job after the other. `script` returns a sentence, or
    raises StepFailed with what is left."""

    routes: tuple[tuple[int, Route], ...]
    """Each with its part of the meter."""
    how: How
    meter: Meter
    moved: int = 0
    begun: bool = False
    """An order went out."""
    reasons: list[str] = field(default_factory=list)

    def script(self) -> Script:
        jobs = [(part, job) for part, route in self.routes for job in jobs_of(route)]
        yield from self._expect()
        left = sum(slot_count(job.route.ranges) for _, job in jobs)
        for part, job in jobs:
            if not (yield from self.meter.rest(part)):
                break
            left -= slot_count(job.route.ranges)
            try:
                yield from self._move(part, job)
            except (StepFailed, Refused) as error:
                self.reasons.append(f"{job.text} not: {error}")
                if isinstance(error, NotKnown):
                    raise NotKnown(self._said(left)) from None
                break
        if self.reasons or left:
            raise StepFailed(self._said(left), unchanged=not self.moved and not self.begun)
        return self._said(left)

    def _said(self, left: int) -> str:
        routes = [route for _, route in self.routes]
        whole = sum(slot_count(route.ranges) for route in routes)
        targets = ", ".join(dict.fromkeys(route.target for route in routes))
        sources = ", ".join(dict.fromkeys(route.source for route in routes))
        of = f" of {whole:,}" if self.moved < whole else ""
        said = f"{counted(self.moved, 'slot')}{of} moved from {sources} to {targets}"
        return "; ".join([said, *self.reasons, *([f"{counted(left, 'slot')} not begun"] if left else [])])

    def _expect(self) -> Generator[Wish, Reply, None]:
        for part, route in self.routes:
            counts = yield from count_keys(route.source, route.slots)
            self.meter.expect(part, sum(counts.values()))
        yield from self.meter.tell(now=True)

    # -- one job --------------------------------------------------------------------------------------------------

    def _move(self, part: int, job: Job) -> Generator[Wish, Reply, None]:
        self.meter.count(part, doing=job.text)
        state = yield from self._owner(job)
        if state == "moved":
            return self._done(part, job, 0)
        keys = sum((yield from count_keys(job.route.source, job.route.slots)).values())
        before = yield from self._listed(job)
        running = next((one for one in before if one.state not in ENDED), None)
        if running is None:
            lost = yield from self._begin(job)
            running = yield from self._find(job, before, lost)
        if running is not None:
            yield from self._wait(part, job, running)
        yield from self._settled(job)
        self._done(part, job, keys)
        yield from self.meter.tell(now=True)
        return None

    def _done(self, part: int, job: Job, keys: int) -> None:
        count = slot_count(job.route.ranges)
        self.moved += count
        self.meter.count(part, slots=count, keys=keys, doing="")

    def _owner(self, job: Job) -> Generator[Wish, Reply, str]:
        """`moved`, or `waiting`. Raises StepFailed where the slots are neither the source's nor the target's."""
        source, target = yield from stand(job.route.source, job.route.target)
        route = job.route
        if all(target.owner(slot) == route.target_id for slot in route.slots) and target.id == route.target_id:
            return "moved"
        if not source.primary or source.id != route.source_id:
            raise StepFailed(f"{route.source} is a replica, or another node, by now")
        if not target.primary or target.id != route.target_id:
            raise StepFailed(f"{route.target} is a replica, or another node, by now")
        if foreign := [slot for slot in route.slots if source.owner(slot) != route.source_id]:
            raise StepFailed(f"{route.source} does not own slots {ranges_text(ranges_of(foreign))} any more")
        if half := [slot for slot in route.slots if slot in source.migrating or slot in target.importing]:
            raise StepFailed(f"slots {ranges_text(ranges_of(half))} are open: `fix` ends that first")
        return "waiting"

    def _begin(self, job: Job) -> Generator[Wish, Reply, bool]:
        """Gives the order; whether its reply was lost. Raises Refused."""
        node, argv = order(job, self.how)
        replies: list[Reply] = yield Burst(node, (argv,), mutates=True, seconds=10.0)
        if isinstance(replies[0], Refused):
            raise replies[0]
        self.begun = True
        return isinstance(replies[0], Lost)

    def _listed(self, job: Job) -> Generator[Wish, Reply, list[Seen]]:
        """This job, and earlier ones of the same slots, as the server that carries it out lists them."""
        node, argv = (job.route.source, EXPORTS)
        if self.how == "import":
            node, argv = job.route.target, ("CLUSTER", "MIGRATION", "STATUS", "ALL")
        try:
            return list(seen_in((yield Ask(node, argv)), job.route))
        except (Refused, Lost):
            return []

    def _find(self, job: Job, before: Sequence[Seen], lost: bool) -> Generator[Wish, Reply, Seen | None]:
        """The job that was begun; None where the slots have gone over already. Raises NotKnown."""
        known = {one.name for one in before}
        begun: float = yield Now()
        while True:
            for one in (yield from self._listed(job)):
                if one.name not in known:
                    return one
            if (yield from self._owner(job)) == "moved":
                return None
            now: float = yield Now()
            if now - begun > SETTLE_SECONDS:
                why = "no reply to the order" if lost else "the order was answered with OK"
                raise NotKnown(f"{why}, and no such job is listed")
            yield Pause(TURN)

    def _wait(self, part: int, job: Job, seen: Seen) -> Generator[Wish, Reply, None]:
        """Until the job has ended. Raises StepFailed when it failed, NotKnown when it stands still."""
        since: float = yield Now()
        marks: tuple[str, ...] = ()
        while seen.state not in ENDED:
            self.meter.count(part, doing=f"{job.text}: {seen.state}")
            yield from self.meter.tell()
            yield Pause(TURN)
            now: float = yield Now()
            found = [one for one in (yield from self._listed(job)) if one.name == seen.name]
            if found and found[0].marks != marks:
                seen, marks, since = found[0], found[0].marks, now
            elif not found and (yield from self._owner(job)) == "moved":
                return
            if now - since > STILL_SECONDS:
                raise NotKnown(f"its job is {seen.state} and nothing of it has moved for {STILL_SECONDS:g} s")
        if seen.state not in GOOD:
            raise StepFailed(f"the job {seen.state}{': ' if seen.message else ''}{seen.message}")

    def _settled(self, job: Job) -> Generator[Wish, Reply, None]:
        """The target says itself that it owns the slots."""
        begun: float = yield Now()
        while (yield from self._owner_or_none(job)) != "moved":
            now: float = yield Now()
            if now - begun > SETTLE_SECONDS:
                raise NotKnown(f"the job ended well, but {job.route.target} does not say that it owns the slots")
            yield Pause(TURN)

    def _owner_or_none(self, job: Job) -> Generator[Wish, Reply, str]:
        try:
            return (yield from self._owner(job))
        except NotKnown:
            raise
        except StepFailed:
            return "between"


def seen_in(reply: Reply, route: Route) -> Iterator[Seen]:
    """Jobs of exactly these slots, to this target, in GETSLOTMIGRATIONS or MIGRATION STATUS."""
    for row in reply if isinstance(reply, list) else ():
        fields = dict(pairs(row))
        if ranges_in(fields.get("slot_ranges") or fields.get("slots") or "") != route.ranges:
            continue
        if route.target_id not in (fields.get("target_node"), fields.get("dest")):
            continue
        marks = tuple(fields.get(name, "") for name in ("state", "last_update_time", "remaining_repl_size"))
        yield Seen(
            fields.get("name") or fields.get("id") or "",
            fields.get("state", ""),
            fields.get("message") or fields.get("last_error") or "",
            marks,
        )


def pairs(row: Reply) -> Iterable[tuple[str, str]]:
    """Names and values of a flat list."""
    words = [_text(item) for item in row] if isinstance(row, list) else []
    return zip(words[::2], words[1::2], strict=False)


def _text(item: Reply) -> str:
    if isinstance(item, list):
        return " ".join(map(_text, item))
    return item.decode("utf-8", "backslashreplace") if isinstance(item, bytes) else "" if item is None else str(item)


def ranges_in(text: str) -> Ranges | None:
    """Slots as a job lists them; None where that is not understood.

    >>> ranges_in("0-99 200"), ranges_in("")
    (((0, 99), (200, 200)), None)
    """
    found = []
    for word in text.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            return None
        found.append((int(first), int(last) if dash else int(first)))
    return ranges_of(slot for first, last in found for slot in range(first, last + 1)) if found else None
