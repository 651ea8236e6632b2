"""Drilling: an operation that was confirmed in its dialog, run under canaries, and the report when all is read back.

The canaries fly on threads of their own, beside the engine's. What is called off before the first command stays undone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.ops.run import Run, planned
from redistui.view.cells import Cell, Row, show

if TYPE_CHECKING:
    from redistui.drill.drill import Done
    from redistui.drill.flock import Flock
    from redistui.model.drill import Figures
    from redistui.tui.app import RedistuiApp
    from redistui.tui.asking import Asking

WIDTH = 110
Begin = Callable[[], Future[Run]]
"""Fires the operation."""


@dataclass
class _Deed:
    """The operation, as a drill runs it. `off`: it was called off."""

    name: str
    begin: Begin
    off: Callable[[], bool]

    def do(self, flock: Flock) -> Done:
        from redistui.drill.drill import NotFlying, done_of

        if self.off():
            raise NotFlying("it was called off")
        return done_of(self.begin().result())


class Drilling:
    """At most one drill at a time: that of the operation that runs."""

    def __init__(self, app: RedistuiApp) -> None:
        self._app = app
        self._off = threading.Event()
        self.words = ""
        """What it is at, for the banner; empty: no drill goes on."""

    def call_off(self) -> None:
        """What has not begun does not begin."""
        self._off.set()

    def fly(self, asking: Asking, begin: Begin, refuse: Callable[[Run], None]) -> None:
        """`refuse` is told, on the app's loop, when the canaries could not fly and nothing was done."""
        self._off.clear()
        self._tell("canaries are set up")
        args = (asking, begin, refuse)
        threading.Thread(target=self._fly, args=args, name="redistui-drill", daemon=True).start()

    def _fly(self, asking: Asking, begin: Begin, refuse: Callable[[Run], None]) -> None:
        """On a thread of the drill's own. Whatever goes wrong is said, and the operation is not left as running."""
        try:
            figures, path = self._flown(asking, begin)
        except Exception as error:
            text = f"{error}" if type(error).__module__.startswith("redistui.") else f"a bug: {type(error).__name__}"
            self._app.on_loop(lambda: self._broke(asking, refuse, text))
        else:
            self._app.on_loop(lambda: self._show(figures, path))

    def _flown(self, asking: Asking, begin: Begin) -> tuple[Figures, Path]:
        from redistui.drill.aware import route_of
        from redistui.drill.drill import Setting, fly, timeouts_of
        from redistui.drill.figures import figures
        from redistui.drill.ground import grounds
        from redistui.drill.log import Log, new_path, read_log

        engine, groups = self._app.engine, asking.aim.groups
        ground = grounds(engine.fleet, groups, engine.access_of, engine.logins.login)
        setting = Setting(ground, route_of, timeouts=timeouts_of(engine.fleet, groups))
        deed = _Deed(" ".join([asking.action.name, *asking.aim.words]), begin, self._off.is_set)
        log = Log(new_path(asking.action.name))
        try:
            fly(engine, setting, deed, log, lambda text: self._app.on_loop(lambda: self._tell(text)))
        finally:
            log.close()
        return figures(read_log(log.path)[-1]), log.path

    def _tell(self, text: str) -> None:
        self.words = text
        self._app.house.tell(f"drill: {show(text)}")

    def _broke(self, asking: Asking, refuse: Callable[[Run], None], text: str) -> None:
        from redistui.engine.canary_logins import canary_users
        from redistui.route.failures import is_shut_out

        engine = self._app.engine
        if is_shut_out(text):  # the canaries' password: it is asked for again
            for user in canary_users(engine, engine.fleet, asking.aim.groups):
                engine.logins.wrong(user)
        self.words = ""
        self._app.house.tell(f"drill: {show(text)}", "bad")
        run = asking.run
        if run is not None and asking.plan is not None and not run.ended and not run.operation:
            blank = planned(run.action, run.group, asking.plan)
            refuse(replace(blank, outcome="refused", refusals=(f"the drill did not begin: {text}",)))

    def _show(self, figures: Figures, path: Path) -> None:
        from redistui.tui.lists import Reading
        from redistui.view.drill import report_rows

        self.words = ""
        app = self._app
        app.house.tell(f"drill: the report is here; log {show(str(path))}")
        width = min(WIDTH, app.size.width) - 4
        log: Row = (Cell("log      ", "dim"), Cell(show(str(path), 2000)))
        page = Reading("Drill", [*report_rows(figures, width), log], app.dress, app.signs)
        page.add_class("wide")
        app.push_screen(page)
