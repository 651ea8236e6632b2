"""What tells on every screen that a recording is looked at: the timeline under the header, and a badge on dialogs."""

from __future__ import annotations

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from redistui.tui.line import Line, inked
from redistui.tui.themes import Theme
from redistui.view.glyphs import Glyphs
from redistui.view.replay import BADGE, Transport, bar, position


class Timeline(Vertical):
    """Two lines under the header: what time is looked at, and where in the recording that is."""

    DEFAULT_CSS = """
    Timeline { height: 2; }
    """

    def compose(self) -> ComposeResult:
        yield Line(id="replay-at")
        yield Line(id="replay-bar")

    def show_state(self, state: Transport, theme: Theme, signs: Glyphs) -> None:
        if not self.query("#replay-bar"):
            return
        base = theme.chrome("raised")
        left, right = position(state, signs, self.app.size.width)
        badge, *rest = inked(left, theme, signs.ascii)
        above = [(badge[0], theme.chrome("alarm")), *rest]
        self.query_one("#replay-at", Line).say(above, inked(right, theme, signs.ascii), base)
        cells = bar(state, self.app.size.width, signs)
        self.query_one("#replay-bar", Line).say(inked(cells, theme, signs.ascii), [], base)


class Badge(Line):
    """Lies over the upper edge of whatever is opened in front of the house."""

    DEFAULT_CSS = """
    Badge { width: 15; layer: replay; dock: top; offset: 3 0; }
    """


def mark_dialog(screen: Screen[object], theme: Theme) -> None:
    """Whatever is opened says what it is opened in."""
    if screen.is_running and screen.is_current and not screen.query(Badge):
        badge = Badge()
        screen.styles.layers = "default replay"
        screen.mount(badge)
        badge.say([(BADGE, Style.null())], [], theme.chrome("alarm"))
