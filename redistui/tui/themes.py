"""Theme: a palette as styles, and the reading of its file. A broken file is reported, and never more than that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rich.color import Color
from rich.style import Style

from redistui.config.places import theme_files, theme_folders
from redistui.view.cells import Tone
from redistui.view.palette import Ink, Palette, Problem, parse_palette
from redistui.view.ramp import ramp

DEFAULT = "dark"
COLOURLESS = "mono"
"""What is used under NO_COLOR."""
LARGEST = 64 * 1024
"""Bytes of a theme file beyond which it is none."""


@cache
def ink_style(ink: Ink) -> Style:
    """A palette's words as a style of rich."""
    colour = None if ink.colour is None else Color.parse(ink.colour)
    ground = None if ink.on is None else Color.parse(ink.on)
    return Style.from_color(colour, ground) + Style(**dict.fromkeys(ink.attributes, True))  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Theme:
    """A palette, ready to draw with. No two are equal: panels compare by identity to drop what they cached."""

    palette: Palette

    @property
    def name(self) -> str:
        return self.palette.name

    @property
    def colourless(self) -> bool:
        """Owners of slots are to be told by letters, not by colour."""
        return self.palette.colourless

    def style_of(self, tone: Tone) -> Style:
        """The foreground of a cell; it has no background of its own, so that the cursor's shows through."""
        return ink_style(self.palette.tones[tone])

    def chrome(self, part: str) -> Style:
        """A part of the house: see `redistui.view.palette.CHROME`."""
        return ink_style(self.palette.chrome[part])

    @property
    def base(self) -> Style:
        """Ordinary text on the background: what a line is filled with."""
        return self.chrome("background") + self.chrome("text")

    @property
    def cursor(self) -> Style:
        """Goes over a cell's style in the row under the cursor."""
        return self.chrome("cursor") + self.chrome("cursor_text")

    @property
    def match(self) -> Style:
        return self.chrome("match")

    @property
    def guide(self) -> Style:
        return self.chrome("guide")

    @property
    def head(self) -> Style:
        return self.chrome("table_head")

    def badge_style(self, environment: str) -> Style:
        """PROD, STAGE and DEV have their own; any other name has one in common."""
        word = environment.strip().lower()
        known = next((name for name in ("prod", "stage", "dev") if word.startswith(name)), "other")
        return ink_style(self.palette.badges[known])

    def shard_style(self, index: int) -> Style:
        """The colour of a shard's slots, as a foreground: full and half blocks are drawn with it. It cycles."""
        return ink_style(self.palette.shards[index % len(self.palette.shards)])

    def shard_colour(self, index: int) -> Color | None:
        """The same as a colour, for a half block's other half; None in a theme without colours."""
        return self.shard_style(index).color

    def heat_colour(self, step: int) -> Color:
        """The colour of a step of heat: 0 is nothing, 7 the hottest."""
        return _heat(ramp(self.palette))[step]


@cache
def _heat(names: tuple[str, ...]) -> tuple[Color, ...]:
    return tuple(Color.parse(name) for name in names)


def load(name: str, where: Sequence[Path] | None = None) -> tuple[Theme | None, tuple[Problem, ...]]:
    """A theme by name; None with what is wrong with its file, or with the names there are."""
    places = where or theme_folders()
    for folder in places:
        path = folder / f"{name}.toml"
        if path.name == f"{name}.toml" and path.is_file():
            return _read(path, name)
    return None, (Problem(name, "", f"no such theme; there are {', '.join(theme_files())}"),)


def _read(path: Path, name: str) -> tuple[Theme | None, tuple[Problem, ...]]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            return None, (Problem(str(path), "", f"larger than {LARGEST} bytes"),)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        return None, (Problem(str(path), "", error.strerror or str(error)),)
    except UnicodeDecodeError:
        return None, (Problem(str(path), "", "not UTF-8 text"),)
    palette, problems = parse_palette(text, name, str(path))
    return (None if palette is None else Theme(palette)), problems


def load_or_default(name: str | None, where: Sequence[Path] | None = None) -> tuple[Theme, tuple[Problem, ...]]:
    """A theme to draw with in any case: the one asked for, else the default, with what was wrong."""
    theme, problems = load(name or DEFAULT, where)
    if theme is None:
        theme, more = load(DEFAULT)
        if theme is None:
            raise FileNotFoundError("; ".join(map(str, more)))
    return theme, problems
