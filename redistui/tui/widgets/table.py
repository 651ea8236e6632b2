"""LiveTable: a list of lines that changes every second, drawn only where it did, and only as far as one sees it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from redistui.tui.panel import bindings
from redistui.tui.themes import Theme
from redistui.tui.widgets.board import Board, Inks
from redistui.tui.widgets.columns import Layout, free, sign_of
from redistui.tui.widgets.strips import Carried, Inked, strip_of
from redistui.view.cells import Cell
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, Source

NOTHING: Source = Lines((), ())


class OfLine(Message):
    """Something about one line of a table, which is called by its key."""

    def __init__(self, table: LiveTable, key: str) -> None:
        super().__init__()
        self.table, self.key = table, key

    @property
    def control(self) -> LiveTable:
        return self.table


class LiveTable(Board, can_focus=True):
    """Shows a Source. The cursor stays on its line's key, and at its height on the screen, whatever comes and goes."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("table")]

    class Moved(OfLine):
        """The cursor stands on another line."""

    class Entered(OfLine):
        """`enter` was pressed on a line."""

    def __init__(self, *, id: str | None = None, classes: str | None = None, titles: bool = True) -> None:
        super().__init__(id=id, classes=classes)
        self.source: Source = NOTHING
        self.cursor = 0
        self.cursor_key = ""
        self.follow = False
        """The cursor stays on the last line while it stands there."""
        self.pointing = True
        """The cursor's line is marked."""
        self.empty = ""
        """What to say while there is no line."""
        self._top = 0
        self._titles = int(titles)
        self._placed = ""
        self._wanted = ""
        self._layout: Layout | None = None
        self._drawn: list[tuple[Line | None, bool]] = []

    # What is shown

    def show(self, source: Source, theme: Theme, glyphs: Glyphs, wanted: str = "") -> None:
        """Takes over a new source and draws the visible lines that differ."""
        anew = self.dress(theme, glyphs) or wanted != self._wanted or bool(len(source)) != bool(len(self.source))
        self._wanted, before = wanted, self.cursor_key
        self._keep_cursor(source)
        self.source = source
        if wanted and before != self.cursor_key:
            self.post_message(self.Moved(self, self.cursor_key))
        if anew or self._layout is None or self._layout.columns is not source.columns:
            self._arrange()
        else:
            self._update()

    def _keep_cursor(self, source: Source) -> None:
        """Finds the cursor's line in the new source and scrolls by as much as the line has moved."""
        count, before = len(source), self.cursor
        if self.follow and (not self.cursor_key or before >= len(self.source) - 1):
            self.cursor = max(0, count - 1)
            self._top += self.cursor - before
        elif before < count and source.key(before) == self.cursor_key:
            return
        else:
            found = next((index for index in range(count) if source.key(index) == self.cursor_key), None)
            self.cursor = min(before, max(0, count - 1)) if found is None else found
            self._top += 0 if found is None else found - before
        self.cursor_key = source.key(self.cursor) if count else ""

    def _arrange(self) -> None:
        """Lays the columns out anew: another width, other columns, another theme."""
        self._layout = Layout(self.source.columns, self.size.width, self.glyphs)
        self._drawn = []
        self._scroll()
        self.redraw_all()
        self._drawn = self._lines()

    def _lines(self) -> list[tuple[Line | None, bool]]:
        count = len(self.source)
        visible = range(self._top, self._top + self.rows)
        cursor = self.cursor if self.pointing else -1
        return [(self.source.line(index) if index < count else None, index == cursor) for index in visible]

    def _update(self) -> None:
        """Compares the visible lines with those drawn before; one region for each that differs."""
        self._scroll()
        lines, changed = self._lines(), []
        for number, after in enumerate(lines):
            before = self._drawn[number] if number < len(self._drawn) else (None, False)
            end = self._end(before, after)
            if end:
                changed.append((number + self._titles, end))
        if self._titles and self._place() != self._placed:
            changed.append((0, self.size.width))
        self._drawn = lines
        self.redraw(changed)

    def _end(self, before: tuple[Line | None, bool], after: tuple[Line | None, bool]) -> int:
        old, new = before[0], after[0]
        if before == after or self._layout is None:
            return 0
        if old is None or new is None or before[1] != after[1] or old.shape != "row" or new.shape != "row":
            return self.size.width
        return self._layout.changed(old.cells, new.cells)

    @property
    def rows(self) -> int:
        """Lines of the list that are visible."""
        return max(0, self.size.height - self._titles)

    def _scroll(self) -> None:
        """Brings the cursor and the lines around it into view, by as little as it takes."""
        rows, count = self.rows, len(self.source)
        if rows:
            about = int(rows > 2)
            top = max(min(self._top, self.cursor - about), self.cursor - rows + 1 + about)
            self._top = max(0, min(top, count - rows))

    def draw(self, y: int, inks: Inks) -> Carried:
        width, layout = self.size.width, self._layout
        if layout is None:
            return strip_of((), width, inks.base)
        if y < self._titles:
            return strip_of(self._head(layout, inks), width, inks.head)
        number = y - self._titles
        line, cursor = self._drawn[number] if number < len(self._drawn) else (None, False)
        if line is None and number == 0 and self.source is not NOTHING:
            line = Line((Cell(f"nothing matches {self._wanted}" if self._wanted else self.empty, "dim"),), "text")
        if line is None:
            return strip_of((), width, inks.base)
        ground = "cursor" if cursor else "band" if line.shape == "band" else "base"
        sign = sign_of(cursor, self.glyphs)
        if line.shape == "row":
            return strip_of(layout.row(line.cells, inks, ground, sign, self._wanted), width, inks.ground(ground))
        parts = free(line.cells, inks, ground, sign, width, self.glyphs, self._wanted)
        return strip_of(parts, width, inks.ground(ground))

    def _head(self, layout: Layout, inks: Inks) -> list[Inked]:
        """The titles, and while not all lines are visible, which of them are."""
        self._placed = self._place()
        return layout.head(inks, self._placed)

    def _place(self) -> str:
        count = len(self.source)
        return "" if count <= self.rows else f"{self._top + 1}-{min(count, self._top + self.rows)} of {count}"

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    # The cursor

    def on_click(self, event: events.Click) -> None:
        """Only with the mouse switched on: to the line under it, and in on a second click."""
        index = self._top + event.y - self._titles
        if self.can_focus and event.y >= self._titles and index < len(self.source):
            self.go(index)
            if event.chain > 1:
                self.action_enter()

    def on_mouse_scroll_down(self) -> None:
        self.action_cursor(3)

    def on_mouse_scroll_up(self) -> None:
        self.action_cursor(-3)

    def go(self, index: int) -> None:
        """Puts the cursor on a line."""
        count = len(self.source)
        index = max(0, min(index, count - 1))
        if not count or index == self.cursor:
            return
        self.cursor, self.cursor_key = index, self.source.key(index)
        self._update()
        self.post_message(self.Moved(self, self.cursor_key))

    def go_key(self, key: str) -> bool:
        """Puts the cursor on the line of that key, if there is one."""
        found = next((index for index in range(len(self.source)) if self.source.key(index) == key), None)
        if found is not None:
            self.go(found)
        return found is not None

    def find(self, step: int) -> None:
        """To the next or previous line that the filter found, around the end."""
        count = len(self.source)
        for distance in range(1, count + 1):
            index = (self.cursor + step * distance) % count
            if self.source.matches(index):
                self.go(index)
                return

    def action_cursor(self, step: int) -> None:
        self.go(self.cursor + step)

    def action_page(self, step: int) -> None:
        self.go(self.cursor + step * max(1, self.rows - 1))

    def action_half(self, step: int) -> None:
        self.go(self.cursor + step * max(1, self.rows // 2))

    def action_first(self) -> None:
        self.go(0)

    def action_last(self) -> None:
        self.go(len(self.source) - 1)

    def action_enter(self) -> None:
        if len(self.source):
            self.post_message(self.Entered(self, self.cursor_key))
