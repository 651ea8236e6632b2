"""Frame: header, banner, one panel at a time, footer. It draws; what keys do is in the classes made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from redistui.model import Address
from redistui.tui.footer import Footer
from redistui.tui.header import BannerLine, Header
from redistui.tui.panel import Panel
from redistui.tui.toast import Toast
from redistui.view.cells import Tone, show
from redistui.view.header import BannerFacts, HeaderFacts, banner, operator_text
from redistui.view.keys import Key, footer_rows, shown
from redistui.view.standing import standing
from redistui.view.words import clock

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp


class Frame(Screen[None], inherit_bindings=False):
    """What stands around the panel that is shown, and which one that is."""

    DEFAULT_CSS = """
    Frame { background: $house; color: $house-text; layers: default toast; }
    Frame #stage { width: 1fr; height: 1fr; }
    """
    AUTO_FOCUS = None

    def __init__(self, app: RedistuiApp, panels: Sequence[type[Panel]] | None = None) -> None:
        super().__init__()
        self.dashboard = app
        self.watching = app.watching
        self.panels: Sequence[type[Panel]] = ()
        self.panel: Panel | None = None
        self._wanted = panels
        self._furnished = False
        self._asked_for: tuple[str, Callable[[Panel], None]] | None = None
        """The screen that somebody wanted before there were any, and what is to be done there."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield BannerLine()
        yield Vertical(id="stage")
        yield Footer()
        yield Toast()

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self.redraw()
        self.call_after_refresh(self._furnish)

    async def _furnish(self) -> None:
        """After the first paint, which waits for nothing: the screens are imported, and the journal is read."""
        if self._wanted is None:
            from redistui.tui.screens import SCREENS

            self._wanted = SCREENS
        self.panels = self._wanted
        if self.panels and self.panel is None:
            await self._open(self.panels[0])
        self._furnished = True
        self.redraw()
        if self._asked_for is not None:
            self.open_panel(*self._asked_for)
        self.look_back()

    def look_back(self) -> None:
        self.dashboard.acting.look_back()

    def foot_rows(self) -> tuple[Key, ...]:
        """The keys that the footer shows."""
        return footer_rows("" if self.panel is None else self.panel.NAME, self.dashboard.keys)

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def on_screen_resume(self) -> None:
        if self.panel is not None:
            self.redraw()

    # What is on the screen

    def redraw(self) -> None:
        """Everything that a new snapshot, theme, group or filter may change; each part redraws only what did.

        Not while a dialog covers it: it is drawn when it is seen again.
        """
        if not self.is_current or not self.query(Footer) or not self.query("#facts"):
            return
        self._show_house()
        if self.panel is not None:
            scene = self.watching.scene(self.dashboard.dress, self.dashboard.signs)
            self.panel.show_scene(self.dashboard.canaries.into(scene, self.panel.NAME))

    def _show_house(self) -> None:
        app, watching = self.dashboard, self.watching
        acting = app.acting if self.panels else None
        self.query_one(Header).show_facts(self.facts(), app.dress, app.signs)
        self.show_age()
        facts = BannerFacts(
            paused_since="" if watching.paused_at is None else f"{clock(watching.paused_at)} UTC",
            paused_key=shown(app.key("app.pause")),
            unfinished=acting.unfinished_words if acting else (),
            running=acting.running_words if acting else "",
            problems=len(app.problems),
            timeline=app.settings.replay,
        )
        self.query_one(BannerLine).show_banner(
            banner(watching.newest, watching.group, facts, app.signs), app.dress, app.signs
        )
        rows = self.foot_rows()
        dim = frozenset({"app.failover"} if acting is None or acting.why_not("failover") else ())
        self.query_one(Footer).show_keys(rows, dim, app.dress, app.signs, watching.filter)

    def facts(self) -> HeaderFacts:
        """What the header line says."""
        group, panel = self.watching.group, self.panel
        return HeaderFacts(
            environment=None if group is None else group.environment,
            group="connecting" if group is None else group.name,
            place=self.watching.place,
            kind="" if group is None else group.kind,
            health="unknown" if group is None else self.dashboard.health_of(group),
            panels=tuple(f"{kind.KEY} {kind.TITLE}" for kind in self.panels),
            panel=next((number for number, kind in enumerate(self.panels) if type(panel) is kind), -1),
            armed=self.watching.armed,
            period=self.dashboard.engine.period,
            operator=operator_text(self.dashboard.engine.logins.held()),
            alerts=standing(self.watching.fleet),
        )

    def _tick(self) -> None:
        self.dashboard.engine.logins.sweep()
        if self.panels:
            self.dashboard.acting.glance()
        self.show_age()

    def show_age(self) -> None:
        """Ticks without new snapshots: an old picture must look old."""
        app, fleet = self.dashboard, self.watching.fleet
        age = max(0.0, app.clock() - fleet.at) if fleet.groups and not fleet.replayed else None
        self.query_one(Header).show_age(age, fleet.period, app.dress, app.signs)

    def tell(self, text: str, tone: Tone = "text") -> None:
        """One sentence in the footer."""
        for footer in self.query(Footer):  # None, while the house is being taken down.
            footer.tell(text, tone)

    # Going about

    def action_panel(self, name: str) -> None:
        if self.panel is None or name != self.panel.NAME:
            self.open_panel(name)

    def open_panel(self, name: str, then: Callable[[Panel], None] = lambda _: None) -> None:
        """Opens a screen, and then does something there; while the screens are still coming, once they are here."""
        if not self._furnished:
            self._asked_for = (name, then)
            return
        found = next((panel for panel in self.panels if name == panel.NAME), None)
        if found is None:
            self.tell(f"there is no screen {name!r}", "warn")
        else:
            self.run_worker(self._go(found, then), exclusive=True, group="panel", exit_on_error=True)

    async def _go(self, kind: type[Panel], then: Callable[[Panel], None]) -> None:
        await self._open(kind)
        self.redraw()
        if self.panel is not None:
            then(self.panel)

    async def _open(self, kind: type[Panel]) -> None:
        """A panel is built when it is first opened, and kept."""
        stage = self.query_one("#stage")
        found = next((panel for panel in stage.query_children(Panel) if type(panel) is kind), None)
        if self.panel is not None:
            self.panel.display = False
        self.panel = found or kind(id=kind.NAME)
        if found is None:
            await stage.mount(self.panel)
        self.panel.display = True
        if not self.typing:
            self.panel.focus_here()

    def look_at(self, group: str | None, node: Address | None = None, panel: str | None = None) -> None:
        """Another group, a node in it, another screen; None leaves that as it is."""
        if group is not None:
            self.watching.wanted = group
        if panel is not None:
            self.action_panel(panel)
        self.redraw()
        if node is not None:
            self.call_after_refresh(self._select, node)

    async def _select(self, node: Address) -> None:
        """On this screen, else on the first one that shows the node."""
        here = self.panel
        for kind in () if here is None else (type(here), *self.panels):
            await self._open(kind)
            self.redraw()
            if self.panel is not None and self.panel.select(node):
                return
        if here is not None:
            await self._open(type(here))
            self.redraw()
        self.tell(f"{show(node)} is on no screen", "warn")

    def on_panel_goto(self, event: Panel.Goto) -> None:
        event.stop()
        self.look_at(event.group, event.node, event.panel)

    def on_panel_wants(self, event: Panel.Wants) -> None:
        event.stop()
        self.dashboard.engine.keep_surveying(event.survey, moves=event.moves, sample=event.sample)

    def action_group(self, by: int) -> None:
        if len(self.watching.fleet.groups) < 2:
            self.tell("there is one group only", "dim")
        elif self.watching.step(by) is not None:
            self.redraw()

    @property
    def typing(self) -> bool:
        """Whether the keyboard belongs to a line at the bottom."""
        return False
