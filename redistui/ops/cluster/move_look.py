"""The look before slots are moved: what a plan rests on, read once more, from the nodes themselves."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.routes import How, Route, all_slots, routes_in
from redistui.ops.cluster.slot_states import Standing, ask_all, count_keys, figure, stand
from redistui.ops.steps import Argv, Ask, Lost, Refused, Reply, Script, Step, StepFailed, Wish
from redistui.ops.templates import ranges_of, ranges_text

HEADROOM = 1.3
"""Memory that keys take at their target, as a multiple of what they take at their source: buffers, fragmentation."""
ENDED = (b"success", b"failed", b"cancelled")


@dataclass(frozen=True)
class LookFirst(Step):
    """Every node's own view agrees, no slot is open, no move runs, sources own their slots, targets are living
    primaries that hold nothing of them yet and have room."""

    node: None
    how: How
    routes: tuple[Route, ...]
    nodes: tuple[Address, ...]
    """Everybody who answered when it was planned, and those that join."""
    wants: tuple[tuple[Address, int | None], ...] = ()
    """Bytes that each move brings to its target; None: not known."""

    @property
    def text(self) -> str:
        return f"All {len(self.nodes)} nodes agree who owns what, no slot is open, and the targets have room"

    def script(self) -> Script:
        routes = routes_in(self.routes)
        seen = dict(zip(self.nodes, (yield from stand(*self.nodes)), strict=True))
        for problem in (agreement(seen), open_slots(seen), self._roles(routes, seen)):
            if problem:
                raise StepFailed(problem, unchanged=True)
        yield from self._no_jobs(routes)
        yield from self._nothing_there(routes)
        yield from self._room(routes)
        return f"all {len(self.nodes)} nodes agree, no slot is open; {counted(all_slots(routes), 'slot')} to be moved"

    @staticmethod
    def _roles(routes: Sequence[Route], seen: Mapping[Address, Standing]) -> str:
        for route in routes:
            for address, id_ in ((route.source, route.source_id), (route.target, route.target_id)):
                one = seen.get(address)
                if one is None or one.id != id_:
                    return f"{address} is another node than when this was planned"
                if not one.primary:
                    return f"{address} is a replica by now"
                doubts = [node for node, view in seen.items() if failing(view, id_)]
                if doubts:
                    return f"{', '.join(doubts)} holds {address} for failed"
            strange = [slot for slot in route.slots if seen[route.source].owner(slot) != route.source_id]
            if strange:
                return f"{route.source} does not own slots {ranges_text(ranges_of(strange))}"
        return ""

    def _no_jobs(self, routes: Sequence[Route]) -> Generator[Wish, Reply, None]:
        """No CLUSTER MIGRATESLOTS runs at a source or a target, whoever ordered it."""
        if self.how != "atomic":
            return
        for node in dict.fromkeys(end for route in routes for end in (route.source, route.target)):
            reply: Reply = yield Ask(node, ("CLUSTER", "GETSLOTMIGRATIONS"))
            if any(is_running(row) for row in reply if isinstance(row, list)):
                raise StepFailed(f"slots are on their way at {node} already: wait until that is done", unchanged=True)

    @staticmethod
    def _nothing_there(routes: Sequence[Route]) -> Generator[Wish, Reply, None]:
        """Whatever is at a target of a slot later on came from the slot's source, then."""
        for route in routes:
            counts = yield from count_keys(route.target, route.slots)
            if held := [slot for slot, keys in counts.items() if keys]:
                raise StepFailed(
                    f"{route.target} holds {counted(sum(counts.values()), 'key')} of slots that are not its own "
                    f"({ranges_text(ranges_of(held)[:6])}): `fix` sees to them first",
                    unchanged=True,
                )

    def _room(self, routes: Sequence[Route]) -> Generator[Wish, Reply, None]:
        wanted: dict[Address, float] = {}
        for route in routes:
            known = sum(size for target, size in self.wants if target == route.target and size is not None)
            guess = 0.0 if known else (yield from self._guess(route))
            wanted[route.target] = max(wanted.get(route.target, 0.0), known) + guess
        for target, size in wanted.items():
            left = yield from headroom(target)
            if left is not None and size * HEADROOM > left:
                raise StepFailed(
                    f"{target} has {left / 2**20:.1f} MiB left of its maxmemory, and about {size / 2**20:.1f} MiB are "
                    f"to come",
                    unchanged=True,
                )

    @staticmethod
    def _guess(route: Route) -> Generator[Wish, Reply, float]:
        """Bytes that the slots take, by the source's mean key."""
        counts = yield from count_keys(route.source, route.slots)
        memory, size = yield from ask_all(route.source, (("INFO", "memory"), ("DBSIZE",)))
        used = figure(memory, b"used_memory_dataset") or figure(memory, b"used_memory")
        return used / size * sum(counts.values()) if isinstance(size, int) and size else 0.0


def agreement(seen: Mapping[Address, Standing]) -> str:
    """Whose map of owners differs from most, in a sentence; empty: nobody's."""
    maps: dict[tuple[tuple[int, int, str], ...], list[Address]] = {}
    for node, one in seen.items():
        maps.setdefault(one.ranges, []).append(node)
    if len(maps) == 1:
        return ""
    most = max(maps.values(), key=len)
    odd = [node for nodes in maps.values() if nodes is not most for node in nodes]
    return f"{', '.join(odd)} {'sees' if len(odd) == 1 else 'see'} other owners of slots than {', '.join(most)}"


def open_slots(seen: Mapping[Address, Standing]) -> str:
    slots = {slot for one in seen.values() for slot in (*one.migrating, *one.importing)}
    if not slots:
        return ""
    return f"slots {ranges_text(ranges_of(slots)[:6])} are open: `fix` ends that first"


def failing(one: Standing, id_: str) -> bool:
    peer = one.view.line(id_)
    return peer is None or bool(peer.flags & {"fail", "fail?"})


def is_running(row: Sequence[Reply]) -> bool:
    """A job of GETSLOTMIGRATIONS that has not ended."""
    fields = dict(zip(row[::2], row[1::2], strict=False))
    return fields.get(b"state") not in ENDED


def headroom(node: Address) -> Generator[Wish, Reply, int | None]:
    """Bytes that a node has left of its maxmemory; None: it has no limit, or does not say."""
    argv: Argv = ("INFO", "memory")
    try:
        memory: Reply = yield Ask(node, argv)
    except (Refused, Lost):
        return None
    limit = figure(memory, b"maxmemory")
    return max(0, limit - figure(memory, b"used_memory")) if limit else None
