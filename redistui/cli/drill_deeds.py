"""What each run of `redistui drill` does: an action as `do` runs it, or a fault; and how it is done again."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from redistui.cli.acting import aimed, plan_rows, prepared, print_rows
from redistui.cli.drill import PLAIN, tell
from redistui.cli.exits import REFUSED, USAGE, Quit
from redistui.drill.aware import route_of
from redistui.drill.drill import RATE, Deed, Done, Setting, done_of, timeouts_of
from redistui.drill.faults import BadFault, Partition, PlainSentinelFailover, Strike
from redistui.drill.flock import Flock
from redistui.drill.ground import grounds
from redistui.model import Address, Fleet
from redistui.ops.action import Action, Aim, Plan
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.demo.fleet import DemoFleet
    from redistui.engine.engine import Engine


AGAIN_SECONDS = 600.0
"""For so long a second run waits until nothing speaks against it any more: Sentinels fail a group over no sooner than
twice failover-timeout after the last time."""


class NotDone(Exception):
    """The action was refused or not confirmed: nothing was sent."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(self.reasons))


@dataclass
class Again:
    """What the runs of one drill know of each other: who was primary of each shard, so that an action that names the
    node to be promoted goes back and forth."""

    confirmed: bool = False
    before: dict[Address, Address] = field(default_factory=dict)
    """Node -> the primary that it stood in for."""
    site: str = ""
    """Where most primaries stood; empty: no sites are known."""


@dataclass
class ActionDeed:
    """An action, planned for the fleet as it is and run as `redistui do` runs it."""

    engine: Engine
    action: Action
    aim: Aim
    plan: Plan
    word: str
    outcome: str = "unknown"

    @property
    def name(self) -> str:
        return " ".join([self.action.name, *self.aim.words])

    def do(self, flock: Flock) -> Done:
        from redistui.cli.do import fire
        from redistui.engine.runner import Consent

        run, code = fire(self.engine, self.action, self.aim, self.plan, Consent(self.word, "a drill"))
        self.outcome = run.outcome if code is None else "unknown"
        return done_of(run)


@dataclass
class FaultDeed:
    """A fault at our own demo fleet."""

    deed: Deed
    outcome: str = "struck"

    @property
    def name(self) -> str:
        return self.deed.name

    def do(self, flock: Flock) -> Done:
        return self.deed.do(flock)


def next_deed(
    args: argparse.Namespace, engine: Engine, demo: DemoFleet | None, again: Again, turn: int
) -> tuple[Setting, ActionDeed | FaultDeed]:
    """What the next run does, and where. Raises NotDone, NoGround; quits with code 2 for what cannot be meant."""
    fleet = engine.fleet
    if demo is not None and (args.fault or args.action == PLAIN):
        group = demo.groups.get(args.group or next(iter(demo.groups)))
        if group is None:
            raise Quit(USAGE, [f"the demo fleet has no group {show(args.group)}: use one of {', '.join(demo.groups)}"])
        setting = setting_of(args, engine, [group.name], turn)
        try:
            if args.action == PLAIN:
                return setting, FaultDeed(PlainSentinelFailover(group))
            if args.fault == "partition":
                inside = {node.address: node.inside for node in group.nodes}
                setting = replace(setting, grounds=tuple(replace(one, inside=inside) for one in setting.grounds))
                return setting, FaultDeed(Partition(group, setting.dice))
            return setting, FaultDeed(Strike(group, args.fault, getattr(args, args.fault), setting.dice))
        except BadFault as error:
            raise Quit(USAGE, [str(error)]) from None
    if demo is not None:
        args.arguments = [addressed(demo, word) for word in args.arguments]
        args.to = args.to and addressed(demo, args.to)
    return acted(args, engine, fleet, again, turn)


def acted(
    args: argparse.Namespace, engine: Engine, fleet: Fleet, again: Again, turn: int
) -> tuple[Setting, ActionDeed | FaultDeed]:
    from redistui.cli.opening import ask_operators

    action: Action = args.chosen
    if turn:
        turned_round(args, again, fleet)
    remember(again, fleet)
    found, fleet, aim = prepared(engine, action, aimed(args, action, fleet))
    deadline = time.monotonic() + (AGAIN_SECONDS if turn else 0.0)
    told: tuple[str, ...] = ()
    while found.plan is None:
        reasons = tuple(f"{action.name} was refused: {reason}" for reason in found.refusals)
        if time.monotonic() > deadline:
            raise NotDone(reasons)
        if not told:
            tell(f"before run {turn + 1}: waiting for what speaks against it: {'; '.join(found.refusals)}")
        told = reasons
        time.sleep(1.0)
        found, fleet, aim = prepared(engine, action, aim)
    if not args.yes and not again.confirmed:
        from redistui.cli.do import confirmed

        print_rows(plan_rows(found, action, fleet, aim), to_stderr=True)
        tell(f"under canaries, {args.repeat} times" if args.repeat > 1 else "under canaries")
        if not confirmed(found.plan):
            raise Quit(REFUSED, ["not confirmed: nothing was sent"])
        again.confirmed = True
    ask_operators(engine, aim.groups)
    setting = setting_of(args, engine, aim.groups, turn)
    word = "--yes" if args.yes else found.plan.confirm or "y"
    return setting, ActionDeed(engine, action, aim, found.plan, word)


def setting_of(args: argparse.Namespace, engine: Engine, groups: Sequence[str], turn: int) -> Setting:
    from redistui.cli.opening import ask_canaries

    ask_canaries(engine, groups)
    ground = grounds(engine.fleet, groups, engine.access_of, engine.logins.login)
    setting = Setting(
        ground,
        route_of,
        rate=args.rate or RATE,
        before=args.calm,
        after=args.calm,
        timeouts=timeouts_of(engine.fleet, groups),
    )
    if not args.seed:
        return setting
    return replace(setting, seed=f"{args.seed}-{turn}" if turn else args.seed)


def addressed(demo: DemoFleet, word: str) -> str:
    """The address of a demo's server that is meant by its name; any other word stays."""
    for group in demo.groups.values():
        for server in group.servers:
            if word in (server.name, server.address):
                return server.address
    return word


def remember(again: Again, fleet: Fleet) -> None:
    again.site = site_of_primaries(fleet)
    for group in fleet.groups:
        for node in group.nodes:
            if node.role == "replica" and node.replication is not None and node.replication.primary is not None:
                again.before[node.address] = node.replication.primary


def turned_round(args: argparse.Namespace, again: Again, fleet: Fleet) -> None:
    """Where a node (or site) that an action names has taken over by the run before, what it took over from is meant
    now."""
    primaries = {node.address for group in fleet.groups for node in group.nodes if node.role == "primary"}
    places = {**{node: again.before.get(node, node) for node in primaries}, site_of_primaries(fleet): again.site}
    args.arguments = [places.get(word) or word for word in args.arguments]
    if args.to in primaries:
        args.to = again.before.get(args.to, args.to)


def site_of_primaries(fleet: Fleet) -> str:
    """Where most of those stand who say that they are primaries; empty where no site is known."""
    sites = Counter(
        node.site for group in fleet.groups for node in group.nodes if node.role == "primary" and node.site is not None
    )
    return max(sites, key=lambda site: sites[site], default="")
