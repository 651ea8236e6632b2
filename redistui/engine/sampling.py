"""Sampling: how big the keys of a slot are, told from a few of them where no server counts a slot's memory.

CLUSTER GETKEYSINSLOT gives the names of some keys, MEMORY USAGE the bytes of each. The names are asked for, used and
forgotten: none is kept or shown. Whoever may not look at keys gets no sample, and the node's mean key stands in for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import hiredis

from redistui.engine.counting import Pause
from redistui.engine.sidewire import SideWire
from redistui.engine.told import Told
from redistui.net.watch import command

SLOTS_AT_ONCE = 32
KEYS = 2
"""Of each slot."""
AT_ONCE = 1024
"""Slots sampled in a slow survey."""
_PREFIX = b"*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n"


async def sample(wire: SideWire, told: Told, pause: Pause, most: int | None) -> None:
    """Samples slots that hold keys, those without a sample first; `most` at a time, None: all. Raises WireFault."""
    held = [slot for slot, keys in told.keys.items() if keys]
    wanted = sorted(held, key=lambda slot: (slot in told.sampled, slot))
    if most is not None:
        fresh = [slot for slot in wanted if slot not in told.sampled][:most]
        wanted = fresh or _turn(told, held, most)
    for start in range(0, len(wanted), SLOTS_AT_ONCE):
        part = wanted[start : start + SLOTS_AT_ONCE]
        await pause(len(part) * (KEYS + 2))
        if not await _some(wire, told, part):
            told.may_sample = False
            return


def _turn(told: Told, held: Sequence[int], most: int) -> list[int]:
    """All have one: the next in turn get a new one."""
    start = told.turn % max(1, len(held))
    told.turn = start + most
    return list(held[start : start + most])


async def _some(wire: SideWire, told: Told, slots: Sequence[int]) -> bool:
    """False where our user may not look at keys."""
    asked = b"".join(command("CLUSTER", "GETKEYSINSLOT", str(slot), str(KEYS)) for slot in slots)
    lists = await wire.ask(asked, len(slots))
    pairs = zip(slots, lists, strict=True)
    found_keys = ((slot, key) for slot, keys in pairs if isinstance(keys, list) for key in keys)
    named = [(slot, key) for slot, key in found_keys if isinstance(key, bytes)]
    if any(isinstance(reply, hiredis.ReplyError) for reply in lists):
        return False
    if not named:
        return True
    sizes = await wire.ask(b"".join(_PREFIX + b"$%d\r\n%s\r\n" % (len(key), key) for _, key in named), len(named))
    found: dict[int, list[int]] = {}
    for (slot, _), size in zip(named, sizes, strict=True):
        if isinstance(size, hiredis.ReplyError):
            return False
        if isinstance(size, int) and size >= 0:  # None: it went meanwhile
            found.setdefault(slot, []).append(size)
    told.sampled.update((slot, sum(some) / len(some)) for slot, some in found.items())
    return True
