"""FAULTS: what an alert is about, made at real servers and ended again, one row each.

A fault is made in the group named with it; the same groups serve all of them, so each leaves its group as it was. What
it does on entering is the cause, on leaving the end. Where a server needs a while until it could say so itself, a fault
waits for that by asking the server (`Scene.says`): polls count from there.
"""

from __future__ import annotations

from tests.bench.faults import clusters, copies, members, sentinels, servers, unlike
from tests.bench.faults.scene import FAULTS, SHAPES, Fault, Scene, prepare

__all__ = [
    "FAULTS", "SHAPES", "Fault", "Scene", "clusters", "copies", "members", "prepare", "sentinels", "servers", "unlike",
]  # fmt: skip
