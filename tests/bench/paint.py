"""paint: from the start of the program to the first picture, beside the mere import of Textual."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from redistui.demo.ports import HOST
from tests.bench.child import ROOT, Place
from tests.bench.farm import Farm
from tests.bench.table import Table, ratio
from tests.bench.terminal import Terminal

TARGET = 1.35
HEADER = b"READ-ONLY"
"""Stands in the header line from the first picture on."""
HEAVY = ("textual", "rich")
HELP = ("-m", "redistui", "status", "--help")

Timed = Callable[[], float]


def measure(place: Place, runs: int) -> Iterator[Table]:
    with Farm(1) as farm, _nobody() as dead:
        dead_target, live_target = f"redis://{HOST}:{dead.getsockname()[1]}", farm.targets[0]
        taken = alternating(
            {
                "python -c 'import textual.app'": lambda: _import(place),
                "the same, only until it is imported": lambda: _imported(place),
                "first paint, nothing answers": lambda: _painted(place, dead_target, HEADER),
                "first paint, a live server": lambda: _painted(place, live_target, HEADER),
                "its figures on the screen": lambda: _painted(place, live_target, b"1/1 up"),
            },
            runs,
        )
    yield _first_paint(taken, runs)
    yield _help(place, runs)


def alternating(timed: dict[str, Timed], runs: int) -> dict[str, list[float]]:
    """Milliseconds of each, in turns, after one turn that does not count: it compiles and fills the file cache."""
    taken: dict[str, list[float]] = {name: [] for name in timed}
    for turn in range(runs + 1):
        for name, once in timed.items():
            took = once()
            if turn:
                taken[name].append(1000 * took)
    return taken


def _first_paint(taken: dict[str, list[float]], runs: int) -> Table:
    table = Table("paint: from the start of the program", ("", "ms", "least", "most", "beside the import"))
    base = median(next(iter(taken.values())))
    for number, (name, times) in enumerate(taken.items()):
        table.add(name, *figures(times), ratio(median(times), base) if number else "")
    table.notes += [
        f"Target: first paint at most {TARGET}x the import. Medians of {runs} alternating runs on a pseudo-terminal, "
        f"until the header line stands on it.",
    ]
    return table


def figures(times: list[float]) -> tuple[str, str, str]:
    return f"{median(times):.0f}", f"{min(times):.0f}", f"{max(times):.0f}"


def _help(place: Place, runs: int) -> Table:
    taken = alternating(
        {
            "python -c pass": lambda: _ended(place, "-c", "pass"),
            "redistui status --help": lambda: _ended(place, *HELP),
        },
        runs,
    )
    names = list(taken)
    table = Table("redistui status --help", ("", "ms", "least", "most", "beside bare Python"))
    for number, name in enumerate(names):
        table.add(name, *figures(taken[name]), ratio(median(taken[name]), median(taken[names[0]])) if number else "")
    modules = imported(place)
    heavy = sorted(name for name in modules if name.partition(".")[0] in HEAVY)
    said = f"imports {', '.join(heavy[:3])}, which it should not" if heavy else f"none of them {' or '.join(HEAVY)}"
    table.notes.append(f"{len(modules)} modules imported (python -X importtime), {said}.")
    return table


def imported(place: Place) -> set[str]:
    """Names of all modules that `redistui status --help` imports, as the interpreter itself tells."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *HELP],
        capture_output=True, text=True, cwd=ROOT, env=place.environment, check=True,
    )  # fmt: skip
    lines = [line for line in ran.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines[1:]}


def _painted(place: Place, target: str, text: bytes) -> float:
    with Terminal(place, [sys.executable, "-m", "redistui", target]) as terminal:
        return terminal.moment_of(text) - terminal.began


def _import(place: Place) -> float:
    with Terminal(place, [sys.executable, "-c", "import textual.app"]) as terminal:
        return terminal.exited() - terminal.began


def _imported(place: Place) -> float:
    words = "import textual.app; print('imported', flush=True)"
    with Terminal(place, [sys.executable, "-c", words]) as terminal:
        return terminal.moment_of(b"imported") - terminal.began


def _ended(place: Place, *words: str) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, cwd=ROOT, env=place.environment, check=True)
    return time.monotonic() - began


def _nobody() -> socket.socket:
    """A port on which nobody listens, and nobody will while it is held."""
    held = socket.socket()
    held.bind((HOST, 0))
    return held
