"""Slot moves on an imagined cluster (tests.ops.slot_world), and their resumption by another console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from redistui.engine.journal import Line
from redistui.engine.operation import Operation
from redistui.engine.unfinished import unfinished
from redistui.judge.slots import chart
from redistui.model import ClusterView, Fault, Fleet, Group, Node
from redistui.ops.action import Aim, Plan, SlotMove, refusals
from redistui.ops.cluster.move_plan import move_steps
from redistui.ops.resume import RESUME
from redistui.ops.run import Run, planned
from redistui.ops.stored import dump
from redistui.replies.cluster import read_info, read_nodes
from tests import fleets
from tests.engine.imagined import ConsoleDied, ImaginedDriver, Trouble
from tests.ops.slot_world import Server, World

NAME = "catalog"
AIM = Aim(NAME)


def group_of(world: World) -> Group:
    nodes = [node_of(world, server) for server in world.servers.values()]
    return Group(NAME, "cluster", tuple(nodes), cluster=chart(nodes))


def fleet_of(world: World) -> Fleet:
    return Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group_of(world),), complete=True)


def node_of(world: World, one: Server) -> Node:
    above = None if one.primary is None else world.by_id(one.primary).address
    node = fleets.node(
        one.address, "replica" if above else "primary", above, lag=0 if above else None, seed=int(one.id[0], 16),
        server="redis", version="7.0.15",
    )  # fmt: skip
    if not one.runs:
        fault = Fault("hung" if one.alive else "refused", "no answer", fleets.AT - 3)
        return replace(node, fault=fault, role=None, cluster=None)
    quiet, world.quiet = world.quiet, True
    seen = read_nodes(world.ask(one.address, ("CLUSTER", "NODES")))
    facts = read_info(world.ask(one.address, ("CLUSTER", "INFO")))
    world.quiet = quiet
    view = ClusterView(
        seen.myself, seen.peers, seen.open_slots, facts.state, 10, 1, 12, None, None, None, 6, fleets.AT,
    )  # fmt: skip
    return replace(node, cluster=view)


def plan_of(world: World, *moves: SlotMove) -> Plan:
    steps, verify = move_steps(group_of(world), moves)
    return Plan("reshard", NAME, "Move slots", "risky", steps, verify, loses="Nothing.", undo="Back.")


@dataclass
class Outcome:
    """What came of it. `run` is None where the console died."""

    world: World
    run: Run | None
    exchanges: int
    plan: Plan
    lines: list[Line] = field(default_factory=list)


async def operate(world: World, plan: Plan, trouble: Trouble | None = None) -> Outcome:
    """Runs a plan in the model."""
    lines: list[Line] = []

    async def write(new: Sequence[Line]) -> None:
        lines.extend(new)

    driver = ImaginedDriver(world, trouble or Trouble(), write)  # type: ignore[arg-type]
    operation = Operation(planned(plan.action, plan.group, plan), plan, driver, lambda run: None)
    run: Run | None
    try:
        run = await operation.finish()
    except ConsoleDied:
        run = None
    return Outcome(world, run, driver.exchanges, plan, lines)


def resume_plan(outcome: Outcome) -> tuple[Plan | None, tuple[str, ...]]:
    """What another console would do, or why not."""
    common = {"operation": "0badcafe", "action": outcome.plan.action, "group": NAME, "at": "now"}
    begun = {**common, "state": "begun", "stored": dump(outcome.plan, AIM), "host": "elsewhere", "release": []}
    lines = [begun, *({**common, **line} for line in outcome.lines)]
    if outcome.run is not None:
        lines.append({**common, "state": "ended", "resumable": outcome.run.resumable, "left": []})
    found = unfinished(lines)
    past = found[0].past if found else None
    if past is None:
        return None, ("nothing was left unfinished",)
    aim = Aim(NAME, words=(past.operation,), past=past)
    fleet = fleet_of(outcome.world)
    if against := refusals(RESUME, fleet, aim):
        return None, against
    return RESUME.plan(fleet, aim), ()


async def resumed(outcome: Outcome, trouble: Trouble | None = None) -> Outcome | None:
    """Another console goes on from the journal; None where there is nothing to go on with, or it is refused."""
    plan, _ = resume_plan(outcome)
    return None if plan is None else await operate(outcome.world, plan, trouble)
