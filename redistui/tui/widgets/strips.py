"""Strips that cost little to send, and texts made to fit their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from redistui.view.cells import Align

if TYPE_CHECKING:
    from rich.console import Console
    from textual.color import Color
    from textual.filter import LineFilter

Inked = tuple[str, Style]
"""A text and the style it is drawn in."""


class Carried(Strip):
    """A strip that carries the style from segment to segment: only what differs is sent, and one reset at its end.

    Textual resets after every segment; this way a frame is less than half the bytes, cell for cell the same.
    """

    __slots__ = ()

    def render(self, console: Console) -> str:
        if self._render_cache is None:
            system = console._color_system or ColorSystem.TRUECOLOR
            parts: list[str] = []
            before = _PLAIN
            for text, ink, _ in self._segments:
                style = ink or _PLAIN
                if style is not before:
                    parts.append(_change(before, style, system))
                    before = style
                parts.append(text)
            parts.append("\x1b[0m")
            self._render_cache = "".join(parts)
        return self._render_cache

    def crop(self, start: int, end: int | None = None) -> Strip:
        return carried(super().crop(start, end))

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        return [carried(part) for part in super().divide(cuts)]

    def apply_filter(self, filter: LineFilter, background: Color) -> Strip:
        return carried(super().apply_filter(filter, background))


_PLAIN = Style.null()


def carried(strip: Strip) -> Carried:
    return strip if isinstance(strip, Carried) else Carried(strip._segments, strip._cell_length)


@lru_cache(4096)
def _change(before: Style, after: Style, system: ColorSystem) -> str:
    """The shortest sequence from one style to the next; attributes are only ever cleared all at once."""
    old, new = _codes(before, system), _codes(after, system)
    codes: list[str] = []
    if set(old[0]) - set(new[0]) or (old[1] and not new[1]) or (old[2] and not new[2]):
        codes, old = ["0"], ((), (), ())
    codes += [code for code in new[0] if code not in old[0]]
    for part in (1, 2):
        if new[part] != old[part]:
            codes += new[part]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


_ATTRIBUTES = ("bold", "dim", "italic", "underline", "blink", "blink2", "reverse", "conceal", "strike")


@lru_cache(1024)
def _codes(style: Style, system: ColorSystem) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """A style's attributes, foreground and background as the numbers of an SGR sequence."""
    attributes = tuple(str(number) for number, name in enumerate(_ATTRIBUTES, 1) if getattr(style, name))
    fore = tuple(style.color.downgrade(system).get_ansi_codes()) if style.color else ()
    back = tuple(style.bgcolor.downgrade(system).get_ansi_codes(False)) if style.bgcolor else ()
    return attributes, fore, back


def strip_of(parts: Iterable[Inked], width: int, fill: Style) -> Carried:
    """Exactly `width` cells. Neighbours of one style are joined, and a blank takes over the style to its left where the
    background is the same."""
    segments: list[Segment] = []
    text, style, used = "", fill, 0
    for piece, ink in parts:
        if not piece:
            continue
        used += len(piece) if piece.isascii() else cell_len(piece)
        if ink is style or (piece.isspace() and _blank_alike(style, ink)):
            text += piece
        else:
            if text:
                segments.append(Segment(text, style))
            text, style = piece, ink
    if used < width and _blank_alike(style, fill):
        text, used = text + " " * (width - used), width
    if text:
        segments.append(Segment(text, style))
    strip = Carried(segments, used)
    return strip if used == width else carried(strip.adjust_cell_length(width, fill))


@lru_cache(4096)
def _blank_alike(one: Style, other: Style) -> bool:
    """A blank looks the same in both: no foreground shows on it."""
    visible = ("underline", "reverse", "strike")
    return one.bgcolor == other.bgcolor and not any(getattr(one, name) or getattr(other, name) for name in visible)


def fit(text: str, width: int, align: Align = "left", cut: str = "end", ellipsis: str = "…") -> str:
    """A text in exactly `width` cells; what does not fit gives way to an ellipsis, never to nothing.

    >>> fit("up", 4), fit("12", 4, "right"), fit("10.20.30.40:6379", 12, cut="middle"), fit("unreachable", 6)
    ('up  ', '  12', '10.….40:6379', 'unrea…')
    """
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        blank = " " * (width - length)
        return blank + text if align == "right" else text + blank
    if width <= 1:
        return ellipsis[:width]
    if cut == "end" or width < 8:
        return set_cell_size(text, width - 1) + ellipsis
    head = (width - 1) // 3
    tail = width - 1 - head
    kept = text[-tail:] if text.isascii() or length == len(text) else _end_of(text, tail)
    return set_cell_size(text, head) + ellipsis + kept


def _end_of(text: str, width: int) -> str:
    """The last cells of a text with wide characters in it, padded in front."""
    while cell_len(text) > width:
        text = text[1:]
    return " " * (width - cell_len(text)) + text
