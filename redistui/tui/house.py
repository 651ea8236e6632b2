"""The house: where the operator is, but for dialogs. Its actions are the `app` rows of KEYS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from redistui.model import Address
from redistui.tui.panel import bindings
from redistui.tui.prompt import Prompting
from redistui.tui.watching import next_period
from redistui.view.cells import show
from redistui.view.header import period_text

if TYPE_CHECKING:
    from redistui.tui.commands import Command
    from redistui.tui.screens.events import Events
    from redistui.tui.screens.metrics import Metrics
    from redistui.tui.screens.routes import Routes


class House(Prompting):
    """What every key does that works on all screens."""

    BINDINGS = bindings("app")

    def action_back(self) -> None:
        if self.panel is not None and self.panel.back():
            return
        if self.watching.filter:
            self.set_filter("")
        elif self.panel is not None and self.panels and type(self.panel) is not self.panels[0]:
            self.action_panel(self.panels[0].NAME)

    def action_pause(self) -> None:
        self.watching.pause(self.dashboard.clock())
        self.redraw()

    def action_period(self, by: int) -> None:
        self.set_period(next_period(self.dashboard.engine.period, by))

    def set_period(self, seconds: float) -> None:
        self.dashboard.engine.set_period(seconds)
        self.redraw()
        self.tell(f"polling every {period_text(seconds)}")

    def action_save(self) -> None:
        self.save("")

    def save(self, name: str) -> None:
        from redistui.tui.saving import save

        save(self, name)

    def action_copy(self) -> None:
        address = None if self.panel is None else self.panel.selected()
        if address is None:
            self.tell("nothing is selected here", "dim")
        else:
            self.app.copy_to_clipboard(show(address))
            self.tell(f"copied {show(address)}")

    def set_armed(self, armed: bool) -> None:
        self.watching.armed = armed
        self.dashboard.canaries.arm(armed)
        forgot = not armed and self.dashboard.engine.logins.drop()
        self.redraw()
        readonly = "read-only; the operator's password is forgotten" if forgot else "read-only"
        self.tell("armed: actions can run" if armed else readonly, "warn" if armed else "text")

    def use_theme(self, name: str) -> None:
        self.dashboard.use_theme(name)

    def action_act(self, name: str) -> None:
        self.dashboard.acting.begin(name)

    def on_routes_told(self, event: Routes.Told) -> None:
        event.stop()
        self.dashboard.canaries.told(event.words)

    async def on_events_silence(self, event: Events.Silence) -> None:
        """For how long is typed: the line stands ready for it."""
        from redistui.tui.alerts import silence_line_of

        event.stop()
        await self.begin_line(silence_line_of(event.alert))

    def on_events_acknowledge(self, event: Events.Acknowledge) -> None:
        event.stop()
        self.dashboard.alerting.acknowledge([event.alert])

    def on_events_deed(self, event: Events.Deed) -> None:
        event.stop()
        self.dashboard.alerting.look_up(event.event, event.panel)

    def on_events_idle(self, event: Events.Idle) -> None:
        event.stop()
        self.tell(event.why, "dim")

    def action_actions(self) -> None:
        self.dashboard.acting.list_actions()

    def action_whatif(self) -> None:
        """With the site under the cursor, else with the node."""
        from redistui.judge.forecast import members_at

        site = None if self.panel is None else self.panel.site()
        node = None if self.panel is None else self.panel.selected()
        fleet = self.watching.newest
        self.what_if(members_at(fleet, site) if site is not None else () if node is None else (node,))

    def what_if(self, lost: Iterable[Address]) -> None:
        """What the loss of these would do."""
        from redistui.tui.whatif import WhatIf

        if not self.watching.newest.groups:
            self.tell("no group is known yet", "warn")
            return
        group = self.watching.group
        self.dashboard.whatif = WhatIf(self.dashboard, None if group is None else group.name, lost)
        self.app.push_screen(self.dashboard.whatif, self._looked_ahead)

    def _looked_ahead(self, _: None) -> None:
        self.dashboard.whatif = None

    def more_commands(self) -> Iterable[Command]:
        """Commands that only this house has."""
        return ()

    def on_metrics_says(self, event: Metrics.Says) -> None:
        event.stop()
        self.tell(event.text, event.tone)

    def on_metrics_look(self, event: Metrics.Look) -> None:
        """What a node tells on demand only: nothing is asked before enter."""
        from redistui.tui.look import Look

        event.stop()
        if self.watching.newest.replayed:
            self.tell("this is a recording: it holds no slow log and no client list", "warn")
        else:
            self.app.push_screen(Look(self.dashboard, event.node, event.subject))

    async def action_line(self, text: str) -> None:
        await self.begin_line(text)

    def act(self, name: str, words: str) -> None:
        self.dashboard.acting.act(name, words)

    def action_help(self) -> None:
        from redistui.tui.help import help_screen

        self.app.push_screen(help_screen(self))

    async def action_palette(self) -> None:
        """Waited for: what is typed ahead belongs to it."""
        from redistui.tui.palette import Palette

        await self.app.push_screen(Palette(self))

    def run_line(self, text: str) -> None:
        from redistui.tui import commands

        commands.run(self, text)

    def complete(self, text: str) -> list[str]:
        from redistui.tui import commands

        return commands.completions(self, text)

    def hint(self, text: str) -> str:
        from redistui.tui import commands

        return commands.hint(self, text)

    def action_log(self) -> None:
        from redistui.tui.oplog import OpLog

        self.app.push_screen(OpLog(self.dashboard, self.dashboard.acting.heard))

    def show_unfinished(self) -> None:
        from redistui.tui.help import unfinished_screen

        self.app.push_screen(unfinished_screen(self))

    def show_report(self) -> None:
        from redistui.tui.reporting import HealthReport

        self.app.push_screen(HealthReport(self.dashboard))

    def show_problems(self) -> None:
        from redistui.tui.help import problems_screen

        self.app.push_screen(problems_screen(self))

    def action_suspend(self) -> None:
        self.dashboard.suspend_politely()

    def action_leave(self) -> None:
        self.dashboard.acting.leave(0)

    def action_interrupt(self) -> None:
        self.dashboard.acting.leave(130)
