"""dashboard: the whole process on a terminal, beside its engine alone."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from tests.bench import usage
from tests.bench.child import Child, Place
from tests.bench.clients import Cost, Request
from tests.bench.farm import Farm
from tests.bench.table import Table, ratio
from tests.bench.terminal import SIZE, Terminal

SETTLE = 5.0
"""Seconds between the first whole screen and the measurement."""
UP_SECONDS = 90.0
TURNS = 2
CPU_TARGET, MEMORY_TARGET = 12.0, 200.0


class Run(NamedTuple):
    """One turn: percent of a core (user, system), polls of a node per second, MB, bytes painted per second."""

    user: float
    system: float
    hertz: float
    peak_mb: float
    painted: float | None

    @property
    def percent(self) -> float:
        return self.user + self.system


@dataclass(slots=True)
class Turns:
    """The turns of one of the two."""

    title: str
    runs: list[Run]

    @property
    def percent(self) -> float:
        return fmean(run.percent for run in self.runs)

    def row(self, beside: str) -> tuple[str, ...]:
        turns = " ".join(f"{run.percent:.1f}" for run in self.runs)
        user, system = fmean(run.user for run in self.runs), fmean(run.system for run in self.runs)
        bytes_ = [run.painted for run in self.runs if run.painted is not None]
        painted = f"{fmean(bytes_) / 1000:.1f}" if bytes_ else ""
        peak = max(run.peak_mb for run in self.runs)
        hertz = fmean(run.hertz for run in self.runs)
        figures = tuple(f"{figure:.1f}" for figure in (self.percent, user, system))
        return (self.title, *figures, turns, f"{hertz:.2f}", f"{peak:.0f}", painted, beside)


def measure(place: Place, farm: Farm, seconds: float) -> Table:
    """In turns on the same servers: the dashboard, then its engine without a screen."""
    whole, bare = Turns("dashboard", []), Turns("engine alone", [])
    for _ in range(TURNS):
        whole.runs.append(_dashboard(place, farm, seconds))
        bare.runs.append(_engine(place, farm, seconds))
    width, height = SIZE
    table = Table(
        f"dashboard: {len(farm.servers)} nodes in {len(farm.groups)} groups at 1 Hz, topology at {width}x{height}",
        ("", "% of a core", "user", "system", "turns (%)", "Hz", "peak MB", "kB/s painted", "beside the engine"),
        [whole.row(ratio(whole.percent, bare.percent)), bare.row("")],
    )
    table.notes += [
        f"Target: at most {CPU_TARGET:g} % at 1 Hz, and {MEMORY_TARGET:g} MB. {TURNS} turns of {seconds:g} s each. "
        f"The targets are the {len(farm.groups)} primaries; the replicas are found.",
    ]
    return table


def argv(farm: Farm) -> list[str]:
    return [sys.executable, "-m", "redistui", *farm.targets]


def _dashboard(place: Place, farm: Farm, seconds: float) -> Run:
    with Terminal(place, argv(farm)) as terminal:
        lines = len(farm.servers) + len(farm.groups)
        if lines > SIZE[1]:
            terminal.moment_of(f" of {lines}".encode(), seconds=UP_SECONDS)
        else:
            terminal.moment_of(farm.addresses[-1].encode(), seconds=UP_SECONDS)
        time.sleep(SETTLE)
        asked = farm.asked()
        cpu, painted, began = usage.of(terminal.pid), terminal.painted, time.monotonic()
        time.sleep(seconds)
        used, over = usage.of(terminal.pid).since(cpu), time.monotonic() - began
        return Run(
            user=100 * used.user / over,
            system=100 * used.system / over,
            hertz=(farm.asked() - asked) / over,
            peak_mb=usage.peak_mb(terminal.pid),
            painted=(terminal.painted - painted) / over,
        )


def _engine(place: Place, farm: Farm, seconds: float) -> Run:
    request = Request(
        client="engine",
        addresses=[primary.address for primary in farm.primaries],
        nodes=len(farm.servers),
        warm=SETTLE,
        seconds=seconds,
    )
    with Child(place, "clients", request) as child:
        cost: Cost = child.hear(seconds + 120)
    over = cost["seconds"]
    return Run(
        user=100 * cost["user"] / over,
        system=100 * cost["system"] / over,
        hertz=cost["polls"] / over / len(farm.servers),
        peak_mb=cost["peak_mb"],
        painted=None,
    )
