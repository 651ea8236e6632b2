"""forecast: what-if against the truth, on every server version that is installed.

Each row of KILLS has a group of its own. What is told of it just before (`redistui.judge.forecast`, from a snapshot of
the running engine) is compared with what its servers do after a real kill -9: who says ROLE master then, or that for
as long as is waited nobody does who did not before.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.shapes import GroupShape
from redistui.engine.engine import Engine
from redistui.judge.forecast import Forecast, GroupForecast, forecast
from redistui.model import Address, Fleet, Group
from tests import versions
from tests.bench.kills import KILLS, Kill, server
from tests.bench.table import Table
from tests.waiting import eventually

AT_ONCE = 4
"""Groups that run side by side."""
PERIOD = 0.25
NOBODY_SECONDS = 12.0
"""As long is waited for somebody to be promoted where nobody should be: twice what it takes, and more."""
PROMOTED_SECONDS = 150.0
"""Votes that split are cast again after twice failover-timeout: 20 s in a demo."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One kill: who was foreseen to be primary afterwards (any of a set, where chance decides), and who was."""

    title: str
    foreseen: tuple[frozenset[Address], ...]
    """A set for each that is to be promoted."""
    became: frozenset[Address]
    writes: str
    seconds: float
    told_seconds: float | None

    @property
    def right(self) -> bool:
        """As many as foreseen, and one of each set."""
        return len(self.became) == len(self.foreseen) and all(one & self.became for one in self.foreseen)


def measure(only: str = "") -> Table:
    table = Table(
        "forecast: foreseen and true, by kill -9",
        ("loss", "server", "writes", "foreseen", "became primary", "right", "out s (told, true)"),
    )
    wanted = [kill for kill in KILLS if kill.title.startswith(only)]
    right = count = ties = 0
    for version, program in sorted(versions.installed().items(), reverse=True):
        for first in range(0, len(wanted) if version in versions.wanted() else 0, AT_ONCE):
            for outcome in together(wanted[first : first + AT_ONCE], program):
                row = _row(outcome, version)
                print("  ".join(row), file=sys.stderr, flush=True)
                table.add(*row)
                count, right = count + 1, right + outcome.right
                ties += any(len(one) > 1 for one in outcome.foreseen)
    table.notes.append(
        f"{right} of {count} right. In {ties} of them replicas of a cluster were equally far on, so that chance "
        "decides: any of those named counts as right."
    )
    return table


def _row(outcome: Outcome, version: str) -> tuple[str, ...]:
    told = "–" if outcome.told_seconds is None else f"{outcome.told_seconds:.1f}"
    return (
        outcome.title,
        version,
        outcome.writes,
        ", ".join("|".join(sorted(map(_port, one))) for one in outcome.foreseen) or "nobody",
        ", ".join(sorted(map(_port, outcome.became))) or "nobody",
        "yes" if outcome.right else "NO",
        f"{told}, {outcome.seconds:.1f}" if outcome.became else "–",
    )


def _port(address: Address) -> str:
    return address.rpartition(":")[2]


def together(kills: Sequence[Kill], program: str, nobody_seconds: float = NOBODY_SECONDS) -> list[Outcome]:
    """Prepares the groups of these, foresees each, kills, and looks what comes of it."""
    shapes = [_named(kill, number) for number, kill in enumerate(kills, 1)]
    with (
        DemoFleet(tuple(shapes), program, traffic=False, seconds=90.0) as fleet,
        _watching(fleet) as engine,
    ):
        groups = [fleet.groups[shape.name] for shape in shapes]
        with ThreadPoolExecutor(len(kills)) as hands:
            list(hands.map(_prepare, kills, groups))
        snapshot = eventually(lambda: _settled(engine, groups, kills), 60, otherwise="the picture does not settle")
        told = [_told(snapshot, kill, group) for kill, group in zip(kills, groups, strict=True)]
        before = [_primaries(group) for group in groups]
        killed_at = time.monotonic()
        for kill, group in zip(kills, groups, strict=True):
            for name in kill.killed:
                server(group, name).kill()
        became, first = _watch(groups, [_foreseen(one, group.name) for one, group in zip(told, groups, strict=True)],
                               before, killed_at, max(nobody_seconds, *(kill.patience for kill in kills)))  # fmt: skip
        return [
            _outcome(kill, one.groups[0], has, seconds, _foreseen(one, group.name))
            for kill, one, group, has, seconds in zip(kills, told, groups, became, first, strict=True)
        ]


def _prepare(kill: Kill, group: RunningGroup) -> None:
    for prepare in kill.before:
        prepare(group)


def _named(kill: Kill, number: int) -> GroupShape:
    shape = kill.shape
    old, new = shape.name, f"{shape.name}{number}"
    nodes = tuple(
        replace(node, name=node.name.replace(old, new, 1), follows=node.follows and node.follows.replace(old, new, 1))
        for node in shape.nodes
    )
    return replace(shape, name=new, nodes=nodes)


@contextmanager
def _watching(fleet: DemoFleet) -> Iterator[Engine]:
    engine = Engine(fleet.as_targets(), period=PERIOD)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def _settled(engine: Engine, groups: Sequence[RunningGroup], kills: Sequence[Kill]) -> Fleet | None:
    """A snapshot with every server in it, and fresh: asked after everything was prepared."""
    asked = time.time()
    fleet = engine.wait(lambda fleet: fleet.complete and fleet.at > asked + 3 * PERIOD, 20)
    for group in groups:
        found = fleet.group(group.name)
        if found is None or len(found.members) != len(group.servers) or not _whole(found):
            return None
    return fleet


def _whole(group: Group) -> bool:
    """Of a cluster: its map is there; of Sentinels: each that answers knows the others, and misses no live replica."""
    if group.kind == "cluster":
        return group.cluster is not None and group.cluster.slots_assigned == 16384
    watches = [watch for sentinel, watch in group.watches() if sentinel.up]
    if not watches or any(watch.other_sentinels != len(group.sentinels) - 1 for watch in watches):
        return False
    live = [node.address for node in group.nodes if node.up]
    missed = frozenset(("s_down", "o_down", "disconnected"))
    return not any(one.flags & missed for watch in watches for one in watch.replicas if one.address in live)


def _told(fleet: Fleet, kill: Kill, group: RunningGroup) -> Forecast:
    return forecast(fleet, [server(group, name).address for name in kill.killed], kill.assumed)


def _primaries(group: RunningGroup) -> frozenset[Address]:
    return frozenset(node.address for node in group.nodes if node.running and role_of(node) == "master")


def _foreseen(told: Forecast, name: str) -> tuple[frozenset[Address], ...]:
    group = told.group(name)
    assert group is not None
    if group.shards:
        found = [frozenset({one.promoted, *one.equals}) for one in group.shards if one.promoted is not None]
        return tuple(found)
    return () if group.promoted is None else (frozenset({group.promoted}),)


def _watch(
    groups: Sequence[RunningGroup],
    wanted: Sequence[tuple[frozenset[Address], ...]],
    before: Sequence[frozenset[Address]],
    since: float,
    nobody_seconds: float,
) -> tuple[list[frozenset[Address]], list[float]]:
    """Who has become primary, and when the first did: until everybody foreseen is there, and for as long as it takes
    to see that nobody else is."""
    first = [0.0] * len(groups)
    became: list[frozenset[Address]] = [frozenset()] * len(groups)
    while True:
        passed = time.monotonic() - since
        for number, group in enumerate(groups):
            became[number] = _primaries(group) - before[number]
            if became[number] and not first[number]:
                first[number] = time.monotonic() - since
        due = all(len(has) >= len(want) for has, want in zip(became, wanted, strict=True))
        if passed > nobody_seconds and (due or passed > PROMOTED_SECONDS):
            return became, first
        time.sleep(0.05)


def _outcome(
    kill: Kill,
    told: GroupForecast,
    became: frozenset[Address],
    seconds: float,
    foreseen: tuple[frozenset[Address], ...],
) -> Outcome:
    return Outcome(kill.title, foreseen, became, told.writes, seconds, told.outage_seconds)
