"""The footer: at most seven keys and the filter that holds, or for a few seconds what was just done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.timer import Timer

from redistui.tui.line import Line, inked, safe
from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Inked, fit
from redistui.view.cells import Cell, Tone, show
from redistui.view.glyphs import Glyphs
from redistui.view.keys import Key, shown

SAID_SECONDS = 6.0


def filtered(text: str, width: int, ellipsis: str = "…") -> str:
    """The filter as it was typed, cut where it would take more than half of a line of so many cells.

    >>> filtered("role=replica", 80), filtered("a filter that is long", 24)
    ('/role=replica', '/a filter t…')
    """
    most, typed = max(12, width // 2), f"/{show(text)}"
    return typed if cell_len(typed) <= most else fit(typed, most, ellipsis=ellipsis)


class Footer(Line):
    """Keys on the left, the filter on the right: rows that it hides are not to be missed. A message takes the place of
    both until it is over."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._keys: list[Inked] = []
        self._filter: list[Inked] = []
        self._message: Cell | None = None
        self._timer: Timer | None = None
        self._dress: tuple[Theme, Glyphs] | None = None

    def show_keys(
        self, rows: Sequence[Key], dim: frozenset[str], theme: Theme, signs: Glyphs, filter_: str = ""
    ) -> None:
        """Rows in `dim` are listed, and cannot be done now. What does not fit beside the filter is left out whole."""
        self._dress = (theme, signs)
        width = self.app.size.width  # its own is none while the `:` line stands in its place
        shown_filter = Cell(f" {filtered(filter_, width, signs.ellipsis)} " if filter_ else "", "accent")
        self._filter = inked([shown_filter], theme, signs.ascii)
        room = width - sum(cell_len(text) for text, _ in self._filter)
        self._keys = []
        for row in rows:
            off = row.id in dim
            if filter_ and row.id == "app.filter":
                continue
            room -= cell_len(shown(row.key)) + cell_len(row.foot) + 3
            if filter_ and room < 0:
                break
            self._keys += [
                (" ", theme.chrome("surface")),
                (safe(shown(row.key), signs.ascii), theme.style_of("dim" if off else "key")),
                (f" {row.foot} ", theme.style_of("dim") if off else theme.chrome("surface")),
            ]
        self._redraw()

    def tell(self, text: str, tone: Tone = "text") -> None:
        """Says what was just done, or why it was not."""
        self._message = Cell(f" {text}", tone)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SAID_SECONDS, self._over)
        self._redraw()

    @property
    def told(self) -> str:
        """The message that stands there now."""
        return "" if self._message is None else self._message.text.strip()

    def hush(self) -> None:
        """The message is over: something else was begun since."""
        self._over()

    def _over(self) -> None:
        self._message = None
        self._redraw()

    def _redraw(self) -> None:
        if self._dress is None:
            return
        theme, signs = self._dress
        left = self._keys if self._message is None else inked([self._message], theme, signs.ascii)
        self.say(left, self._filter if self._message is None else [], theme.chrome("surface"))
