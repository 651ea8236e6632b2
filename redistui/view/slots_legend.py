"""The line under the slot map: the scale of its figures, how old they are, and what is missing in them."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Survey
from redistui.view import figures
from redistui.view.cells import Cell, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.slots_heat import FIGURES, UNITS, Heat, Mode, marks, no_figures, sign_of, unmetered


def age(survey: Survey | None, now: float) -> Row:
    """How old a survey is, or how far it has come."""
    if survey is None:
        return (Cell("counting", "dim"),)
    if not survey.complete:
        return (Cell(f"counting, {100 * survey.progress:.0f}% so far", "accent"),)
    seconds = max(0.0, now - survey.at)
    return (Cell(f"counted {figures.span(seconds)} ago", "dim" if seconds < 60 else "warn"),)


def title(mode: Mode, survey: Survey | None, now: float, replayed: bool = False) -> Row:
    """The mode's name, and in front of everything else what is wrong with what it shows."""
    if mode == "owner":
        return ()
    if replayed and survey is None and mode in FIGURES:
        return Cell(mode, "title"), Cell("  no recording holds this: it is counted while one looks  ", "warn")
    cells: list[Cell] = [Cell(mode, "title"), Cell("  ")]
    uncounted = mode in ("cpu", "net") and survey is not None and survey.complete and survey.cpu is None
    if mode in FIGURES and not uncounted:
        cells += [*age(survey, now), Cell("  ")]
    if survey is not None:
        cells += _strays(survey)
        if mode in ("cpu", "net") and survey.unmetered and survey.cpu is not None:
            cells.append(Cell(f"slot-stats off at {figures.plural(len(survey.unmetered), 'node')}  ", "warn"))
    return tuple(cells)


def _strays(survey: Survey) -> Iterator[Cell]:
    if survey.strays:
        keys = sum(stray.keys for stray in survey.strays)
        yield Cell(f"{figures.plural(keys, 'orphan key')} in {figures.plural(len(survey.strays), 'slot')}  ", "bad")
    if survey.unasked:
        where = survey.unasked[0] if len(survey.unasked) == 1 else f"{len(survey.unasked)} primaries"
        why = "may not be counted" if survey.refused else "not counted"
        yield Cell(f"{where} {why}  ", "warn")


def scale(mode: Mode, heat: Heat | None, survey: Survey | None, glyphs: Glyphs) -> tuple[tuple[int | None, Cell], ...]:
    """Signs with the step each is to be drawn in (None: as its tone says), and what they mean."""
    if mode == "migration":
        return tuple((None, cell) for cell in _moving(glyphs))
    if mode not in FIGURES:
        return ()
    if heat is None or survey is None:
        return tuple((None, cell) for cell in no_figures(mode, survey))
    parts: list[tuple[int | None, Cell]] = [(None, Cell(f"{UNITS[mode].head}  ", "dim"))]
    for mark in marks(heat):
        parts += [(mark.step, Cell(sign_of(mark.step, glyphs))), (None, Cell(f" {mark.text}  ", "dim"))]
    if heat.scale.factor != 2:
        parts.append((None, Cell(f"steps of {heat.scale.factor}x  ", "dim")))
    if mode == "memory" and survey.memory_by != "server":
        how = "by samples" if survey.memory_by == "sample" else "keys x mean key of the node"
        parts.append((None, Cell(how, "dim")))
    if mode in ("cpu", "net") and survey.unmetered:
        parts += [(None, cell) for cell in unmetered(survey)]
    return tuple(parts)


def _moving(glyphs: Glyphs) -> Row:
    """What the signs of the map of moves mean; among letters they are others, as `?` tells."""
    signs: tuple[tuple[str, Tone, str], ...] = (
        (glyphs.open_slot, "warn", "open, or being moved"),
        (glyphs.warn, "bad", "orphan keys"),
        (glyphs.uncovered, "bad", "nobody's"),
    )
    return tuple(cell for sign, tone, text in signs for cell in (Cell(sign, tone), Cell(f" {text}   ", "dim")))


def figure_at(heat: Heat | None, slot: int) -> Row:
    """What the mode says of one slot."""
    if heat is None:
        return ()
    unit = UNITS[heat.mode]
    return (Cell(f"  {unit.what} ", "dim"), Cell(unit.say(heat.values[slot]), "accent"))
