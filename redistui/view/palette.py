"""Palette: what a theme file says, checked. Plain values; the dashboard makes styles of them.

A theme is a TOML file of four tables: `[chrome]` (the house), `[tones]` (what a cell means), `[badges]` (PROD, STAGE,
DEV, any other) and `[shards]` (the owners' colours, 12 or more). A style is written as words: attributes, a colour,
and `on` with a background. A colour is `#rrggbb` or one of the terminal's own sixteen (`red`, `bright_red` ...).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from redistui.view.cells import Tone

CHROME: tuple[str, ...] = (
    "background",  # under everything
    "text",  # ordinary text, where no tone says otherwise
    "surface",  # header line and footer
    "band",  # a line that heads others in a table
    "raised",  # dialogs, command line, completion
    "border",  # frames and rules
    "cursor",  # the row under the cursor
    "cursor_text",  # its text; empty: the tones keep their own
    "match",  # what the filter found
    "guide",  # tree guides, empty parts of bars
    "table_head",  # column titles
    "banner",  # paused, stalled, replayed
    "alarm",  # armed, unfinished operation
)
TONES: tuple[str, ...] = get_args(Tone)
BADGES: tuple[str, ...] = ("prod", "stage", "dev", "other")
SHARDS_AT_LEAST = 12
ATTRIBUTES: frozenset[str] = frozenset({"bold", "dim", "italic", "underline", "reverse"})
_BASIC = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COLOURS: frozenset[str] = frozenset({"default", *_BASIC, *(f"bright_{name}" for name in _BASIC)})
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class Ink(NamedTuple):
    """One style: a foreground, a background, attributes. None: as it is underneath."""

    colour: str | None = None
    on: str | None = None
    attributes: frozenset[str] = frozenset()


class Palette(NamedTuple):
    """A whole theme."""

    name: str
    title: str
    dark: bool
    colourless: bool
    """State and owners are told by letters and attributes alone."""
    chrome: Mapping[str, Ink]
    tones: Mapping[str, Ink]
    badges: Mapping[str, Ink]
    shards: tuple[Ink, ...]


class Problem(NamedTuple):
    """What is wrong in a file, and where."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.text}" if self.key else f"{self.file}: {self.text}"


def parse_ink(text: str) -> Ink | str:
    """A style from its words, or a sentence on what is wrong with them.

    >>> parse_ink("bold #ff8800 on black").colour
    '#ff8800'
    >>> parse_ink("#ff88")
    "'#ff88' is no colour: write #rrggbb or a name such as bright_red"
    """
    colour: str | None = None
    ground: str | None = None
    attributes: set[str] = set()
    words = iter(text.split())
    for word in words:
        behind = word == "on"
        name = next(words, "") if behind else word
        if name in ATTRIBUTES and not behind:
            attributes.add(name)
        elif not (name in COLOURS or _HEX.fullmatch(name)):
            return f"{name!r} is no colour: write #rrggbb or a name such as bright_red"
        elif behind:
            ground = name
        elif colour is not None:
            return f"two colours, {colour} and {name}: put 'on' before the background"
        else:
            colour = name
    return Ink(colour, ground, frozenset(attributes))


def parse_palette(text: str, name: str, file: str) -> tuple[Palette | None, tuple[Problem, ...]]:
    """A theme from the text of its file; None with everything that is wrong with it."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return None, (Problem(file, "", f"not TOML: {error}"),)
    problems: list[Problem] = []
    inks = {
        part: dict(_inks(table.get(part), part, names, file, problems))
        for part, names in (("chrome", CHROME), ("tones", TONES), ("badges", BADGES))
    }
    shards = tuple(_shards(table.get("shards"), file, problems))
    flags = {key: _typed(table, key, kind, file, problems) for key, kind in _HEAD.items()}
    problems += _unknown(table, (*_HEAD, *inks, "shards"), "", file)
    if problems:
        return None, tuple(problems)
    palette = Palette(
        name=name,
        title=str(flags["title"] or name),
        dark=flags["dark"] is not False,
        colourless=flags["colourless"] is True,
        chrome=inks["chrome"],
        tones=inks["tones"],
        badges=inks["badges"],
        shards=shards,
    )
    return palette, ()


_HEAD: Mapping[str, type] = {"title": str, "dark": bool, "colourless": bool}


def _typed(table: Mapping[str, Any], key: str, kind: type, file: str, problems: list[Problem]) -> Any:
    value = table.get(key)
    if value is not None and not isinstance(value, kind):
        problems.append(Problem(file, key, f"must be {'true or false' if kind is bool else 'a text'}"))
        return None
    return value


def _unknown(table: Mapping[str, Any], known: tuple[str, ...], prefix: str, file: str) -> Iterator[Problem]:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else ""
            yield Problem(file, f"{prefix}{key}", f"unknown key{hint}")


def _inks(
    table: Any, part: str, names: tuple[str, ...], file: str, problems: list[Problem]
) -> Iterator[tuple[str, Ink]]:
    if not isinstance(table, dict):
        problems.append(Problem(file, part, "this table is missing" if table is None else "must be a table"))
        return
    problems += _unknown(table, names, f"{part}.", file)
    for name in names:
        ink = _ink(table.get(name), f"{part}.{name}", file, problems)
        if ink is not None:
            yield name, ink


def _ink(value: Any, key: str, file: str, problems: list[Problem]) -> Ink | None:
    if value is None:
        problems.append(Problem(file, key, "is missing"))
        return None
    ink = parse_ink(value) if isinstance(value, str) else "must be a text"
    if isinstance(ink, str):
        problems.append(Problem(file, key, ink))
        return None
    return ink


def _shards(table: Any, file: str, problems: list[Problem]) -> Iterator[Ink]:
    colours = table.get("colours") if isinstance(table, dict) else None
    if not isinstance(colours, list) or len(colours) < SHARDS_AT_LEAST:
        problems.append(Problem(file, "shards.colours", f"must be a list of {SHARDS_AT_LEAST} styles or more"))
        return
    problems += _unknown(table, ("colours",), "shards.", file)
    for number, value in enumerate(colours):
        ink = _ink(value, f"shards.colours[{number}]", file, problems)
        if ink is not None:
            yield ink
