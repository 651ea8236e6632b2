"""`?`: every key, where it works, what it does, and the legend of the screen one is on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from redistui.ops.resume import can_be_undone, may_go_back
from redistui.tui.lists import Reading
from redistui.view.cells import Cell, Row, show
from redistui.view.keys import Key, shown
from redistui.view.words import paragraph

if TYPE_CHECKING:
    from redistui.engine.unfinished import Unfinished
    from redistui.tui.house import House

PLACES = {
    "app": "Everywhere",
    "table": "In a table",
    "line": "On the : and / line",
    "list": "In help and lists",
    "actions": "In the action list",
    "whatif": "In what-if",
    "look": "In what a node is asked for on demand",
    "replay": "Everywhere in a recording (redistui replay FILE)",
    "dialog": "In a confirm dialog",
    "running": "In that dialog, while slots are moved",
}
KEY_WIDTH = 22
TEXT_WIDTH = 72


def help_screen(house: House) -> Reading:
    """The panel's legend first: what one sees is what one asks about."""
    panel = house.panel
    legend = () if panel is None else panel.legend()
    own = "" if panel is None else panel.NAME
    first = ("replay", own) if house.dashboard.settings.replay else (own,)
    rows = [*_legend(legend, "" if panel is None else panel.TITLE), *key_rows(house.dashboard.keys, *first)]
    return Reading("Keys and signs", rows, house.dashboard.dress, house.dashboard.signs)


def _legend(legend: Sequence[Row], title: str) -> Iterator[Row]:
    if legend:
        yield (Cell(f"Signs of {title}", "title"),)
        yield from ((Cell("  "), *row) for row in legend)
        yield ()


def key_rows(rows: Sequence[Key], *own: str) -> Iterator[Row]:
    """The keys of one's own places first (a screen's), then the others', place by place."""
    places = dict.fromkeys((*own, *(row.where for row in rows)))
    for place in filter(frozenset(row.where for row in rows).__contains__, places):
        yield (Cell(PLACES.get(place, f"On the {place} screen"), "title"),)
        for row in rows:
            if row.where == place:
                keys = " ".join(shown(key) for key in row.key.split(","))
                yield from paragraph(row.what, TEXT_WIDTH + 2, lead=Cell(f"  {keys:<{KEY_WIDTH}}", "key"))
        yield ()


def unfinished_screen(house: House) -> Reading:
    """What was begun and not ended, and the ways out of it."""
    found = house.dashboard.acting.unfinished
    rows = [row for one in found for row in _ways_out(one)]
    app = house.dashboard
    return Reading("Unfinished operations", rows or [(Cell("none", "ok"),)], app.dress, app.signs)


def _ways_out(one: Unfinished) -> Iterator[Row]:
    yield from paragraph(f"{show(one.action)} of {show(one.group, 200)}, begun {show(one.at)}", TEXT_WIDTH, "title")
    last = show(one.last, 1000).replace(": sending", ": no outcome was seen")
    yield from paragraph(f"last command: {last}", TEXT_WIDTH, "dim")
    if one.parts:
        yield from paragraph(show(one.parts, 400), TEXT_WIDTH, "dim")
    if one.past is not None:
        steps = len(one.past.plan.steps)
        yield from paragraph(f"{one.past.passed} of {steps} steps were seen done", TEXT_WIDTH, "dim")
        if not one.past.released:
            yield from _way(f":resume {one.operation}", "go on from there; its plan is shown first")
        if may_go_back(one.past):
            yield from _way(f":resume {one.operation} --back", "put everything back as it was")
        elif can_be_undone(one.past):
            yield from _way(f":undo {one.operation}", "take back what it did; that plan is shown first")
    for node, command in one.release:
        yield from _way(f"{show(command, 400)}", f"at {show(node)} by hand: lifts what may still be held")
    yield from _way(f":dismiss {one.operation}", "it was seen to; do not show it again")
    yield ()


def _way(what: str, why: str) -> Iterator[Row]:
    yield from paragraph(what, TEXT_WIDTH, "key", Cell("  "))
    yield from paragraph(why, TEXT_WIDTH, "text", Cell("      "))


def problems_screen(house: House) -> Reading:
    """Everything that is wrong with theme and keymap, and anything else the operator was to be told."""
    problems = house.dashboard.problems
    rows = [line for text in problems for line in paragraph(text, TEXT_WIDTH, lead=Cell("- ", "warn"))]
    return Reading(
        "Problems in the settings", rows or [(Cell("none", "ok"),)], house.dashboard.dress, house.dashboard.signs
    )
