"""What must hold after slots were moved, in every view that can be seen."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.look import EVERY, NODES, asks
from redistui.ops.cluster.routes import Route, all_slots, routes_in
from redistui.ops.cluster.slot_states import Standing, count_keys, standing_of
from redistui.ops.steps import Reply, Script, Step, Together, Wish
from redistui.ops.templates import ranges_of, ranges_text
from redistui.ops.waiting import look_until


@dataclass(frozen=True)
class MovedAsPlanned(Step):
    """CLUSTER NODES of every node that answered: the targets own the slots, no slot is open; and no source that still
    is a primary holds a key of them."""

    node: None
    routes: tuple[Route, ...]
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        slots = counted(all_slots(routes_in(self.routes)), "slot")
        return f"All {len(self.nodes)} nodes see the new owners of {slots}, no slot is open, no key was left behind"

    def script(self) -> Script:
        yield from look_until(self._missing, every=EVERY, seconds=self.seconds)
        return f"all {len(self.nodes)} nodes see the new owners, no slot is open, no key was left behind"

    def _missing(self) -> Generator[Wish, Reply, tuple[str, bool]]:
        """What does not hold yet, and whether that is known."""
        replies: list[Reply] = yield Together(asks(self.nodes, *NODES))
        views = dict(zip(self.nodes, map(standing_of, replies), strict=True))
        seen = {node: view for node, view in views.items() if view is not None}
        wrong = [problem for node, view in seen.items() if (problem := self._wrong(node, view))]
        if wrong:
            return "; ".join(wrong), True
        if silent := [node for node, view in views.items() if view is None]:
            return f"{', '.join(silent)} did not show its view", False
        return (yield from self._left_behind(seen)), True

    def _wrong(self, node: Address, view: Standing) -> str:
        slots = [slot for r in routes_in(self.routes) for slot in r.slots if view.owner(slot) != r.target_id]
        if slots:
            return f"{node} did not see the new owner of slots {ranges_text(ranges_of(slots)[:6])}"
        opened = sorted({*view.migrating, *view.importing})
        return f"slots {ranges_text(ranges_of(opened)[:6])} were open at {node}" if opened else ""

    def _left_behind(self, seen: dict[Address, Standing]) -> Generator[Wish, Reply, str]:
        """Keys of the moved slots at their sources: no client could reach them. A source that lost all its slots may be
        a replica by now, and holds what its primary holds."""
        for route in routes_in(self.routes):
            if route.source not in seen or not seen[route.source].primary:
                continue
            counts = yield from count_keys(route.source, route.slots)
            if keys := sum(counts.values()):
                return f"{route.source} held {counted(keys, 'key')} of slots that it gave away"
        return ""
