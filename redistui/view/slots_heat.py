"""Figures on the slot map: which a mode shows, in how many steps, and the scale that says what a step means.

A step is a power of two wide (of four or ten, where slots differ by more): equal steps of one figure would show one hot
slot and 16,383 cold ones, and ranks would make a difference of nothing look like one. The steps begin at round powers,
so that they stand still while figures move, and a map redraws little.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate, compress
from typing import Literal, NamedTuple

from redistui.model import PerSlot, Survey
from redistui.view import figures
from redistui.view.cells import Cell, Row
from redistui.view.glyphs import Glyphs
from redistui.view.slots_map import NOWHERE, Grid, Spot

Mode = Literal["owner", "keys", "cpu", "net", "memory", "migration"]
MODES: tuple[Mode, ...] = ("owner", "keys", "cpu", "net", "memory", "migration")
FIGURES: frozenset[Mode] = frozenset({"keys", "cpu", "net", "memory"})
"""Those that show a figure of each slot."""
UNKNOWN, NOTHING = 0, 1
HOTTEST = 8
"""Steps of heat are from 2 to this."""
_STEPS = HOTTEST - NOTHING


class Unit(NamedTuple):
    """How a mode's figure is said."""

    what: str
    say: Callable[[float | None], str]
    head: str
    """What stands before the scale, with the unit that its entries then do without."""
    mark: Callable[[float | None], str]
    widest: int = 10
    """The greatest factor from step to step: one that gives round figures."""


def _cpu(value: float | None) -> str:
    """Microseconds of CPU a second.

    >>> [_cpu(value) for value in (None, 0.0, 0.25, 12.4, 250_000.0)]
    ['–', '0us/s', '0.2us/s', '12us/s', '250ms/s']
    """
    if value is None:
        return figures.UNKNOWN
    return f"{value / 1000:.0f}ms/s" if value >= 9999.5 else f"{figures.rate(value)}us/s"


def _net(value: float | None) -> str:
    return figures.UNKNOWN if value is None else f"{figures.size(value)}/s"


UNITS: dict[Mode, Unit] = {
    "keys": Unit("keys", figures.count, "keys a slot", figures.count),
    "cpu": Unit("CPU", _cpu, "CPU us/s a slot", figures.rate),
    "net": Unit("network", _net, "bytes/s a slot", figures.size, 16),
    "memory": Unit("memory", figures.size, "bytes a slot", figures.size, 16),
}


def values_of(mode: Mode, survey: Survey | None) -> PerSlot | None:
    """What a mode shows of each slot; None: nobody has counted it."""
    if survey is None:
        return None
    if mode == "net":
        if survey.net_in is None or survey.net_out is None:
            return None
        pairs = zip(survey.net_in, survey.net_out, strict=True)
        return tuple(None if one is None or two is None else one + two for one, two in pairs)
    found: dict[Mode, PerSlot | None] = {"keys": survey.keys, "cpu": survey.cpu, "memory": survey.memory}
    return found.get(mode)


class Scale(NamedTuple):
    """Where the steps begin."""

    bounds: tuple[float, ...]
    """The least figure of each step of heat from the third on; what lies below the first of them is in the second."""
    factor: int = 2

    def step(self, value: float | None) -> int:
        """From 0, not known, over 1, nothing, to 8, the hottest."""
        if value is None:
            return UNKNOWN
        return NOTHING if value <= 0 else NOTHING + 1 + bisect_right(self.bounds, value)


def scale_of(values: Sequence[float | None], widest: int = 10) -> Scale:
    """The narrowest steps that tell nineteen of twenty slots that hold something from the hottest.

    >>> scale_of([0, None, 3, 60, 100]).bounds
    (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
    >>> scale_of([1, 900_000]).factor, scale_of([]).bounds
    (10, ())
    """
    held = Counter(values)
    some = sorted(value for value in held if value)
    if not some:
        return Scale(())
    below = accumulate(held[value] for value in some)
    most = sum(held[value] for value in some) // 20
    low, high = next(value for value, slots in zip(some, below, strict=True) if slots > most), some[-1]
    fits = (factor for factor in (2, 4) if _power(high, factor) / factor**_STEPS <= low)
    factor = next(fits, widest)
    top = _power(high, factor)
    return Scale(tuple(top / factor**step for step in range(_STEPS - 1, 0, -1)), factor)


def _power(high: float, factor: int) -> float:
    """The smallest power of `factor` that is greater than `high`."""
    power = 1.0
    while power <= high:
        power *= factor
    while power / factor > high:
        power /= factor
    return power


class Heat(NamedTuple):
    """A mode's figures, ready to be drawn."""

    mode: Mode
    values: PerSlot
    scale: Scale
    steps: bytes
    """One for each slot."""


def heat_of(mode: Mode, survey: Survey | None) -> Heat | None:
    """None where nobody has counted what the mode shows."""
    values = values_of(mode, survey)
    if values is None:
        return None
    scale = scale_of(values, UNITS[mode].widest)
    made = {value: scale.step(value) for value in set(values)}
    return Heat(mode, values, scale, bytes(map(made.__getitem__, values)))


def hot_spots(steps: bytes, bare: Sequence[bool], shape: Grid) -> list[Spot]:
    """Every cell of the map: that of its hottest slot. `bare` slots are nobody's, and a cell with one says so."""
    per = shape.per
    made = [Spot(0, "", step) for step in range(HOTTEST + 1)]
    if per == 1:
        found = [made[step] for step in steps[shape.start : shape.end]]
    else:
        found = [made[max(steps[first : first + per])] for first in range(shape.start, shape.end, per)]
    if any(bare):
        for slot in range(shape.start, shape.end):
            if bare[slot]:
                found[(slot - shape.start) // per] = NOWHERE
    return found


def sign_of(step: int, glyphs: Glyphs) -> str:
    """A step where colours cannot tell: bars that grow, and in ASCII digits."""
    if step == UNKNOWN:
        return glyphs.unknown
    if step == NOTHING:
        return "." if glyphs.ascii else glyphs.dot
    return str(step - 1) if glyphs.ascii else glyphs.sparks[step - 1]


class Mark(NamedTuple):
    """One entry of the scale."""

    step: int
    text: str


def marks(heat: Heat) -> tuple[Mark, ...]:
    """The steps that occur, each with the least figure in it."""
    present = sorted(set(heat.steps))
    say = UNITS[heat.mode].mark
    names = {NOTHING: "0", UNKNOWN: "not known"}
    bounds = heat.scale.bounds
    for step in present:
        if step > NOTHING + 1:
            names[step] = say(bounds[step - NOTHING - 2])
        elif step == NOTHING + 1:
            names[step] = f"<{say(bounds[0])}" if bounds else ">0"
    return tuple(Mark(step, names[step]) for step in present)


def hottest(heat: Heat, most: int = 200) -> list[int]:
    """Slots by their figure, the greatest first; slots that hold nothing are left out."""
    some = list(compress(range(len(heat.values)), heat.values))
    some.sort(key=lambda slot: (-(heat.values[slot] or 0.0), slot))
    return some[:most]


def no_figures(mode: Mode, survey: Survey | None) -> Row:
    """Why a mode has nothing to show, and what to do about it."""
    if survey is None:
        return (Cell("The slots are being counted.", "dim"),)
    if mode in ("cpu", "net"):
        if not survey.unmetered:
            return (Cell("No node of this cluster counts CPU and network per slot (Valkey >= 8.0 can).", "warn"),)
        return unmetered(survey)
    if survey.refused:
        return (Cell("The watch user may not count: it needs +cluster|countkeysinslot (redistui acl).", "warn"),)
    return (Cell("Nothing is known of these slots.", "warn"),)


def unmetered(survey: Survey) -> Row:
    """Where CPU and network could be counted and are not, and the way to switch that on."""
    nodes = survey.unmetered
    where = nodes[0] if len(nodes) == 1 else f"{len(nodes)} nodes"
    return (
        Cell(f"slot-stats off at {where}: ", "warn"),
        Cell(":set-parameter NODE cluster-slot-stats-enabled yes", "key"),
    )
