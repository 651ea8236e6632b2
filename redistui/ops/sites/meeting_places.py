"""Where the lanes of a plan for several groups wait for each other, and for how long.

Twice: before a fence goes up, so that writes are not held while another group still gets ready (Sentinels look at a
changed priority every 10 s); and before the point of no return, so that all go beyond it or none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from redistui.ops.action import Plan
from redistui.ops.node.fence import PauseWrites, RefuseWrites
from redistui.ops.steps import Step

Place = Literal["fence", "beyond"]
PLACES: tuple[Place, ...] = ("fence", "beyond")
FENCES = (PauseWrites, RefuseWrites)
READY_SECONDS = 60.0
"""Longer than Sentinels take to see a priority."""
HELD_SECONDS = 5.0
"""For so long, at most, one group's writes are held for another's sake; each has 2 s to catch up."""


def meetings(plan: Plan) -> Mapping[int, tuple[Place, ...]]:
    """Index of a step -> what a lane waits for before it."""
    point = plan.point_of_no_return
    fence = next((n for n, step in enumerate(plan.steps[:point]) if isinstance(step, FENCES)), point)
    return {point: PLACES} if fence == point else {fence: ("fence",), point: ("beyond",)}


def patience(lanes: Iterable[Plan]) -> Mapping[Place, float]:
    """Seconds to wait at each place: with its fence up, no longer than half of the shortest pause."""
    pauses = [ms / 2000 for lane in lanes for step in lane.steps if (ms := pause_of(step)) is not None]
    return {"fence": READY_SECONDS, "beyond": min([HELD_SECONDS, *pauses])}


def pause_of(step: Step) -> int | None:
    """How long clients wait at most, in ms; None: it is no pause."""
    return step.ms if isinstance(step, PauseWrites) else None
