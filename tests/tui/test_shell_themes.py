"""Themes: the shipped ones are readable, a broken one is reported and never more than that."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import pytest
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.style import Style

from redistui.tui.themes import Theme, load, load_or_default
from redistui.view.palette import BADGES, CHROME, TONES, parse_ink, parse_palette

THEMES = Path(__file__).resolve().parents[2] / "themes"
SHIPPED = ("dark", "light", "colour-blind-safe", "high-contrast", "mono", "prod-red")
DARK = (THEMES / "dark.toml").read_text()


def shipped(name: str) -> Theme:
    theme, problems = load(name, [THEMES])
    assert theme is not None, problems
    return theme


def triplet(color: Color | None) -> ColorTriplet:
    assert color is not None
    return color.get_truecolor()


def luminance(color: ColorTriplet) -> float:
    parts = [c / 255 for c in color]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(style: Style, ground: Style) -> float:
    one, other = sorted((luminance(triplet(style.color)), luminance(triplet(ground.bgcolor))), reverse=True)
    return (one + 0.05) / (other + 0.05)


def test_all_themes_that_are_promised_are_shipped() -> None:
    assert {path.stem for path in THEMES.glob("*.toml")} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_is_whole(name: str) -> None:
    palette = shipped(name).palette
    assert set(palette.tones) == set(TONES)
    assert set(palette.chrome) == set(CHROME)
    assert set(palette.badges) == set(BADGES)
    assert len(set(palette.shards)) >= 12


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "mono"])
@pytest.mark.parametrize("ground", ["background", "surface", "band", "raised"])
def test_every_tone_can_be_read_on_every_ground(name: str, ground: str) -> None:
    theme = shipped(name)
    for tone in TONES:
        assert contrast(theme.style_of(tone), theme.chrome(ground)) >= 4.5, tone  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "mono"])
def test_every_tone_can_be_read_under_the_cursor(name: str) -> None:
    theme = shipped(name)
    for tone in TONES:
        shown = theme.style_of(tone) + theme.cursor  # type: ignore[arg-type]
        assert contrast(shown, theme.cursor) >= 3.0, tone


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "mono"])
def test_badges_banner_and_match_can_be_read(name: str) -> None:
    theme = shipped(name)
    chips = [theme.badge_style(badge) for badge in BADGES]
    chips += [theme.chrome(part) for part in ("banner", "alarm", "match")]
    assert min(contrast(chip, chip) for chip in chips) >= 4.5


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "mono"])
def test_the_first_twelve_shards_can_be_told_apart(name: str) -> None:
    theme = shipped(name)
    colors = [triplet(theme.shard_colour(index)) for index in range(12)]
    nearest = min(math.dist(lab(one), lab(other)) for one, other in combinations(colors, 2))
    assert nearest >= 18


def lab(color: ColorTriplet) -> tuple[float, float, float]:
    """CIE L*a*b*: distances in it are about as large as they look; 2.3 is just visible."""
    r, g, b = ((c / 255 / 12.92) if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_mono_has_no_colour_and_tells_states_apart_by_attributes() -> None:
    theme = shipped("mono")
    styles = [theme.style_of(tone) for tone in TONES]  # type: ignore[arg-type]
    styles += [theme.shard_style(index) for index in range(12)]
    assert all(style.color is None or style.color.is_default for style in styles)
    assert len({theme.style_of("ok"), theme.style_of("warn"), theme.style_of("bad"), theme.style_of("dim")}) == 4
    assert theme.colourless


def test_an_environment_is_known_by_its_beginning() -> None:
    theme = shipped("dark")
    assert theme.badge_style("PROD-eu") == theme.badge_style("prod") != theme.badge_style("staging")
    assert theme.badge_style("qa") == theme.badge_style("other")


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("", "chrome", "missing"),
        ("no toml", "", "not TOML"),
        (DARK.replace('bad = "bold #f67e83"', 'bad = "bold #f67e8"'), "tones.bad", "no colour"),
        (DARK.replace('bad = "bold #f67e83"', 'bad = "reddish"'), "tones.bad", "no colour"),
        (DARK.replace('bad = "bold #f67e83"', 'bad = "red blue"'), "tones.bad", "two colours"),
        (DARK.replace('bad = "bold #f67e83"', "bad = 7"), "tones.bad", "text"),
        (DARK.replace('bad = "bold #f67e83"', ""), "tones.bad", "missing"),
        (DARK.replace("bad = ", "badd = "), "tones.badd", "did you mean tones.bad?"),
        (DARK.replace("dark = true", "dark = 1"), "dark", "true or false"),
        (DARK + "\n[extra]\na = 1\n", "extra", "unknown key"),
        (DARK.replace('"#5a8fdc", ', ""), "shards.colours", "12"),
        (DARK.replace('"#5a8fdc"', '"on"'), "shards.colours[0]", "no colour"),
        (DARK.replace("[badges]", "[badge]"), "badges", "missing"),
        ("[[tones]]\na=1", "tones", "must be a table"),
        ("a = [" * 2000, "", "not TOML"),
    ],
)
def test_what_is_wrong_in_a_theme_is_said_with_its_key(text: str, key: str, said: str) -> None:
    palette, problems = parse_palette(text, "mine", "mine.toml")
    assert palette is None
    assert any(problem.key == key and said in problem.text for problem in problems), problems
    assert all(str(problem).startswith("mine.toml: ") for problem in problems)


def test_all_that_is_wrong_is_reported_at_once() -> None:
    text = DARK.replace('text = "#c6ccd8"', 'text = "puce"').replace('stage = "bold', 'stage = "bald')
    _, problems = parse_palette(text, "mine", "mine.toml")
    assert {problem.key for problem in problems} == {"chrome.text", "tones.text", "badges.stage"}


@pytest.mark.parametrize("text", ["", "bold", "on black", "bold underline #ffffff on bright_red"])
def test_a_style_is_written_as_words(text: str) -> None:
    assert not isinstance(parse_ink(text), str)


def test_a_broken_theme_gives_the_default_and_its_problems(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[tones]\n")
    theme, problems = load_or_default("mine", [tmp_path, THEMES])
    assert theme.name == "dark"
    assert problems


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"#" * 70_000, b"\x00"])
def test_a_file_that_is_no_text_is_a_problem_and_no_crash(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(raw)
    theme, problems = load("mine", [tmp_path])
    assert theme is None
    assert str(tmp_path / "mine.toml") in str(problems[0])


@pytest.mark.parametrize("name", ["../dark", "nosuch", "", "a/b", "x\x00y", "*"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "themes").mkdir()
    (tmp_path / "dark.toml").write_text(DARK)
    theme, problems = load(name, [tmp_path / "themes"])
    assert theme is None
    assert "no such theme" in str(problems[0])


def test_ones_own_theme_goes_before_ours_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "dark.toml").write_text(DARK.replace('title = "Dark"', 'title = "Mine"'))
    theme, _ = load("dark", [tmp_path, THEMES])
    assert theme is not None
    assert theme.palette.title == "Mine"
