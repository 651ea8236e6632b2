"""The footer: at most seven keys, or for a few seconds what was just done."""

from __future__ import annotations

from collections.abc import Sequence

from textual.timer import Timer

from redistui.tui.line import Line, inked, safe
from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Inked
from redistui.view.cells import Cell, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.keys import Key, shown

SAID_SECONDS = 6.0


class Footer(Line):
    """Keys on the left; a message takes their place until it is over."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._keys: list[Inked] = []
        self._message: Cell | None = None
        self._timer: Timer | None = None
        self._dress: tuple[Theme, Glyphs] | None = None

    def show_keys(self, rows: Sequence[Key], dim: frozenset[str], theme: Theme, signs: Glyphs) -> None:
        """Rows in `dim` are listed, and cannot be done now."""
        self._dress = (theme, signs)
        self._keys = []
        for row in rows:
            off = row.id in dim
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

    def _over(self) -> None:
        self._message = None
        self._redraw()

    def _redraw(self) -> None:
        if self._dress is None:
            return
        theme, signs = self._dress
        left = self._keys if self._message is None else inked([self._message], theme, signs.ascii)
        self.say(left, [], theme.chrome("surface"))
