"""Paged: a list, and below it one of its lines in full, once that was asked for."""

from __future__ import annotations

from typing import ClassVar

from redistui.tui.panel import Panel
from redistui.tui.widgets.table import LiveTable


class Paged(Panel):
    """`enter` opens the page, which follows the cursor; once more hands it the keyboard; `esc` goes the same way back.
    A panel that has the class `open` shows its page."""

    PAGE: ClassVar[str] = ""
    """The page's id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = LiveTable(id=self.PAGE, titles=False)
        self.page.can_focus = self.page.pointing = False

    @property
    def listed(self) -> LiveTable:
        """The list that is seen."""
        raise NotImplementedError

    def opened(self) -> None:
        """The page was opened."""

    def closed(self) -> None:
        """The page was closed."""

    def focus_here(self) -> None:
        (self.page if self.page.can_focus else self.listed).focus(scroll_visible=False)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()
        if event.table is not self.page:
            self.call_after_refresh(self._redraw)

    def deeper(self) -> None:
        """Opens the page, or hands it the keyboard."""
        if self.has_class("open"):
            self._turn(True)
        else:
            self.opened()
            self.add_class("open")
            self.call_after_refresh(self._redraw)

    def _turn(self, inside: bool) -> None:
        """Hands the keyboard to the page, or back to the list."""
        self.page.can_focus = self.page.pointing = inside
        self.focus_here()
        self.call_after_refresh(self._redraw)

    def back(self) -> bool:
        if self.page.can_focus:
            self._turn(False)
        elif self.has_class("open"):
            self.remove_class("open")
            self.closed()
            self.call_after_refresh(self._redraw)
        else:
            return False
        return True
