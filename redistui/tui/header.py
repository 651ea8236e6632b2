"""The header line, its age cell and the banner below it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from redistui.tui.line import Line, inked, safe
from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Inked
from redistui.view.cells import Cell
from redistui.view.glyphs import Glyphs
from redistui.view.header import Banner, HeaderFacts, age_text, age_tone, fit, parts

AGE_WIDTH = 9


class Header(Horizontal):
    """What one looks at. The age stands in a widget of its own, so that its tick rewrites nothing else."""

    DEFAULT_CSS = """
    Header { height: 1; }
    Header #age { width: 9; }
    """

    def compose(self) -> ComposeResult:
        yield Line(id="facts")
        yield Line(id="age")

    def show_facts(self, facts: HeaderFacts, theme: Theme, signs: Glyphs) -> None:
        """Draws what fits; the rest goes by rank."""
        width = max(1, self.app.size.width - AGE_WIDTH - 2)
        kept = fit(parts(facts, signs, theme.colourless), width, signs.ellipsis)
        sides: dict[str, list[Inked]] = {"left": [], "right": []}
        for part in kept:
            side = sides[part.side]
            style = theme.badge_style(facts.environment or "") if part.badge else theme.style_of(part.cell.tone)
            if facts.armed and part.cell.text == " ARMED ":
                style = theme.chrome("alarm")
            side += [("  " if side else " ", theme.chrome("surface")), (safe(part.cell.text, signs.ascii), style)]
        self.query_one("#facts", Line).say(sides["left"], sides["right"], theme.chrome("surface"))

    def show_age(self, seconds: float | None, period: float, theme: Theme, signs: Glyphs) -> None:
        cell = Cell(age_text(seconds), age_tone(seconds, period))
        right = inked([Cell(cell.text + " ", cell.tone)], theme, signs.ascii)
        self.query_one("#age", Line).say([], right, theme.chrome("surface"))


class BannerLine(Line):
    """Stands under the header while there is something pressing, and takes no room otherwise."""

    DEFAULT_CSS = """
    BannerLine { display: none; }
    """

    def show_banner(self, banner: Banner | None, theme: Theme, signs: Glyphs) -> None:
        self.display = banner is not None
        if banner is not None:
            base = theme.chrome("alarm" if banner.alarm else "banner")
            text = "".join(cell.text for cell in banner.cells)
            self.say([(" " + safe(text, signs.ascii), base)], [], base)
