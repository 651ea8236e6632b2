"""Ground: memory of the operating system's own, which gives a page when it is first written.

A young past is small, and a thousand rings that grow side by side tear no holes.
"""

from __future__ import annotations

import mmap
from struct import calcsize
from typing import Any, Literal, overload


@overload
def ground(count: int, kind: Literal["H"]) -> memoryview[int]: ...


@overload
def ground(count: int, kind: Literal["f"]) -> memoryview[float]: ...


def ground(count: int, kind: Any) -> Any:
    """Room for so many numbers of a kind as `array` names it, all zero."""
    room = max(1, count * calcsize(kind))
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return memoryview(mmap.mmap(-1, room))[: count * calcsize(kind)].cast(kind)
    memory = mmap.mmap(-1, room, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    return memoryview(memory)[: count * calcsize(kind)].cast(kind)
