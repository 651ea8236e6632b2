"""alerts: how many polls go by from the cause of an alert until it is told, and from its end until it is over.

Each row of FAULTS is made at real servers, one after the other in each group, the groups side by side. What is counted
are polls of the server that the alert is about (or of one that was named for it), one second apart, from the moment on
at which the server could say so itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from redistui.demo.fleet import DemoFleet
from redistui.demo.problems import DemoError
from redistui.engine.engine import Engine
from redistui.engine.observation import Observation
from redistui.model import Access, Address, Event, Fleet, Target
from tests import versions
from tests.bench.faults import FAULTS, SHAPES, Fault, Scene, prepare
from tests.bench.faults.scene import elsewhere
from tests.bench.table import Table

PERIOD = 1.0
TOGETHER = 0.7
"""Part of a period within which two polls of a server are one: what happens nearby makes us ask once more."""
PEACE = 90.0
LONGEST = 60.0
"""Seconds: what is told for longer after its end is not waited for."""
FIRST = 60.0


class Tape:
    """What an engine took in and told, in order; one for all groups."""

    def __init__(self, period: float) -> None:
        self._period = period
        self.polls: dict[Address, list[tuple[float, float]]] = {}
        """When each was begun, and when its answer had come in."""
        self.alerts: list[Event] = []

    def __call__(self, item: object) -> None:
        if isinstance(item, Observation):
            self.polls.setdefault(item.address, []).append((item.asked_at, time.time()))
        elif isinstance(item, Event) and item.kind == "alert":
            self.alerts.append(item)

    def told(self, changes: Sequence[str], fault: Fault, node: Address, since: float) -> Event | None:
        """The first such change since then. Those that came while the cause was still being made count as well."""
        for event in tuple(self.alerts):
            same = event.about[1] == fault.rule and event.group == fault.group and node in ("*", event.about[3])
            if same and event.about[0] in changes and event.at >= since:
                return event
        return None

    def count(self, server: Address, since: float, until: float) -> int:
        """Polls begun after one moment whose answers were there at the other."""
        asked: list[float] = []
        for at, came_in in tuple(self.polls.get(server, ())):
            if since < at and came_in <= until and (not asked or at - asked[-1] > TOGETHER * self._period):
                asked.append(at)
        return len(asked)


@dataclass(slots=True)
class Measured:
    """One fault on one version: polls and seconds, None where nothing was told in time."""

    fault: Fault
    came: tuple[int, float] | None = None
    went: tuple[int, float] | None = None
    made: float = 0.0
    """Seconds from the deed until the server could say so."""
    trouble: str = ""
    others: set[str] = field(default_factory=set)
    """Other rules that spoke meanwhile."""


def measure(only: str = "") -> Table:
    table = Table(
        f"alerts on real faults: polls, {PERIOD:g} s apart, from cause to alert and from its end to its end",
        ("alert", "by", "server", "came", "went", "cause s", "beside it"),
    )
    wanted = [fault for fault in FAULTS if fault.rule.startswith(only)]
    found = {version: measured(version, wanted) for version in versions.wanted()}
    for fault in wanted:
        for version, rows in found.items():
            table.add(*(row := _row(version, rows[fault])))
            print("  ".join(row), file=sys.stderr, flush=True)
    table.notes.append("cause s: seconds from the deed until the server itself could say it; polls count from there.")
    return table


def _row(version: str, one: Measured) -> tuple[str, ...]:
    return (
        one.fault.rule,
        one.fault.doc,
        version,
        _said(one.came),
        f"after {one.fault.tells_for:.0f} s" if one.fault.tells_for > LONGEST else _said(one.went),
        f"{one.made:.1f}",
        one.trouble or " ".join(sorted(one.others - {one.fault.rule})),
    )


def _said(polls: tuple[int, float] | None) -> str:
    return "never" if polls is None else f"{polls[0]} ({polls[1]:.1f} s)"


def measured(
    version: str, wanted: Sequence[Fault], period: float = PERIOD, longest: float = LONGEST
) -> dict[Fault, Measured]:
    """All faults of one version, each group's in a thread of its own. `longest`: the end of what is told for more
    seconds than this is not waited for."""
    program, names = versions.installed()[version], {fault.group for fault in wanted}
    shapes = tuple(shape for shape in SHAPES if shape.name in names)
    tape = Tape(period)
    with DemoFleet(shapes, program, traffic=False, seconds=90.0) as fleet:
        scenes = {name: Scene(version, group) for name, group in fleet.groups.items()}
        for scene in scenes.values():
            prepare(scene)
        engine = Engine(targets(fleet), period=period, record=tape)
        engine.start()
        surveyed = [fault.group for fault in wanted if fault.rule == "orphan-keys"]
        engine.keep_surveying(surveyed[0] if surveyed else None)  # they are counted while somebody looks at the slots
        try:
            with ThreadPoolExecutor(len(scenes)) as hands:
                work = [
                    hands.submit(_in_turn, engine, tape, scene, [one for one in wanted if one.group == name], longest)
                    for name, scene in scenes.items()
                ]
                return {one.fault: one for done in work for one in done.result()}
        finally:
            engine.stop()
            for scene in scenes.values():
                scene.close()


def targets(fleet: DemoFleet) -> list[Target]:
    return [
        Target(
            (group.seeds[0].address,),
            title=None if group.kind == "sentinel" else name,
            access=Access(
                reachable={called: node.inside for node in group.nodes for called in (node.address, elsewhere(node))}
            ),
        )
        for name, group in fleet.groups.items()
    ]


def _in_turn(
    engine: Engine, tape: Tape, scene: Scene, faults: Sequence[Fault], longest: float
) -> list[Measured]:  # fmt: skip
    _peace(engine, scene, FIRST)
    return [_one(engine, tape, scene, fault, longest) for fault in faults if fault.on(scene.version)] + [
        Measured(fault, trouble="not there in this version") for fault in faults if not fault.on(scene.version)
    ]


def _one(engine: Engine, tape: Tape, scene: Scene, fault: Fault, longest: float) -> Measured:
    one = Measured(fault)
    before = len(tape.alerts)
    began = time.time()
    try:
        with fault.make(scene):
            one.made = max(0.0, scene.since - began)
            one.came = _wait(tape, scene, fault, ("raised", "flaps"), began)
            ended = scene.since = time.time()
        waits = fault.tells_for <= longest
        if one.came is not None and waits:
            time.sleep(fault.tells_for)
            scene.since += fault.tells_for
            one.went = _wait(tape, scene, fault, ("over",), ended)
        if waits and not _peace(engine, scene, PEACE):
            left = {alert.rule for alert in engine.fleet.alerts if alert.group == scene.name and alert.ended_at is None}
            one.trouble = f"no peace: {' '.join(sorted(left - scene.usual))}"
    except (AssertionError, DemoError, OSError, EOFError, LookupError, RuntimeError) as error:
        one.trouble = f"{type(error).__name__}: {error}"[:200]
    one.others = {event.about[1] for event in tape.alerts[before:] if event.group == scene.name}
    print(f"{scene.version}: {fault.rule} ({fault.doc}): {_said(one.came)}, {_said(one.went)} {one.trouble}",
          file=sys.stderr, flush=True)  # fmt: skip
    return one


def _wait(tape: Tape, scene: Scene, fault: Fault, changes: Sequence[str], began: float) -> tuple[int, float] | None:
    """Polls and seconds from `scene.since` until it was told."""
    node = scene.address(fault.node) if fault.node not in ("", "*") else fault.node
    deadline = time.monotonic() + fault.patience
    while (event := tape.told(changes, fault, node, began)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.02)
    witness = scene.address(fault.witness or fault.node or "n1")
    return tape.count(witness, scene.since, event.at), max(0.0, event.at - scene.since)


def _peace(engine: Engine, scene: Scene, seconds: float) -> bool:
    """All of the group were heard, and nothing is wrong in it."""

    def calm(fleet: Fleet) -> bool:
        group = next((one for one in fleet.groups if one.name == scene.name), None)
        there = group is not None and sum(one.seen_at is not None for one in group.members) >= len(scene.group.servers)
        lasting = {one.rule for one in fleet.alerts if one.group == scene.name and one.ended_at is None}
        found = {one.rule for one in fleet.findings if one.group == scene.name}
        return there and lasting | found <= scene.usual

    return calm(engine.wait(calm, seconds))
