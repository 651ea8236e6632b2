"""Facts: a line of a screen in the colours of the list it stands beside."""

from __future__ import annotations

from redistui.tui.line import Line
from redistui.tui.widgets.board import Inks
from redistui.tui.widgets.columns import free
from redistui.view.cells import Cell, Row
from redistui.view.glyphs import Glyphs

_BLANK = Cell(" ")


class Facts(Line):
    """Cells one after another, as a list's own free lines are drawn."""

    def tell(self, cells: Row, inks: Inks | None, width: int, glyphs: Glyphs, ground: str = "base") -> None:
        """`ground` is one of `Inks.ground`; what goes beyond `width` ends in an ellipsis. Nothing before the list has
        its colours."""
        if inks is not None:
            self.say(free(cells, inks, ground, _BLANK, width, glyphs), [], inks.ground(ground))
