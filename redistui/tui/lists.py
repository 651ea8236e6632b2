"""A list to read over everything else: help, and what is wrong in the settings."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Size
from textual.message import Message
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from redistui.tui.line import Line, safe, strip_of
from redistui.tui.panel import bindings
from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Inked
from redistui.view.cells import Row
from redistui.view.glyphs import Glyphs


class Rows(ScrollView):
    """Still rows of cells, scrolled by lines. It never scrolls sideways: whoever fills it wraps."""

    DEFAULT_CSS = """
    Rows { height: auto; scrollbar-size: 0 0; overflow-x: hidden; overflow-y: auto; }
    """

    class Scrolled(Message):
        """Other rows are in sight."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[list[Inked]] = []
        self._base = Style.null()
        self._marked: int | None = None
        self._mark = Style.null()

    def mark(self, number: int | None, style: Style) -> None:
        """Lays a style over one row, and scrolls to it."""
        if (number, style) != (self._marked, self._mark):
            self._marked, self._mark = number, style
            self.refresh()
        self.reveal(number)

    def reveal(self, number: int | None) -> None:
        """Scrolls until a row is in sight, by as little as it takes."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if number is not None and not top <= number < top + height:
            self.scroll_to(y=number if number < top else number - height + 1, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Scrolled())

    def more(self) -> str:
        """`1-14 of 31`, while not all of it is in sight; nothing before it has its place on the screen."""
        top, height, count = self.scroll_offset.y, self.size.height, len(self._lines)
        return f"{top + 1}-{min(count, top + height)} of {count}" if 0 < height < count else ""

    def show_rows(self, rows: Sequence[Row], theme: Theme, signs: Glyphs) -> None:
        """Only redraws when it says something else."""
        base = theme.chrome("raised")
        lines = [[(safe(cell.text, signs.ascii), theme.style_of(cell.tone)) for cell in row] for row in rows]
        if (lines, base) == (self._lines, self._base):
            return
        self._lines, self._base = lines, base
        self.virtual_size = Size(self.scrollable_content_region.width, len(lines))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        line = self._lines[number] if number < len(self._lines) else []
        width = self.scrollable_content_region.width
        strip: Strip = strip_of(line, max(width, 1), self._base)
        if line and number == self._marked:
            strip = Strip(
                [Segment(text, (style or self._base) + self._mark) for text, style, _ in strip], strip.cell_length
            )
        return strip


class Reading(ModalScreen[None], inherit_bindings=False):
    """A titled list; closes on nearly any key one would try."""

    BINDINGS = bindings("list")
    DEFAULT_CSS = """
    Reading { align: center middle; background: $house; }
    Reading > Vertical { width: 78; max-width: 100%; height: auto; max-height: 100%; background: $house-raised;
        border: round $house-border; padding: 0 1; }
    Reading.wide > Vertical { width: 110; }
    Reading:ansi > Vertical { border: ascii $house-border; }
    Reading.ascii > Vertical { border: ascii $house-border; }
    """

    def __init__(self, title: str, rows: Sequence[Row], theme: Theme, signs: Glyphs) -> None:
        super().__init__()
        self._title, self._rows, self._theme, self._signs = title, rows, theme, signs
        self.set_class(signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="reading-title")
            yield Rows(id="rows")

    def _show_title(self) -> None:
        if not self.query(Rows):
            return  # It is on its way out.
        base, dim = self._theme.chrome("raised"), self._theme.style_of("dim")
        title = [(safe(self._title, self._signs.ascii), self._theme.style_of("title"))]
        more = self.query_one(Rows).more()
        close = [(f"{more}   " if more else "", dim), ("esc", self._theme.style_of("key")), (" close", dim)]
        self.query_one("#reading-title", Line).say(title, close, base)

    def on_rows_scrolled(self) -> None:
        self._show_title()

    def on_mount(self) -> None:
        for rows in self.query(Rows):  # None where it is closed while it is still opening.
            rows.styles.max_height = max(3, self.app.size.height - 3)
            rows.can_focus = False
        self.tell(self._rows)

    def tell(self, told: Sequence[Row]) -> None:
        """Other rows, for those who know them only later."""
        self._rows = told
        for rows in self.query(Rows):
            rows.show_rows(told, self._theme, self._signs)
        self.call_after_refresh(self._show_title)

    def on_resize(self, event: events.Resize) -> None:
        for rows in self.query(Rows):
            rows.styles.max_height = max(3, event.size.height - 3)
        self.call_after_refresh(self._show_title)

    def action_scroll(self, by: int) -> None:
        self.query_one(Rows).scroll_relative(y=by, animate=False)

    def action_scroll_page(self, by: int) -> None:
        rows = self.query_one(Rows)
        rows.scroll_relative(y=by * max(1, rows.size.height - 1), animate=False)

    def action_scroll_to_end(self, by: int) -> None:
        """The first line (-1) or the last (1)."""
        rows = self.query_one(Rows)
        rows.scroll_to(y=rows.max_scroll_y if by > 0 else 0, animate=False)

    def action_close(self) -> None:
        self.dismiss(None)
