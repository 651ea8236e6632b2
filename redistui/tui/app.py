"""RedistuiApp: holds the latest snapshot, the theme and the keys, and begins and ends things. The house draws."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from redistui.model import Fleet, Group, Health
from redistui.tui import Settings
from redistui.tui.dress import textual_theme
from redistui.tui.hop import Latest
from redistui.tui.house import House
from redistui.tui.manners import Mannered
from redistui.tui.panel import Panel
from redistui.tui.themes import COLOURLESS, Theme, load, load_or_default
from redistui.tui.toosmall import guard_size
from redistui.tui.watching import Watching
from redistui.view.glyphs import glyphs
from redistui.view.keys import moved

if TYPE_CHECKING:
    from textual.geometry import Size

    from redistui.engine.engine import Engine
    from redistui.engine.late import LateEngine
    from redistui.engine.playback import Playback
    from redistui.tui.acting import Acting
    from redistui.tui.actionlist import ActionList
    from redistui.tui.alerts import Alerting
    from redistui.tui.canaries import Canaries
    from redistui.tui.confirm import Confirm
    from redistui.tui.whatif import WhatIf


class RedistuiApp(Mannered, inherit_bindings=False):
    """The dashboard."""

    TITLE = "redistui"

    def __init__(
        self,
        engine: Engine | LateEngine | Playback,
        settings: Settings,
        *,
        panels: Sequence[type[Panel]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.no_colour = bool(os.environ.get("NO_COLOR"))
        super().__init__(settings.secrets, ansi_color=True if self.no_colour else None)
        self.engine, self.settings, self.clock = engine, settings, clock
        self.signs = glyphs(bool(settings.ascii))
        self.keys, wrong = moved(settings.keymap)
        self.dress, broken = load_or_default(COLOURLESS if self.no_colour else settings.theme)
        self.problems = (*map(str, broken), *(f"keymap: {text}" for text in wrong), *settings.notes)
        self.watching = Watching(engine.fleet, engine.history, group=settings.group, armed=settings.armed)
        self.watching.thresholds = settings.thresholds
        self._latest = Latest(self._wake)
        self._painted = False
        self._panels = panels
        self.dialog: Confirm | None = None
        """The confirm dialog while it is open, also under the sentence that the terminal is too small."""
        self.listed: ActionList | None = None
        """The action list, likewise."""
        self.whatif: WhatIf | None = None
        self._wear(self.dress)
        self.set_keymap({row.id: row.key for row in self.keys if row.id in settings.keymap})

    def get_default_screen(self) -> House:
        if not self.settings.replay:
            return House(self, self._panels)
        from redistui.tui.replaying import ReplayHouse

        return ReplayHouse(self, self._panels)

    @property
    def house(self) -> House:
        """At the bottom of the stack, under any dialog."""
        house = self.screen_stack[0]
        assert isinstance(house, House)
        return house

    def on_mount(self) -> None:
        self.begin_manners()
        self.call_after_refresh(self._begin)

    def fit_into(self, size: Size) -> None:
        """Not before the first paint: a screen that is pushed while the first one is still coming blocks both."""
        if self._painted:
            guard_size(self, size)

    def known_secrets(self) -> Sequence[str]:
        return (*super().known_secrets(), *self.engine.logins.secrets())

    # Snapshots

    def _begin(self) -> None:
        """After the first paint: an engine that has waited for this begins now."""
        self._painted = True
        guard_size(self, self.size)
        self.engine.subscribe(self._latest.offer)
        self._arrived()

    def _wake(self) -> None:
        self.on_loop(self._arrived)

    def _arrived(self) -> None:
        fleet = self._latest.take() or self.engine.fleet
        if fleet is not self.watching.newest:
            self.take_fleet(fleet)

    def take_fleet(self, fleet: Fleet) -> None:
        """A new snapshot. An open dialog looks at it even while the view is held still."""
        self.watching.history = self.engine.history
        self.watching.take(fleet)
        self.canaries.take(fleet)
        self.alerting.take(fleet)
        if self.settings.wants_password is not None and self.settings.wants_password(fleet):
            self.exit()
            return
        self.house.redraw()
        for looking in (self.dialog, self.listed, self.whatif):
            if looking is not None:
                looking.look(fleet)

    # Clothes and keys

    def use_theme(self, name: str) -> None:
        """Live. A broken one leaves things as they are."""
        if self.no_colour and name != COLOURLESS:
            self.house.tell("NO_COLOR is set: the dashboard stays without colours", "warn")
            return
        theme, problems = load(name)
        if theme is None:
            self.problems = (*self.problems, *map(str, problems))
            self.house.tell(str(problems[0]), "bad")
        else:
            self._wear(theme)
            self.house.tell(f"theme {theme.name}")
        self.house.redraw()

    def _wear(self, theme: Theme) -> None:
        self.dress = theme
        worn = textual_theme(theme)
        self.register_theme(worn)
        self.theme = worn.name

    def key(self, id_: str) -> str:
        """The keys of a row, as they are now."""
        return next(row.key for row in self.keys if row.id == id_)

    # Actions and leaving

    def health_of(self, group: Group) -> Health:
        from redistui.judge.health import health

        return health(self.watching.fleet, group)

    @cached_property
    def acting(self) -> Acting:
        from redistui.tui.acting import Acting

        return Acting(self)

    @cached_property
    def canaries(self) -> Canaries:
        from redistui.tui.canaries import Canaries

        return Canaries(self)

    @cached_property
    def alerting(self) -> Alerting:
        from redistui.tui.alerts import Alerting

        return Alerting(self)
