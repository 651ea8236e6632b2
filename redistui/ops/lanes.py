"""How far each group of a plan for several is: a word, and a percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redistui.ops.run import Run

ENDS = {"verified": "moved", "refused": "stays", "unknown": "not known", "failed": "FAILED"}


@dataclass(frozen=True, slots=True)
class GroupState:
    """One group; of a cluster all its shards together."""

    group: str
    state: str
    percent: int
    lanes: tuple[Run, ...]

    @property
    def well(self) -> bool:
        """Nothing has gone wrong in it so far."""
        return all(lane.outcome in ("planned", "running", "verified") for lane in self.lanes)


def state_of(lane: Run) -> str:
    """What one lane does, in a word or two; how it ended, when it has."""
    if lane.outcome == "planned":
        return "waits"
    if lane.ended:
        back = lane.outcome == "failed" and lane.release and all(row.state == "done" for row in lane.release)
        return "put back" if back else ENDS[lane.outcome]
    if lane.doing:
        return lane.doing
    if any(row.state not in ("planned", "skipped") for row in lane.release):
        return "puts back"
    if all(row.state == "done" for row in lane.steps):
        return "verifies"
    point = 0 if lane.plan is None else lane.plan.point_of_no_return
    return "gets ready" if all(row.state == "planned" for row in lane.steps[point:]) else "moves"


def percent_of(*lanes: Run) -> int:
    """Steps that are over, of all of them and what is verified afterwards; 100 only where that is done.

    >>> percent_of()
    0
    """
    rows = [row for lane in lanes for row in (*lane.steps, *lane.verify)]
    done = sum(row.state == "done" for row in rows)
    return 100 * done // len(rows) if rows else 0


def groups_of(run: Run) -> tuple[GroupState, ...]:
    """Each group once, in the order of the plan."""
    names = dict.fromkeys(lane.group for lane in run.lanes)
    return tuple(_of(name, tuple(lane for lane in run.lanes if lane.group == name)) for name in names)


def _of(name: str, lanes: Sequence[Run]) -> GroupState:
    """That of the first lane that did not end well, else of the one at work, else of the last. With one shard of a
    cluster behind it and others before it, it moves."""
    lanes = tuple(lanes)
    astray = [lane for lane in lanes if lane.outcome in ("failed", "unknown", "refused")]
    going = [lane for lane in lanes if lane.outcome in ("planned", "running")]
    shown = next(iter((*astray, *going)), lanes[-1])
    half = not astray and going and len(going) < len(lanes)
    return GroupState(name, f"moves {len(lanes) - len(going)} of {len(lanes)}" if half else state_of(shown),
                      percent_of(*lanes), lanes)  # fmt: skip
