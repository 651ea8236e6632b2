"""Strips that carry their style: less to send, cell for cell the same screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from redistui.tui.widgets.strips import Carried, fit, strip_of

COLOURS = st.sampled_from([None, "red", "#102030", "#a0b0c0", "default"])
STYLES = st.builds(
    Style,
    color=COLOURS,
    bgcolor=COLOURS,
    bold=st.booleans(),
    dim=st.booleans(),
    underline=st.booleans(),
    reverse=st.booleans(),
)
PARTS = st.lists(st.tuples(st.text("ab 1│", min_size=1, max_size=4), STYLES), min_size=1, max_size=8)
CONSOLE = Console(color_system="truecolor", force_terminal=True)


def cells(strip: Strip) -> list[tuple[str, Style]]:
    """What a terminal would show: every character with its whole style."""
    text = Text.from_ansi(strip.render(CONSOLE))
    return [(sign, text.get_style_at_offset(CONSOLE, at)) for at, sign in enumerate(text.plain)]


@given(parts=PARTS)
def test_the_same_cells_reach_the_terminal(parts: list[tuple[str, Style]]) -> None:
    segments = [Segment(text, style) for text, style in parts]
    assert cells(Carried(segments)) == cells(Strip(segments))


@given(parts=PARTS)
def test_never_more_is_sent_than_with_a_reset_after_every_segment(parts: list[tuple[str, Style]]) -> None:
    segments = [Segment(text, style) for text, style in parts]
    assert len(Carried(segments).render(CONSOLE)) <= len(Strip(segments).render(CONSOLE)) + len("\x1b[0m")


@given(parts=PARTS, width=st.integers(1, 40))
def test_a_strip_is_exactly_as_wide_as_it_is_asked_to_be(parts: list[tuple[str, Style]], width: int) -> None:
    assert strip_of(parts, width, Style(bgcolor="blue")).cell_length == width


def test_a_part_of_a_strip_carries_its_style_too() -> None:
    strip = Carried([Segment("abc", Style(bold=True)), Segment("def", Style(dim=True))])
    assert [type(part) for part in (strip.crop(1, 4), *strip.divide([2, 6]))] == [Carried, Carried, Carried]
    assert strip.crop(1, 4).text == "bcd"


@given(
    text=st.text("abc.:0123日本…é", max_size=30),
    width=st.integers(1, 24),
    align=st.sampled_from(["left", "right"]),
    cut=st.sampled_from(["end", "middle"]),
)
def test_a_text_fills_its_cells_and_shows_that_it_was_cut(text: str, width: int, align: str, cut: str) -> None:
    shown = fit(text, width, align, cut)  # type: ignore[arg-type]
    assert cell_len(shown) == width
    assert text in shown if cell_len(text) <= width else "…" in shown
