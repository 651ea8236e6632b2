"""An operation on an imagined cluster (tests.ops.cluster_world), and its resumption by another console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from redistui.engine.journal import Line
from redistui.engine.operation import Operation
from redistui.engine.unfinished import unfinished
from redistui.judge.slots import chart
from redistui.model import ClusterView, Fault, Fleet, Group, Node, Sighting
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.resume import RESUME
from redistui.ops.run import Run, planned
from redistui.ops.stored import dump
from redistui.replies.cluster import read_info, read_nodes
from tests import fleets
from tests.engine.imagined import ConsoleDied, ImaginedDriver, Trouble
from tests.ops.cluster_world import NEW, Server, World

NAME = "catalog"
VALKEY = {"server": "valkey", "version": "9.1.2"}
REDIS = {"server": "redis", "version": "7.0.15"}


def fleet_of(world: World, **what: str) -> Fleet:
    """The fleet as it would be polled now; the node outside in a group of its own until it is met."""
    nodes = [node_of(world, server, **(what or VALKEY)) for server in world.servers.values()]
    joined = len(world.servers[NEW].knows) > 1
    members = [node for node in nodes if joined or node.address != NEW]
    alone = [node for node in nodes if node not in members]
    groups = [Group(NAME, "cluster", tuple(members), cluster=chart(members))]
    groups += [Group(node.address, "cluster", (node,), cluster=chart([node])) for node in alone]
    return Fleet(at=fleets.AT + 0.1, period=1.0, groups=tuple(groups), complete=True)


def node_of(world: World, one: Server, **what: str) -> Node:
    above = world.follows(one.address)
    role: Any = "primary" if one.primary is None else "replica"
    linked = above is not None and world.servers[above].runs
    node = fleets.node(
        one.address, role, above, lag=0 if above else None, link="up" if linked else "down",
        seed=int(one.id[0], 16), **what,
    )  # fmt: skip
    facts, seen = read_info(world.info(one)), read_nodes(world.nodes(one))
    view = ClusterView(
        seen.myself, seen.peers, seen.open_slots, facts.state, facts.epoch, facts.my_epoch, facts.slots_assigned, None,
        None, None, facts.known_nodes, fleets.AT,
    )  # fmt: skip
    node = replace(node, cluster=view, metrics={**node.metrics, "keys": float(one.keys)})
    if one.runs:
        return node
    fault = Fault("hung" if one.alive else "refused", "no answer", fleets.AT - 3)
    return replace(
        node, fault=fault, role=None, last_role=role, cluster=None,
        last_primary=Sighting(fleets.REPLID, 48_213_377_104, fleets.AT - 4, 0.0),
    )  # fmt: skip


def planned_for(world: World, action: Action, aim: Aim, **what: str) -> Plan:
    """The plan; an AssertionError with the reasons where it is refused."""
    fleet = fleet_of(world, **what)
    against = refusals(action, fleet, aim)
    assert against == (), against
    return action.plan(fleet, aim)


class PatientDriver(ImaginedDriver):
    """One that looks less often when it has waited for long: nothing changes any more then."""

    waits = 0

    async def _pause(self, seconds: float) -> None:
        self.waits += 1
        short = self.waits < 25
        self.world.pass_time(seconds if short else max(seconds, 2.5), 0.01 if short else 0.25)


@dataclass
class Outcome:
    """What came of it. `run` is None where the console died."""

    world: World
    run: Run | None
    exchanges: int
    plan: Plan
    aim: Aim
    lines: list[Line] = field(default_factory=list)
    """Of the journal."""

    def mutations(self) -> list[tuple[str, ...]]:
        return [argv for _, argv in self.world.executed]


async def operate(world: World, plan: Plan, aim: Aim, trouble: Trouble | None = None) -> Outcome:
    """Runs a plan in the model."""
    lines: list[Line] = []

    async def write(new: Sequence[Line]) -> None:
        lines.extend(new)

    driver = PatientDriver(world, trouble or Trouble(), write)  # type: ignore[arg-type]
    driver.notes.update(plan.notes)
    operation = Operation(planned(plan.action, plan.group, plan), plan, driver, lambda run: None)
    run: Run | None
    try:
        run = await operation.finish()
    except ConsoleDied:
        run = None
    return Outcome(world, run, driver.exchanges, plan, aim, lines)


async def resumed(outcome: Outcome, trouble: Trouble | None = None) -> Outcome | None:
    """Another console goes on from the journal; None where there is nothing to go on with, or it is refused."""
    common = {"operation": "0badcafe", "action": outcome.plan.action, "group": outcome.plan.group, "at": "now"}
    begun = {**common, "state": "begun", "stored": dump(outcome.plan, outcome.aim), "host": "elsewhere", "release": []}
    lines = [begun, *({**common, **line} for line in outcome.lines)]
    if outcome.run is not None:
        lines.append({**common, "state": "ended", "resumable": outcome.run.resumable, "left": []})
    found = unfinished(lines)
    past = found[0].past if found else None
    if past is None:
        return None
    aim = Aim(outcome.plan.group, words=(past.operation,), past=past)
    fleet = fleet_of(outcome.world)
    if refusals(RESUME, fleet, aim):
        return None
    return await operate(outcome.world, RESUME.plan(fleet, aim), aim, trouble)
