"""The confirm dialog: one plan, read, typed for, watched. It decides nothing itself: see `redistui.tui.asking`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from redistui.ops.action import Danger
from redistui.tui.asking import Asking
from redistui.tui.line import Line, inked, safe
from redistui.tui.lists import Rows
from redistui.tui.panel import bindings
from redistui.tui.widgets.strips import Inked
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.confirm import asking_rows, duration, ended_text, progress, running_rows
from redistui.view.figures import plural
from redistui.view.header import badge_text
from redistui.view.progress import heeds
from redistui.view.words import HEALTH_WORDS, health_mark, paragraph

if TYPE_CHECKING:
    from redistui.model import Fleet
    from redistui.tui.app import RedistuiApp


WIDTH = 110
AROUND = 9
"""Lines of frame, head (its title over two) and foot."""
BUTTONS = 28
"""Cells that the buttons take; what is typed has the rest of their line."""
DANGERS: Mapping[Danger, Cell] = {
    "routine": Cell("routine", "dim"),
    "risky": Cell("RISKY", "warn"),
    "lossy": Cell("LOSSY", "bad"),
}


class Confirm(ModalScreen[None], inherit_bindings=False):
    """Enter and escape cancel until what has to be typed is there; other keys reach nothing behind it."""

    BINDINGS = [*bindings("dialog"), *bindings("running")]  # noqa: RUF012 - Textual's own declaration
    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Confirm { align: center middle; background: $house; }
    Confirm > Vertical { width: 110; max-width: 100%; height: auto; max-height: 100%; background: $house-raised;
        border: round $house-border; padding: 0 1; }
    Confirm.risky > Vertical { border: round $warning; }
    Confirm.lossy > Vertical { border: heavy $error; }
    Confirm.ascii > Vertical { border: ascii $house-border; }
    Confirm Rows { margin: 1 0; }
    Confirm #sentence { margin: 0; max-height: 5; }
    """

    def __init__(self, app: RedistuiApp, asking: Asking) -> None:
        super().__init__()
        self.dashboard, self.asking = app, asking
        self.began = app.clock()
        self._tallest = 0
        """Lines that a run has had so far: with fewer of them the dialog keeps its height, and does not jump."""
        self.set_class(app.signs.ascii, "ascii")

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Line(id="about")
            yield Line(id="title")
            yield Line(id="title-on")
            yield Rows()
            yield Line(id="says")
            yield Rows(id="sentence")
            yield Line(id="buttons")

    def on_mount(self) -> None:
        for rows in self.query(Rows):
            rows.can_focus = False
        self.set_interval(0.25, self._tick)
        self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self.redraw)

    def look(self, fleet: Fleet) -> None:
        """A new snapshot came while it is open."""
        self.asking.look(fleet, self.dashboard.clock())
        self.redraw()

    def _tick(self) -> None:
        """Only what counts seconds."""
        if self.query("#buttons"):
            self._show_foot()

    def on_rows_scrolled(self) -> None:
        self._tick()

    # Keys

    def on_key(self, event: events.Key) -> None:
        """All but the keys of `dialog` are typed; none goes on to what is behind."""
        if event.key in self._own_keys:
            return
        event.stop()
        event.prevent_default()
        if self.asking.press(event.key, event.character if event.is_printable else None, self.dashboard.clock()):
            self.began = self.dashboard.clock()
            self.dashboard.acting.fire(self.asking)
            self.redraw()
        elif event.key == "enter" and not self.asking.ready:
            self.action_cancel()
        else:
            self._show_foot()

    @property
    def _own_keys(self) -> set[str]:
        places = ("dialog", "running") if heeds(self.asking.run) else ("dialog",)
        return {key for row in self.dashboard.keys if row.where in places for key in row.key.split(",")}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What steers an operation is for one that runs and takes orders."""
        return action not in ("pause", "pace", "stop") or heeds(self.asking.run)

    def action_pause(self) -> None:
        self.dashboard.acting.steering.pause()
        self._show_foot()

    def action_pace(self, by: int) -> None:
        self.dashboard.acting.steering.pace(by)
        self._show_foot()

    def action_stop(self) -> None:
        self.dashboard.acting.steering.stop()
        self._show_foot()

    def action_drill(self) -> None:
        """Whether it will be run under canaries; once more: it will not."""
        if self.asking.drillable:
            self.asking.drill = not self.asking.drill
            self._show_foot()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one(Rows).scroll_relative(y=by, animate=False)

    def action_scroll_page(self, by: int) -> None:
        rows = self.query_one(Rows)
        rows.scroll_relative(y=by * max(1, rows.size.height - 1), animate=False)

    # Drawing

    def redraw(self) -> None:
        asking, app = self.asking, self.dashboard
        if not self.query("#buttons"):
            return  # Not composed yet, or on its way out.
        self._show_head()
        rows, width = self.query_one(Rows), self._width
        rows.styles.max_height = self._room
        if asking.run is None:
            rows.show_rows(asking_rows(asking.plan, asking.checks, width), app.dress, app.signs)
        else:
            lines = running_rows(asking.run, app.signs, width, app.acting.steering.speeds)
            rows.show_rows(lines, app.dress, app.signs)
            self._tallest = max(self._tallest, len(lines))
            rows.styles.min_height = min(self._tallest, self._room)
            rows.reveal(len(lines) - 1 if asking.run.ended else _last_moving(lines))
        self._show_foot()

    @property
    def _room(self) -> int:
        """Lines there are for the plan."""
        return max(3, self.app.size.height - AROUND - len(self._sentence()))

    @property
    def _width(self) -> int:
        return max(40, min(WIDTH, self.app.size.width) - 6)

    def _sentence(self) -> list[Row]:
        """What must be typed, on lines of its own where it does not stand beside `type`; what was typed of it so far
        stands out."""
        asking = self.asking
        if asking.phase != "ask" or asking.ready or len(asking.wanted) <= self._width - len("type  to run it"):
            return []
        typed = len(asking.typed) if asking.wanted.startswith(asking.typed) else 0
        rows: list[Row] = []
        for row in paragraph(asking.wanted, self._width):
            line = row[-1].text
            rows.append((Cell(line[:typed], "ok"), Cell(line[typed:], "key")))
            typed = max(0, typed - len(line) - 1)
        return rows

    def _danger(self) -> Danger:
        """Of this very plan; what the action is in general, while there is none."""
        return self.asking.action.danger if self.asking.plan is None else self.asking.plan.danger

    def _show_head(self) -> None:
        app, asking = self.dashboard, self.asking
        base, danger = app.dress.chrome("raised"), self._danger()
        self.set_class(danger == "risky", "risky")
        self.set_class(danger == "lossy", "lossy")
        several = asking.action.spans is not None
        group = app.watching.newest.group(asking.aim.group)
        parts: list[Inked] = []
        badge = badge_text(None if group is None else group.environment, app.dress.colourless)
        if badge and group is not None:
            parts += [(safe(badge, app.signs.ascii), app.dress.badge_style(group.environment or "")), ("  ", base)]
        cells = [Cell(show(asking.action.about(asking.aim), 48) or "no group", "title")]
        if several:
            named = [name for name in asking.aim.groups if name]
            cells.append(Cell(f"  {plural(len(named), 'group')}" if named else "", "dim"))
        elif group is not None:
            health = app.health_of(group)
            cells += [
                Cell(f"  {group.kind}  ", "dim"),
                Cell(f"{health_mark(health, app.signs).text} {HEALTH_WORDS[health]}", health),
            ]
        armed = Cell("ARMED", "warn") if app.watching.armed else Cell("READ-ONLY", "dim")
        level = [] if asking.plan is None else [DANGERS[danger], Cell("  ")]
        self.query_one("#about", Line).say(
            parts + inked(cells, app.dress, app.signs.ascii), inked([*level, armed], app.dress, app.signs.ascii), base
        )
        # What else was typed may hold a secret that the action refuses: only its node is shown.
        bare = " ".join(filter(None, (asking.action.title, asking.aim.node)))
        title = bare if asking.plan is None else asking.plan.title
        lines = [*(row[-1] for row in paragraph(show(title), self._width, "accent")), Cell("")]
        for name, cell in zip(("#title", "#title-on"), lines, strict=False):
            line = self.query_one(name, Line)
            line.display = bool(cell.text)
            line.say(inked([cell], app.dress, app.signs.ascii), [], base)

    def _show_foot(self) -> None:
        app = self.dashboard
        base = app.dress.chrome("raised")
        left, right = self._says()
        self.query_one("#sentence", Rows).show_rows(self._sentence(), app.dress, app.signs)
        self.query_one("#says", Line).say(
            inked(left, app.dress, app.signs.ascii), inked(right, app.dress, app.signs.ascii), base
        )
        self.query_one("#buttons", Line).say(self._buttons(), inked(self._place(), app.dress, app.signs.ascii), base)

    def _says(self) -> tuple[Row, Row]:
        """What the dialog waits for, or what became of it."""
        asking, now = self.asking, self.dashboard.clock()
        match asking.phase:
            case "refused":
                return (Cell("refused: nothing can be confirmed", "bad"),), ()
            case "preview":
                return (Cell("read-only: :arm first (or start with --write)", "warn"),), ()
            case "running":
                assert asking.run is not None
                far = self.dashboard.acting.steering.percent(asking.run)
                at = Cell(f"running: {progress(asking.run)}{f', {far}' if far else ''}", "accent")
                return (at, Cell("  esc closes this; it runs on", "dim")), (self._since(now),)
            case "ended":
                return self._ended(), (self._since(now),)
        return self._asks(now), self._drill_hint()

    def _drill_hint(self) -> Row:
        """The key that has it run under canaries, wherever `[keymap]` has put it."""
        if not self.asking.drillable:
            return ()
        key = next(row.key for row in self.dashboard.keys if row.id == "dialog.drill").split(",")[0]
        return Cell(key, "key"), Cell(" no drill" if self.asking.drill else " drill", "dim")

    def _asks(self, now: float) -> Row:
        asking = self.asking
        news = (Cell("THE PLAN HAS CHANGED, read it again. ", "warn"),) if asking.changed and not asking.typed else ()
        if asking.waits(now):
            return *news, Cell("read it first", "dim")
        if asking.ready:
            return Cell("enter", "key"), Cell(" runs it, "), Cell("tab", "key"), Cell(" goes back to Cancel")
        verb = "press " if asking.by_letter else "type "
        if asking.drill:
            news = (*news, Cell("UNDER CANARIES. ", "accent"))
        if self._sentence():
            return *news, Cell("type this sentence to run it:")
        return *news, Cell(verb), Cell(asking.wanted, "key"), Cell(" to run it")

    def _since(self, now: float) -> Cell:
        fired = self.asking is self.dashboard.acting.current
        over = self.dashboard.acting.took(self.asking) if fired else now - self.began
        return Cell(duration(1000 * max(0.0, over)), "dim")

    def _ended(self) -> Row:
        run = self.asking.run
        assert run is not None
        tones: dict[str, Tone] = {"verified": "ok", "failed": "bad", "refused": "bad"}
        return (Cell(ended_text(run), tones.get(run.outcome, "warn")),)

    def _buttons(self) -> list[Inked]:
        app, asking = self.dashboard, self.asking
        base = app.dress.chrome("raised")
        if asking.phase != "ask":
            orders = inked(app.acting.steering.keys(asking.run), app.dress, app.signs.ascii)
            return [(" Close ", base + app.dress.cursor), *orders]
        on, off = base + app.dress.cursor, base + app.dress.style_of("dim")
        fire = base + app.dress.chrome("alarm")
        buttons = [("[ Cancel ]", off if asking.ready else on)]
        if not asking.by_letter:
            fits: Tone = "ok" if asking.ready else "text" if asking.wanted.startswith(asking.typed) else "bad"
            typed = safe(asking.typed, app.signs.ascii) + ("" if asking.waits(app.clock()) else "_")
            room = self._width - BUTTONS - sum(len(cell.text) for cell in self._place())
            typed = typed if len(typed) <= room else f"..{typed[2 - room :]}"
            buttons += [("   ", Style.null()), ("[ Run ]", fire if asking.ready else off)]
            buttons += [("   ", Style.null()), (typed, app.dress.style_of(fits))]
        return buttons

    def _place(self) -> list[Cell]:
        rows = self.query_one(Rows)
        more = rows.more()
        return [Cell(more, "dim")] if more else []


def _last_moving(rows: list[Row]) -> int | None:
    """The row of the step that runs, as far as signs tell: the last one that is not waiting."""
    moving = [number for number, row in enumerate(rows) if row and row[0].tone in ("accent", "ok", "bad")]
    return max(moving, default=None)
