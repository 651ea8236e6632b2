"""Meter: how far all routes of a step have come, told to whoever looks on, and the operator's orders, heeded.

The routes run side by side and share one meter: the pace is of all keys together.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from redistui.model import Address
from redistui.ops.steps import Ask, Now, Ordered, Pause, Reply, Tell, Together, Wish
from redistui.ops.tally import Orders, Part, Tally

TELL_EVERY = 0.2
"""Seconds between two tallies."""
NAP = 0.2
"""For so long at most is slept before the orders are looked at again."""
GREET_EVERY = 10.0
"""Seconds of a pause after which the held connections are used: some servers end those that are silent."""
Doing = Generator[Wish, Reply, None]


class Meter:
    """Of one drive of one step."""

    def __init__(self, began: float, parts: Sequence[Part], nodes: Sequence[Address] = ()) -> None:
        """`nodes`: where our name must be seen all the time, so that nobody else begins."""
        self.parts = list(parts)
        self._nodes = tuple(nodes)
        self.orders = Orders()
        self._resting = [0] * len(self.parts)
        self._began = began
        self._told: float | None = None
        self._next = began
        """When the next keys may go out, at the pace that is ordered."""

    def count(self, part: int, *, slots: int = 0, keys: int = 0, size: int = 0, doing: str | None = None) -> None:
        """More of a part is done."""
        old = self.parts[part]
        self.parts[part] = replace(
            old,
            slots_done=old.slots_done + slots,
            keys_done=old.keys_done + keys,
            bytes_done=(old.bytes_done or 0) + size if size else old.bytes_done,
            doing=old.doing if doing is None else doing,
        )

    def expect(self, part: int, keys: int) -> None:
        """So many keys are to be moved."""
        self.parts[part] = replace(self.parts[part], keys=keys)

    def tell(self, *, now: bool = False) -> Doing:
        """Tells how far it is, when it was not told a moment ago."""
        at: float = yield Now()
        if not now and self._told is not None and at - self._told < TELL_EVERY:
            return
        self._told = at
        yield Tell(Tally(self._began, at, tuple(self.parts), self.orders.paused, self.orders.pace))

    def heed(self) -> Doing:
        """Asks for orders."""
        self.orders = yield Ordered()

    def rest(self, part: int, lanes: int = 1) -> Generator[Wish, Reply, bool]:
        """Between two pieces of work, with nothing half-done: waits while a pause is ordered. True: go on; False: end
        now. `lanes`: how many work at this part side by side; it is paused when all of them rest."""
        yield from self.heed()
        before = self.parts[part].doing
        greeted: float = yield Now()
        self._resting[part] += 1
        while self.orders.paused and not self.orders.stop:
            self.count(part, doing="paused" if self._resting[part] >= lanes else "ends what is half-done")
            yield from self.tell()
            yield Pause(NAP)
            now: float = yield Now()
            if now - greeted > GREET_EVERY:
                greeted = now
                yield Together(tuple(Ask(node, ("PING",), seconds=1.0) for node in self._nodes))
            yield from self.heed()
        self._resting[part] -= 1
        self.count(part, doing=before)
        return not self.orders.stop

    def await_turn(self, keys: int) -> Doing:
        """Before so many keys go out: waits as the pace demands. A stop that is ordered ends the wait, so that what is
        half-done comes to its end."""
        yield from self.heed()
        while self.orders.pace > 0 and not self.orders.stop:
            now: float = yield Now()
            if now >= self._next:
                self._next = now + keys / self.orders.pace
                return
            yield Pause(min(NAP, self._next - now))
            yield from self.tell()
            yield from self.heed()

    def portion(self, most: int) -> int:
        """How many keys may go out at once: at a slow pace only a few, so that they go evenly."""
        return max(1, min(most, self.orders.pace // 10)) if self.orders.pace else most
