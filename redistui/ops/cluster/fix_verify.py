"""What must hold when half-done slots were ended: one owner in every view, no mark, no key at anybody else."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.cluster.fix_orders import named
from redistui.ops.cluster.look import EVERY, NODES, asks
from redistui.ops.cluster.slot_states import Standing, count_keys, standing_of
from redistui.ops.steps import Reply, Script, Step, Together, Wish
from redistui.ops.templates import Ranges, slots_of
from redistui.ops.waiting import look_until


@dataclass(frozen=True)
class NothingHalfDone(Step):
    """CLUSTER NODES of every node that answered, and COUNTKEYSINSLOT at every primary among them.

    Who owns them is each node's own line; where an owner is expected, it is that one.
    """

    node: None
    slots: Ranges
    owners: tuple[tuple[str, Ranges], ...]
    """Node ids, and which of the slots each is to own."""
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def which(self) -> str:
        return named(slots_of(self.slots))

    @property
    def text(self) -> str:
        return (
            f"All {len(self.nodes)} nodes that answer name the same owner of {self.which}, where nothing is open, and "
            f"only the owner has keys"
        )

    def script(self) -> Script:
        yield from look_until(self._missing, every=EVERY, seconds=self.seconds)
        return f"{self.which}: one owner for all {len(self.nodes)} nodes, nothing open, no key elsewhere"

    def _missing(self) -> Generator[Wish, Reply, tuple[str, bool]]:
        """What does not hold yet, and whether that is known."""
        replies: list[Reply] = yield Together(asks(self.nodes, *NODES))
        views = dict(zip(self.nodes, map(standing_of, replies), strict=True))
        wanted = {slot: id_ for id_, ranges in self.owners for slot in slots_of(ranges)}
        for node, view in views.items():
            if view is not None and (said := self._wrong(node, view, wanted)):
                return said, True
        if silent := [node for node, view in views.items() if view is None]:
            return f"{', '.join(silent)} did not show its view", False
        for node, view in views.items():
            if view is None or not view.primary:
                continue
            foreign = [slot for slot in slots_of(self.slots) if view.owner(slot) != view.id]
            counts = yield from count_keys(node, foreign)
            full = [slot for slot, keys in counts.items() if keys]
            if full:
                return f"{node} held keys of {named(full)}, which it does not own", True
        return "", True

    def _wrong(self, node: Address, view: Standing, wanted: dict[int, str]) -> str:
        slots = slots_of(self.slots)
        other = [slot for slot in slots if slot in wanted and view.owner(slot) != wanted[slot]]
        if other:
            return f"{node} named another owner of {named(other)} than it is to have"
        bare = [slot for slot in slots if view.owner(slot) is None]
        if bare:
            return f"{node} named no owner of {named(bare)}"
        opened = [slot for slot in slots if slot in view.migrating or slot in view.importing]
        return f"{named(opened)} still open at {node}" if opened else ""
