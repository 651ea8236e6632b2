"""`!`: every command that the operations of this run have sent, with its reply; newest last, live while one runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from redistui.tui.lists import Reading, Rows
from redistui.view.oplog import rows

if TYPE_CHECKING:
    from redistui.engine.heard import HeardJournal
    from redistui.tui.app import RedistuiApp

WIDTH = 150
AROUND = 4
"""Columns of frame and padding."""
EVERY = 0.2
"""Seconds between two looks at whether there is more: a move of a thousand slots writes faster than one reads."""


class OpLog(Reading):
    """Follows the end while the end is in sight."""

    DEFAULT_CSS = """
    OpLog > Vertical { width: 150; }
    """

    def __init__(self, app: RedistuiApp, heard: HeardJournal) -> None:
        super().__init__("Operations of this run", (), app.dress, app.signs)
        self.dashboard, self._heard = app, heard
        self._shown = -1

    def on_mount(self) -> None:
        self.set_interval(EVERY, self._look)
        self.call_after_refresh(self._draw)

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._draw)

    def _look(self) -> None:
        if self._heard.count != self._shown:
            self._draw()

    def _draw(self) -> None:
        if not self.query(Rows):
            return  # It is on its way out.
        app, page = self.dashboard, self.query_one(Rows)
        at_end = self._shown < 0 or page.scroll_offset.y >= page.max_scroll_y
        self._shown = self._heard.count
        width = min(WIDTH, app.size.width) - AROUND
        found = rows(self._heard.operations(), width)
        page.show_rows(found, app.dress, app.signs)
        if at_end:
            self.call_after_refresh(page.scroll_end, animate=False)
        self.call_after_refresh(self._show_title)
