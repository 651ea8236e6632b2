"""Surveyor: what every slot of a cluster holds, counted gently at all of its primaries.

Two ways: at once, for an action whose plan rests on it, and slowly, over and over, for a screen that is being looked
at. Both hold a server for a fraction of a millisecond at a time (redistui.engine.counting), and both have a budget of
slots a second for the fleet as a whole, so that five hundred primaries do not cost us what three would a hundred and
sixty-six times. One connection to a node beside the poll's, closed when nobody looks any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, Protocol

from redistui.engine.counting import look_at_jobs
from redistui.engine.errand import Errand, Pace, before_7, count
from redistui.engine.sidewire import SideWire
from redistui.engine.told import Told, drawn, jobs_of
from redistui.model import SLOTS, Access, Address, Fleet, Group, Shard, Survey
from redistui.net.faults import WireFault

ABREAST = 32
"""Primaries asked at the same time."""
EVERY = 5.0
"""Seconds from the beginning of one slow survey to that of the next; own slots are counted in each."""
WIRES = 25
"""Primaries asked in a second of slow surveys: five hundred have their turn every 20 s."""
ELSEWHERE = SLOTS
"""Slots of others that a slow survey looks into, of all primaries together: three are through after two surveys."""
MANY = 64
"""Primaries beyond which strays are looked for only where a node holds more keys than its own slots do: to ask five
hundred for every slot of all the others would take us half a minute, and half of a processor."""
KEPT = 20.0
"""Seconds for which a survey stands that nobody goes on with."""
SHOWN = 0.5
"""Seconds between two looks at a first survey on its way."""


class Watching(Protocol):
    """What a surveyor needs of the engine."""

    @property
    def fleet(self) -> Fleet: ...

    def access_of(self, address: Address) -> Access: ...


class Kept(NamedTuple):
    """What goes on: a group's survey, and what is asked beside its slots' keys."""

    name: str | None = None
    moves: bool = False
    sample: bool = False


class Surveyor:
    """Runs on the engine's loop. `surveys` is read by whoever draws the fleet; `news` is called when it changed."""

    def __init__(self, house: Watching, surveys: dict[str, Survey], news: Callable[[], None]) -> None:
        self._house = house
        self._surveys = surveys
        self._news = news
        self._told: dict[str, dict[Address, Told]] = {}
        self._wires: dict[Address, SideWire] = {}
        self._asking = asyncio.Lock()
        self._kept = Kept()
        self._sooner = asyncio.Event()
        """What is looked at has changed: the next survey need not wait for its time."""
        self._keeping: asyncio.Task[None] | None = None
        self._urgent = 0
        """Actions that wait: a slow survey then makes haste."""
        self._shown_at = 0.0

    async def take(self, name: str, sample: bool = False) -> Survey | None:
        """Counts every slot at every living primary of a group now; None where it has no slots to count."""
        self._urgent += 1
        try:
            async with self._asking:
                found = await self._survey(name, thorough=True, sampled=sample)
                if found is not None and self._is_torn(name, found):
                    found = await self._survey(name, thorough=True, sampled=sample)
        finally:
            self._urgent -= 1
        if self._kept.name != name:
            self._hang_up()
            asyncio.get_running_loop().call_later(KEPT, self._forget, name, found)
        return found

    def keep(self, name: str | None, moves: bool = False, sample: bool = False) -> None:
        """Goes on with a group's survey from now on, and with no other's; None: with none."""
        before, self._kept = self._kept, Kept(name, moves, sample)
        if before.name == name:
            self._sooner.set()
            return
        loop = asyncio.get_running_loop()
        if self._keeping is not None:
            self._keeping.cancel()
        if before.name is not None:
            loop.call_later(KEPT, self._forget, before.name, self._surveys.get(before.name))
        self._keeping = None if name is None else loop.create_task(self._go_on(name))
        if self._keeping is not None:
            self._keeping.add_done_callback(_complain)
        if name is None and not self._urgent:
            self._hang_up()

    def outdated(self, name: str) -> None:
        """Somebody acted on the group: what was counted before is no ground for the next plan."""
        if self._kept.name == name:
            self._sooner.set()
        else:
            self._forget(name, self._surveys.get(name))

    def close(self) -> None:
        """Ends all; the loop need not run any more."""
        if self._keeping is not None:
            self._keeping.cancel()
        self._hang_up()

    async def _go_on(self, name: str) -> None:
        """One survey after the other; between two of them, where moves are looked at, those every second."""
        loop = asyncio.get_running_loop()
        while True:
            self._sooner.clear()
            began = loop.time()
            async with self._asking:
                found = await self._survey(name, thorough=False, sampled=self._kept.sample)
            rest = max(EVERY, len(self._wires) / WIRES) if found is not None else 1.0
            due = began + max(rest, 2 * (loop.time() - began))
            while loop.time() < due and not self._sooner.is_set():
                async with self._asking:
                    await self._look_at_moves(name)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._sooner.wait(), min(1.0, max(0.05, due - loop.time())))

    async def _look_at_moves(self, name: str) -> None:
        told = self._told.get(name, {})
        survey = self._surveys.get(name)
        if not self._kept.moves or survey is None:
            return
        asked = [one for one in told.values() if one.fault is None and one.has_jobs is not False]
        await asyncio.gather(*(self._jobs_of(one) for one in asked))
        jobs = jobs_of(told.values())
        if jobs != survey.jobs:
            self._surveys[name] = replace(survey, jobs=jobs)
            self._news()

    async def _jobs_of(self, told: Told) -> None:
        wire = self._wires.get(told.address)
        if wire is not None:
            try:
                await look_at_jobs(wire, told)
            except WireFault as fault:
                told.fault = fault
                wire.close()

    # -- one survey -----------------------------------------------------------------------------------------------

    async def _survey(self, name: str, thorough: bool, sampled: bool) -> Survey | None:
        group = self._house.fleet.group(name)
        if group is None or group.cluster is None:
            return None
        told = self._told_of(group)
        began = time.time()
        show = self._show(name, told, began)
        pace = Pace(lambda: self._urgent > 0, show)
        shards = group.cluster.shards
        errand = Errand(
            elsewhere=SLOTS if thorough else -(-ELSEWHERE // len(shards)),
            thorough=thorough,
            trusts_sums=not thorough or len(shards) > MANY,
            sampled=sampled,
            moves=self._kept.moves,
        )
        limit = asyncio.Semaphore(ABREAST)
        jobs = [
            self._ask(shard, told[shard.primary], errand, pace, limit)
            for shard in shards
            if self._begin(group, shard, told[shard.primary], errand)
        ]
        await asyncio.gather(*jobs)
        return self._draw(name, told, began)

    def _is_torn(self, name: str, survey: Survey) -> bool:
        """Slots changed hands while they were counted: at one who was asked, some are not known."""
        group = self._house.fleet.group(name)
        shards = () if group is None or group.cluster is None else group.cluster.shards
        heard = (shard for shard in shards if shard.primary not in survey.unasked)
        return any(None in survey.keys[first : last + 1] for shard in heard for first, last in shard.slots)

    def _told_of(self, group: Group) -> dict[Address, Told]:
        """What is known of its present primaries; what others told is dropped, for they are none any more."""
        assert group.cluster is not None
        before = self._told.get(group.name, {})
        primaries = [shard.primary for shard in group.cluster.shards]
        told = self._told[group.name] = {one: before.get(one) or Told(one) for one in primaries}
        for gone in self._wires.keys() - told.keys():
            self._wires.pop(gone).close()
        return told

    def _begin(self, group: Group, shard: Shard, told: Told, errand: Errand) -> bool:
        """Whether this primary is asked. Who may not count is asked no second time, unless somebody wants it now."""
        refused = told.fault is not None and told.fault.kind == "noperm"
        node = group.node(shard.primary)
        if refused and not errand.thorough:
            return False
        told.begin(shard.slot_count + min(errand.elsewhere, SLOTS - shard.slot_count))
        if node is not None and before_7(node.version):
            told.has_stats = told.has_jobs = False
        if self._house.access_of(shard.primary).data.user not in (None, "", "default"):
            told.may_sample = False  # such a user has no right to look at keys, and ACL LOG would tell of each attempt
        if node is None or not node.up:
            fault = node.fault if node is not None else None
            told.fault = WireFault(fault.kind, fault.text) if fault is not None else WireFault("unreachable", "gone")
        return told.fault is None

    async def _ask(self, shard: Shard, told: Told, errand: Errand, pace: Pace, limit: asyncio.Semaphore) -> None:
        access = self._house.access_of(shard.primary)
        wire = self._wires.get(shard.primary)
        if wire is None:
            wire = self._wires[shard.primary] = SideWire(shard.primary, access)
        own = [slot for first, last in shard.slots for slot in range(first, last + 1)]
        async with limit:
            try:
                await wire.open()
                await count(wire, told, own, errand, pace)
            except WireFault as fault:
                told.fault = fault
                wire.close()

    # -- what is shown --------------------------------------------------------------------------------------------

    def _show(self, name: str, told: dict[Address, Told], began: float) -> Callable[[], None]:
        """Shows a first survey while it is on its way: a later one stands still until the next is whole."""
        first = name not in self._surveys or not self._surveys[name].complete

        def show() -> None:
            now = time.monotonic()
            if first and now - self._shown_at > SHOWN:
                self._shown_at = now
                self._draw(name, told, began)

        return show

    def _draw(self, name: str, told: dict[Address, Told], began: float) -> Survey | None:
        group = self._house.fleet.group(name)
        found = drawn(group, told, began, time.time()) if group is not None else None
        if found is not None:
            self._surveys[name] = found
            self._news()
        return found

    def _forget(self, name: str, survey: Survey | None) -> None:
        if self._kept.name != name and self._surveys.get(name) is survey and survey is not None:
            del self._surveys[name]
            self._told.pop(name, None)
            self._news()

    def _hang_up(self) -> None:
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


def _complain(task: asyncio.Task[None]) -> None:
    """A survey that ends by itself is a bug, and is told at once."""
    if not task.cancelled() and (error := task.exception()) is not None:
        told = {"message": "the survey of a cluster's slots failed", "exception": error}
        task.get_loop().call_exception_handler(told)
