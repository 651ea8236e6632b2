"""Acting: from a key or a line to a confirm dialog, from there to the runner, and the way out while something runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from redistui.ops import ACTIONS
from redistui.ops.action import Action, Aim
from redistui.ops.run import Run, planned
from redistui.tui.asking import Asking
from redistui.tui.leave import Leave
from redistui.view.cells import Tone, show
from redistui.view.confirm import OUTCOMES

if TYPE_CHECKING:
    from redistui.engine.journal import Unfinished
    from redistui.engine.runner import Runner
    from redistui.tui.app import RedistuiApp

BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}


class Acting:
    """Holds the runner, and the operation that runs or ran last."""

    def __init__(self, app: RedistuiApp) -> None:
        self._app = app
        self.current: Asking | None = None
        self.unfinished: tuple[Unfinished, ...] = ()
        self._times: tuple[float, float | None] = (0.0, None)

    @cached_property
    def runner(self) -> Runner:
        """Imported when it is first needed: redis-py takes its time."""
        from redistui.engine.runner import Runner

        return Runner(self._app.engine)

    def look_back(self) -> None:
        """After the first paint: operations that another run of redistui began and did not end."""
        self._app.run_worker(self._read_journal, thread=True, exit_on_error=True)

    def _read_journal(self) -> None:
        from redistui.engine.journal import Journal, journal_path

        found = Journal(journal_path(os.environ)).unfinished()
        if found:
            self._app.on_loop(lambda: self._remember(found))

    def _remember(self, found: tuple[Unfinished, ...]) -> None:
        self.unfinished = found
        self._app.house.redraw()

    def dismiss(self, operation: str) -> str:
        """Strikes an unfinished operation off, in the journal too; a sentence on what came of it."""
        if operation not in {one.operation for one in self.unfinished}:
            return f"no unfinished operation {show(operation)!r}"
        from redistui.engine.journal import Journal, JournalError, journal_path

        try:
            Journal(journal_path(os.environ)).dismiss(operation)
        except JournalError as error:
            return str(error)
        self._remember(tuple(one for one in self.unfinished if one.operation != operation))
        return f"operation {operation} is dismissed"

    def why_not(self, name: str) -> str:
        """Why an action cannot run now, in a few words; empty: it can. It can be looked at in any case."""
        group, action = self._app.watching.group, BY_NAME[name]
        if group is None:
            return "no group is known yet"
        if group.kind not in action.kinds:
            return f"not for a {group.kind} group"
        return "" if self._app.watching.armed else "read-only: :arm first"

    def act(self, name: str, words: str) -> None:
        """Opens the dialog on the group that is looked at; on the running operation, while there is one in it."""
        watching = self._app.watching
        group = watching.group
        if group is None:
            self._app.house.tell("no group is known yet", "warn")
            return
        running = self.current
        if running is not None and running.phase == "running" and running.aim.group == group.name:
            self._open(running)
            return
        try:
            aim = parse_aim(group.name, words)
        except ValueError as error:
            self._app.house.tell(f"{name}: {error}; usage: {BY_NAME[name].usage}", "bad")
            return
        now = self._app.clock()
        asking = Asking(BY_NAME[name], aim, watching.armed, now)
        asking.look(watching.newest, now)
        self._open(asking)

    def _open(self, asking: Asking) -> None:
        from redistui.tui.confirm import Confirm

        self._app.dialog = Confirm(self._app, asking)
        self._app.push_screen(self._app.dialog, self._closed)

    def _closed(self, _: None) -> None:
        self._app.dialog = None

    def fire(self, asking: Asking) -> None:
        """Hands the plan that was read to the runner, on the engine's loop."""
        assert asking.plan is not None
        self.current = asking
        asking.run = replace(planned(asking.action.name, asking.aim.group, asking.plan), outcome="running")
        self._times = (self._app.clock(), None)
        work = self.runner.run(asking.action, asking.aim, asking.plan, armed=asking.armed, report=self._reported)
        self._app.engine.call(work).add_done_callback(self._over)

    def took(self, asking: Asking) -> float:
        """Seconds from firing to the end."""
        began, ended = self._times
        return (ended or self._app.clock()) - began if asking is self.current else 0.0

    @property
    def busy(self) -> Asking | None:
        """The operation that runs now."""
        return self.current if self.current is not None and self.current.phase == "running" else None

    @property
    def unfinished_words(self) -> tuple[str, ...]:
        """One for each unfinished operation, for the banner."""
        return tuple(f"{one.action} of {one.group}, begun {one.at}" for one in self.unfinished)

    @property
    def running_words(self) -> str:
        """What runs, for the banner; empty when nothing does, or its dialog is open."""
        busy = self.busy
        return "" if busy is None else f"{busy.action.name} of {show(busy.aim.group)} is running"

    def _reported(self, run: Run) -> None:
        """On the engine's thread."""
        self._app.on_loop(lambda: self._show(run))

    def _over(self, future: Future[Run]) -> None:
        """On the engine's thread: the last word, also when the runner itself broke."""
        if future.cancelled():
            return
        error = future.exception()
        self._app.on_loop(lambda: self._broke(error) if error is not None else self._show(future.result()))

    def _broke(self, error: BaseException) -> None:
        if self.current is not None and self.current.run is not None:
            self._show(
                replace(self.current.run, outcome="unknown", message=f"a bug in redistui: {type(error).__name__}")
            )

    def _show(self, run: Run) -> None:
        asking = self.current
        if asking is None:
            return
        asking.run = run
        if run.ended and self._times[1] is None:
            self._times = (self._times[0], self._app.clock())
            tone: Tone = "ok" if run.outcome == "verified" else "bad"
            self._app.house.tell(f"{run.action} of {show(run.group)}: {OUTCOMES.get(run.outcome, run.outcome)}", tone)
        if self._app.dialog is not None:
            self._app.dialog.redraw()
        self._app.house.redraw()

    def settle(self, seconds: float) -> None:
        """Stops what runs at its next safe point, and waits for that; on any thread but the engine's."""
        if self.busy is not None:
            self._app.engine.call(self.runner.stopped()).result(seconds)

    def leave(self, code: int) -> None:
        """Quits; while something runs, only after one has said so."""
        if self.busy is None:
            self._app.exit(return_code=code)
        elif not any(isinstance(screen, Leave) for screen in self._app.screen_stack):
            self._app.push_screen(Leave(self._app, self.busy), lambda yes: self._stop_and_leave(code) if yes else None)

    def _stop_and_leave(self, code: int) -> None:
        self._app.house.tell("stopping at the next safe point", "warn")
        self._app.engine.call(self.runner.stopped()).add_done_callback(
            lambda _: self._app.on_loop(lambda: self._app.exit(return_code=code))
        )


def parse_aim(group: str, words: str) -> Aim:
    """`NODE --option value ...` as the command line takes it.

    >>> parse_aim("g", "10.0.0.2:6379 --to 10.0.0.3:6379").options
    {'to': '10.0.0.3:6379'}
    """
    node: str | None = None
    options: dict[str, str] = {}
    rest = iter(words.split())
    for word in rest:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            options[name] = value if equals else next(rest, "")
            if not options[name]:
                raise ValueError(f"{word} wants a value")
        elif node is None:
            node = word
        else:
            raise ValueError(f"what is {word!r}?")
    return Aim(group, node, options)
