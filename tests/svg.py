"""Screens drawn so that every viewer shows them alike.

Rich writes a run of cells as one text with its length. Viewers that do not honour that length, or that drop the spaces
it begins with (librsvg does both), shift what stands in it. Here each word has a place of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from rich.cells import cell_len

TEXT = re.compile(
    r'<text class="([^"]+)" x="([^"]+)" y="([^"]+)" textLength="([^"]+)" clip-path="([^"]+)">([^<]*)</text>'
)
PIECE = re.compile(r"[!-~]+(?: [!-~]+)*|[^ -~]{1,4}")
"""Words with single spaces between, or a few signs: a font that lacks them takes them from one of another width."""


def placed(svg: str) -> str:
    """
    >>> line = '<text class="r" x="0" y="20" textLength="61" clip-path="url(#c)">&#160;&#160;&#160;up</text>'
    >>> print(placed(line))
    <text class="r" x="36.6" y="20" textLength="24.4" clip-path="url(#c)">up</text>
    """
    return TEXT.sub(lambda found: "".join(_pieces(*found.groups())), svg)


def _pieces(name: str, x: str, y: str, length: str, clip: str, content: str) -> Iterator[str]:
    text = unescape(content).replace("\xa0", " ")
    cell = float(length) / max(1, cell_len(text))
    for piece in PIECE.finditer(text):
        left = float(x) + cell * cell_len(text[: piece.start()])
        yield (
            f'<text class="{name}" x="{left:g}" y="{y}" textLength="{cell * cell_len(piece.group()):g}" '
            f'clip-path="{clip}">{_escaped(piece.group())}</text>'
        )


def _escaped(text: str) -> str:
    from html import escape

    return escape(text).replace(" ", "&#160;")
