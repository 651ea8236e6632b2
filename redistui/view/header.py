"""The header line: what one looks at, and whether one could do harm. Its least parts go first when it is narrow."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Literal, NamedTuple

from redistui.model import Fleet, Group, Health
from redistui.ops.pause.memory import held_for
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.glyphs import Glyphs
from redistui.view.standing import Standing
from redistui.view.words import HEALTH_WORDS, health_mark


class HeaderFacts(NamedTuple):
    """What the header line says."""

    environment: str | None
    group: str
    place: str
    """`2/5` among the groups; empty when there is one."""
    kind: str
    health: Health
    panels: tuple[str, ...]
    """`1 Topology`, `2 Sentinels` ...: all of them where there is room."""
    panel: int
    """Which of them is shown."""
    armed: bool
    period: float
    operator: str = ""
    """Whose password is held, and for how long still: `ops 9m`; empty: none is."""
    replay: str = ""
    """What stands in the place of armed or read-only while a recording is looked at."""
    alerts: Standing = Standing()
    """How many last, in all groups."""


class Part(NamedTuple):
    """A piece of the line; the highest rank is given up first, 0 never."""

    rank: int
    side: Literal["left", "right"]
    cell: Cell
    badge: bool = False


def badge_text(environment: str | None, bracketed: bool) -> str:
    """`[PROD]`, or ` PROD ` where its colours make a chip of it; empty without an environment."""
    if not environment:
        return ""
    word = show(environment.upper(), 12)
    return f"[{word}]" if bracketed else f" {word} "


def period_text(seconds: float) -> str:
    """
    >>> [period_text(s) for s in (0.5, 1.0, 30.0)]
    ['0.5s', '1s', '30s']
    """
    return f"{seconds:g}s"


def operator_text(held: tuple[str, float] | None) -> str:
    """Whose password is held, and for how many minutes still.

    >>> operator_text(("ops", 540.1)), operator_text(None)
    ('ops 10m', '')
    """
    return "" if held is None else f"{show(held[0], 16)} {max(1, ceil(held[1] / 60))}m"


def age_text(seconds: float | None) -> str:
    """How old what is shown is, in whole units, so that it changes as seldom as can be.

    >>> [age_text(s) for s in (None, 0.4, 59.0, 61.0, 7300.0)]
    ['age ?', 'age 0s', 'age 59s', 'age 1m', 'age 2h']
    """
    if seconds is None:
        return "age ?"
    whole = int(seconds)
    if whole < 60:
        return f"age {whole}s"
    return f"age {whole // 60}m" if whole < 3600 else f"age {min(whole // 3600, 999)}h"


def age_tone(seconds: float | None, period: float) -> Tone:
    """Over two periods old is stale, over five is of no use."""
    if seconds is None or seconds > max(5 * period, 3.0):
        return "bad"
    return "warn" if seconds > max(2 * period, 2.0) else "dim"


def parts(facts: HeaderFacts, glyphs: Glyphs, bracketed: bool) -> list[Part]:
    """All of the line, in order."""
    badge = badge_text(facts.environment, bracketed)
    armed = Cell(" ARMED ", "warn") if facts.armed else Cell("READ-ONLY", "dim")
    if facts.replay:
        armed = Cell(f" {facts.replay} ", "bad")
    return [
        Part(9, "left", Cell("redistui", "accent")),
        *([Part(0, "left", Cell(badge), True)] if badge else []),
        Part(0, "left", Cell(show(facts.group, 64), "title")),
        *([Part(5, "left", Cell(facts.place, "dim"))] if facts.place else []),
        Part(6, "left", Cell(facts.kind, "dim")),
        Part(2, "left", Cell(f"{health_mark(facts.health, glyphs).text} {HEALTH_WORDS[facts.health]}", facts.health)),
        *alert_parts(facts.alerts, glyphs),
        *(
            Part(4 if shown else 8, "left", Cell(panel, "key" if shown else "dim"))
            for shown, panel in ((number == facts.panel, panel) for number, panel in enumerate(facts.panels))
        ),
        *([Part(3, "right", Cell(facts.operator, "warn"))] if facts.operator else []),
        Part(1, "right", armed),
        Part(7, "right", Cell(f"every {period_text(facts.period)}", "dim")),
    ]


def alert_parts(alerts: Standing, glyphs: Glyphs) -> Iterator[Part]:
    """`2 bad`, `1 warn`, and how many of them nobody has acknowledged."""
    if alerts.bad:
        yield Part(3, "left", Cell(f"{glyphs.bad}{alerts.bad} bad", "bad"))
    if alerts.warn:
        yield Part(3, "left", Cell(f"{glyphs.warn}{alerts.warn} warn", "warn"))
    if alerts.new:
        yield Part(3, "left", Cell(f"{alerts.new} new", "key"))


def fit(line: list[Part], width: int, ellipsis: str) -> list[Part]:
    """The parts that find room in `width` cells, two cells between them; the group's name is cut, never left out."""
    kept = [part for part in line if part.cell.text]
    while _length(kept) > width and any(part.rank for part in kept):
        least = max(part.rank for part in kept)
        kept = [part for part in kept if part.rank != least]
    over = _length(kept) - width
    if over > 0 and kept:
        *before, last = kept
        text = last.cell.text
        cut = text[: max(1, len(text) - over - 1)] + ellipsis
        kept = [*before, last._replace(cell=Cell(cut, last.cell.tone))]
    return kept


def _length(line: list[Part]) -> int:
    return sum(len(part.cell.text) for part in line) + 2 * max(0, len(line) - 1)


class BannerFacts(NamedTuple):
    """What may stand above the screen, besides the fleet's own state."""

    paused_since: str = ""
    """`12:03:44`, UTC."""
    paused_key: str = "space"
    running: str = ""
    """The operation that runs now."""
    unfinished: tuple[str, ...] = ()
    """Operations the journal says were not finished."""
    problems: int = 0
    """Things wrong with theme and keymap."""
    timeline: bool = False
    """A timeline says already that this is a recording."""


class Banner(NamedTuple):
    """One line; `alarm` asks for the loud colours."""

    cells: Row
    alarm: bool


def banner(fleet: Fleet, group: Group | None, facts: BannerFacts, glyphs: Glyphs) -> Banner | None:
    """The most pressing things, most pressing first; None when there is nothing to say."""
    loud = [Cell(f"not finished: {show(text, 200)}; see :unfinished") for text in facts.unfinished]
    if facts.running:
        loud.insert(0, Cell(f"{glyphs.running} {facts.running}"))
    calm: list[Cell] = [
        Cell(f"writes of {show(one.name, 60)} are held for {held:.0f} s more")
        for one in _acted_on(fleet)
        if (held := held_for(fleet, one.name))
    ]
    if fleet.stalled:
        calm.append(Cell("stalled: we stood still ourselves, nothing here is fresh"))
    if fleet.replayed and not facts.timeline:
        calm.append(Cell("REPLAY: a recording, not the present"))
    if facts.paused_since:
        calm.append(
            Cell(f"{glyphs.paused} paused since {facts.paused_since}: polling goes on, {facts.paused_key} resumes")
        )
    shut = locked_out(fleet)
    if shut:
        who = show(shut[0], 60) if len(shut) == 1 else f"{len(shut)} nodes"
        calm.append(
            Cell(f"{who} refuse{'s' if len(shut) == 1 else ''} our login: set password_file or REDISTUI_PASSWORD")
        )
    if facts.problems:
        calm.append(Cell(f"{facts.problems} problem{'s' if facts.problems > 1 else ''} in the settings: see :problems"))
    said = loud + calm
    if not said:
        return None
    cells = [said[0]]
    for cell in said[1:]:
        cells += [Cell(f"  {glyphs.dot}  "), cell]
    return Banner(tuple(cells), bool(loud))


def _acted_on(fleet: Fleet) -> list[Group]:
    """Groups with deeds among the events: of hundreds of groups those are few."""
    names = {event.group for event in fleet.events if event.kind == "action"}
    return [group for group in fleet.groups if group.name in names] if names else []


def locked_out(fleet: Fleet) -> tuple[str, ...]:
    """Nodes and Sentinels that want a password, or another one than ours."""
    members = [member for group in fleet.groups for member in group.members]
    return tuple(dict.fromkeys(m.address for m in members if m.fault is not None and m.fault.kind == "noauth"))
