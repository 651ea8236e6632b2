"""Acting: from a key or a line to a confirm dialog, from there to the runner, and the way out while something runs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from redistui.model import port_of
from redistui.ops.action import Action, Aim, Plan
from redistui.ops.actions import ACTIONS
from redistui.ops.aiming import BadAim, aim_at, split
from redistui.ops.lanes import percent_of
from redistui.ops.run import Run, planned
from redistui.tui.asking import Asking
from redistui.tui.choosing import Choosing
from redistui.tui.drilling import Drilling
from redistui.tui.leave import Leave
from redistui.tui.steering import Steering
from redistui.view.cells import Tone, show
from redistui.view.confirm import OUTCOMES

if TYPE_CHECKING:
    from redistui.engine.heard import HeardJournal
    from redistui.engine.runner import Runner
    from redistui.model import Operator
    from redistui.tui.app import RedistuiApp

WORD = re.compile(r'("[^"]*"(?=\s|$))|(\S+)')
BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}


class Acting(Choosing):
    """Holds the runner, and the operation that runs or ran last."""

    def __init__(self, app: RedistuiApp) -> None:
        super().__init__(app)
        self.current: Asking | None = None
        self._times: tuple[float, float | None] = (0.0, None)
        self.steering = Steering(app, self)
        self.drilling = Drilling(app)

    @cached_property
    def runner(self) -> Runner:
        """Imported when it is first needed: redis-py takes its time."""
        from redistui.engine.runner import Runner

        return Runner(self._app.engine, self.heard)

    @cached_property
    def heard(self) -> HeardJournal:
        """What this run writes to the journal."""
        from redistui.engine.heard import HeardJournal
        from redistui.engine.journal import journal_path

        return HeardJournal(journal_path(os.environ))

    def action(self, name: str) -> Action | None:
        return BY_NAME.get(name)

    def act(self, name: str, words: str) -> None:
        self.act_on(name, words_of(words))

    def act_on(self, name: str, words: Sequence[str]) -> None:
        """Opens the dialog; on the running operation, while there is one in a group that this would take part in."""
        watching = self._app.watching
        action = self.action(name)
        if action is None or watching.group is None:
            self._app.house.tell(self.why_not(name), "warn")
            return
        try:
            aim = self._aim(action, words)
        except BadAim as error:
            running = self._running_in((watching.group.name,))
            if running is None:
                self._app.house.tell(f"{error}; usage: {name} {action.usage}", "bad")
            else:
                self._open(running)
            return
        running = self._running_in(aim.groups)
        if running is not None:
            self._open(running)
            return
        if action.wants_survey(aim) and aim.survey is None and watching.newest.group(aim.group) is not None:
            self._app.engine.call(self._app.engine.survey(aim.group, sample=aim.options.get("by") == "memory"))
        now = self._app.clock()
        asking = Asking(action, aim, watching.armed, now)
        asking.look(watching.newest, now)
        self._open(asking)

    def _running_in(self, groups: Sequence[str]) -> Asking | None:
        busy = self.busy
        return busy if busy is not None and set(busy.aim.groups) & set(groups) else None

    def _aim(self, action: Action, given: Sequence[str]) -> Aim:
        """Raises BadAim."""
        watching = self._app.watching
        words, options = split(action, given)
        past = next((one.past for one in self.unfinished if words == (one.operation,)), None)
        if action.name == "undo" and len(words) == 1:
            past = self.heard.past(words[0])
        looked_at = None if watching.group is None else watching.group.name
        aim = aim_at(action, watching.newest, words, options, looked_at=looked_at, node=self._cursor, past=past)
        self._look_at_strangers(action, aim)
        return aim

    def _look_at_strangers(self, action: Action, aim: Aim) -> None:
        """A node that nobody has spoken of yet is asked who it is; the dialog's checks say so until it has answered."""
        group = self._app.watching.newest.group(aim.group)
        for word, argument in zip(aim.words, action.arguments, strict=True):
            if argument.sort == "stranger" and group is not None and group.nodes and port_of(word):
                self._app.engine.watch(word, group.nodes[0].address)

    def _open(self, asking: Asking) -> None:
        from redistui.tui.confirm import Confirm

        self._app.dialog = Confirm(self._app, asking)
        self._app.push_screen(self._app.dialog, self._closed)

    def _closed(self, _: None) -> None:
        self._app.dialog = None

    def fire(self, asking: Asking) -> None:
        """Hands the plan that was read to the runner, on the engine's loop; where another user acts than the one that
        watches and its password is not known, not before that was given."""
        from redistui.engine.canary_logins import canary_users
        from redistui.engine.logins import operators_of

        assert asking.plan is not None
        engine, groups = self._app.engine, asking.aim.groups
        canaries = canary_users(engine, engine.fleet, groups) if asking.drill else []
        wanted = engine.logins.wanted((*operators_of(engine, groups), *canaries))
        if wanted:
            self._ask_password(asking, wanted[0])
        else:
            self._run(asking, asking.plan)

    def _ask_password(self, asking: Asking, operator: Operator) -> None:
        from redistui.tui.password import Password

        plan, dialog = asking.plan, self._app.dialog

        def asked(given: bool | None) -> None:
            """Another plan than the one that was confirmed is to be confirmed anew."""
            if given and asking.plan == plan and asking.phase == "ask":
                self.fire(asking)
            if dialog is not None:
                dialog.began = self._app.clock()
                dialog.redraw()

        self._app.push_screen(Password(self._app, operator), asked)

    def _run(self, asking: Asking, plan: Plan) -> None:
        from redistui.engine.runner import Consent

        self.current = asking
        self.steering.begin()
        place = asking.action.about(asking.aim)
        asking.run = replace(planned(asking.action.name, place, plan), outcome="running")
        self._times = (self._app.clock(), None)
        consent = Consent(asking.typed or "y")

        def begin() -> Future[Run]:
            work = self.runner.run(
                asking.action, asking.aim, plan, armed=asking.armed, report=self._reported, consent=consent
            )
            future = self._app.engine.call(work)
            future.add_done_callback(self._over)
            return future

        if asking.drill:
            self.drilling.fly(asking, begin, self._show)
        else:
            begin()

    def took(self, asking: Asking) -> float:
        """Seconds from firing to the end."""
        began, ended = self._times
        return (ended or self._app.clock()) - began if asking is self.current else 0.0

    @property
    def busy(self) -> Asking | None:
        """The operation that runs now."""
        return self.current if self.current is not None and self.current.phase == "running" else None

    @property
    def running_words(self) -> str:
        """What runs, for the banner; empty when nothing does, or its dialog is open."""
        busy = self.busy
        if busy is None:
            return f"drill: {show(self.drilling.words)}" if self.drilling.words else ""
        done = f"{percent_of(*busy.run.lanes)}%" if busy.run is not None and busy.run.lanes else ""
        paused = "paused" if self.steering.orders.paused else ""
        far = " ".join(filter(None, (done or self.steering.percent(busy.run), paused)))
        return f"{busy.action.name} of {show(busy.action.about(busy.aim))} is running" + (f": {far}" if far else "")

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
        before, words = asking.run, self.running_words
        asking.run = run
        self.steering.see(run)
        if run.ended and self._times[1] is None:
            self._times = (self._times[0], self._app.clock())
            tone: Tone = "ok" if run.outcome == "verified" else "bad"
            self._app.house.tell(f"{run.action} of {show(run.group)}: {OUTCOMES.get(run.outcome, run.outcome)}", tone)
            if run.resumable or run.left or (run.plan is not None and run.plan.resumes):
                self.look_back()
        if self._app.dialog is not None:
            self._app.dialog.redraw()
        if before is None or states(before) != states(run) or self.running_words != words:
            self._app.house.redraw()

    def settle(self, seconds: float) -> None:
        """Stops what runs at its next safe point, and waits for that; on any thread but the engine's."""
        self.drilling.call_off()
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
        self.drilling.call_off()
        self._app.engine.call(self.runner.stopped()).add_done_callback(
            lambda _: self._app.on_loop(lambda: self._app.exit(return_code=code))
        )


def words_of(line: str) -> list[str]:
    """A line's words; what stands in double quotes after a blank or an equals sign is one, without them.

    >>> words_of('west --unplanned --fenced "net team, 12:03"'), words_of('a:1 save ""'), words_of("x \\"y")
    (['west', '--unplanned', '--fenced', 'net team, 12:03'], ['a:1', 'save', '""'], ['x', '"y'])
    """
    return [quoted[1:-1] if len(quoted) > 2 else bare or quoted for quoted, bare in WORD.findall(line)]


def states(run: Run) -> tuple[str, ...]:
    """What a run says besides how far a long step has come."""
    return (run.outcome, *(row.state for row in (*run.steps, *run.release, *run.verify)))
