"""Canaries: the one canary of this dashboard, from a key or `:canary ...` to its end. Off until somebody starts it.

It writes only while actions are armed. It ends with the dashboard, and when a group that it works on is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from redistui.engine.canary_logins import canary_access, canary_users
from redistui.engine.logins import NoPassword
from redistui.model import Address, Fleet, Group, Operator
from redistui.model.canaries import CanaryPlan, CanaryState
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.route.canary.canary import Canary
    from redistui.tui.app import RedistuiApp
    from redistui.tui.scene import Scene

READ_ONLY = "read-only: a canary only reads; :arm lets it write"
CONFIGURED = ("route", "sites")
"""Orders that need another canary; the others are followed while it runs."""
WORDS: Mapping[str, tuple[str, ...]] = {
    "start": (),
    "stop": (),
    "reset": (),
    "route": ("split", "sentinel", "cluster", "sites", "balancer", "next"),
    "strategy": ("round-robin", "random", "weighted", "least-connections", "least-response-time", "next"),
    "weight": (),
    "rate": ("1", "10", "20", "50", "100"),
    "writes": ("on", "off", "20%"),
    "consistency": ("eventual", "majority", "strong", "next"),
    "sites": (),
}
"""What may follow `:canary`, and what may follow that."""


class Canaries:
    """On Textual's thread, all of it."""

    def __init__(self, app: RedistuiApp) -> None:
        self._app = app
        self.plan: CanaryPlan | None = None
        self._canary: Canary | None = None
        self.state: CanaryState | None = None
        """Of the one that runs, or ran last; None: there was none."""

    @property
    def runs(self) -> bool:
        return self.state is not None and self.state.runs

    @property
    def lags(self) -> Mapping[Address, float]:
        """Replication lag in ms, of each replica that markers reach; empty while none are sent."""
        return {} if self.state is None else self.state.lags

    def into(self, scene: Scene, panel: str) -> Scene:
        """With what a panel needs to know of the canary; only Routes asks what would be started."""
        plan = self.shown(scene.group) if panel == "routes" else self.plan
        return scene._replace(canary=self.state, canary_plan=plan, lags_ms=self.lags)

    def shown(self, group: Group | None) -> CanaryPlan | None:
        """What runs; else what would be started on this group."""
        from redistui.route.canary.plan import first_plan, fitted

        if self.runs and self.state is not None:
            return self.plan
        if group is None:
            return None
        self.plan = first_plan(group) if self.plan is None else fitted(self.plan, group)
        return self.plan

    # -- orders ---------------------------------------------------------------------------------------------------

    def told(self, line: str) -> None:
        """What follows `:canary`; a complaint is said in the footer."""
        words = line.split() or ["start"]
        self._guarded(lambda: self._told(words))

    def _guarded(self, work: Callable[[], str]) -> None:
        from redistui.route.failures import BadRoute

        try:
            said = work()
        except BadRoute as error:
            self._app.house.tell(show(str(error)), "bad")
        else:
            if said:
                self._app.house.tell(show(said))
        self._app.house.redraw()

    def _told(self, words: list[str]) -> str:
        match words:
            case ["start", *rest]:
                return self._start(rest)
            case ["stop"]:
                return self._stop()
            case ["toggle"]:
                return self._stop() if self.runs else self._start([])
            case ["reset"]:
                if self._canary is not None:
                    self._canary.reset()
                return "the canary's counters begin anew"
        return self._change(words)

    def _group(self) -> Group | None:
        watching = self._app.watching
        return watching.newest.group(self.plan.group) if self.runs and self.plan is not None else watching.group

    def _change(self, words: list[str]) -> str:
        from redistui.route.canary.plan import led, told
        from redistui.route.failures import BadRoute

        group = self._group()
        plan = self.shown(group)
        if group is None or plan is None:
            raise BadRoute("no group is known yet: a canary needs one")
        if words[:1] == ["writes"] and not self._app.watching.armed and told(plan, words, group, ()).writes:
            raise BadRoute(READ_ONLY)
        wanted = told(plan, words, group, [node.address for node in group.nodes])
        newest = self._app.watching.newest
        strangers = [name for name in wanted.groups if newest.group(name) is None]
        if strangers:
            there = ", ".join(one.name for one in newest.groups)
            raise BadRoute(f"there is no group {strangers[0]!r}: there are {there}")
        if words[0] in CONFIGURED:
            wanted = led(wanted, self._groups(newest), next((s.name for s in newest.sites if s.primary), None))
        self.plan = wanted
        if not self.runs or self._canary is None:
            if self.state is not None and self.state.stats is None:
                self.state = None  # why it could not begin was the old plan's
            return f"canary, once started: {words_of(self.plan)}"
        if words[0] in CONFIGURED:
            return self._begin(self.plan)
        self._canary.change(self.plan)
        return f"canary: {words_of(self.plan)}"

    def _start(self, rest: list[str]) -> str:
        from redistui.route.failures import BadRoute

        if self.runs:
            raise BadRoute("a canary runs already: stop it first, or change it while it runs")
        if rest:
            self._change(["route", *rest])
        plan = self.shown(self._app.watching.group)
        if plan is None:
            raise BadRoute("no group is known yet: a canary needs one")
        return self._begin(plan)

    def _begin(self, plan: CanaryPlan) -> str:
        """With the passwords that it needs; they are asked for first where nobody gave them."""
        from redistui.route.failures import BadRoute

        if self._app.watching.newest.replayed:
            raise BadRoute("this is a recording: there is nobody to ask")
        wanted = self._app.engine.logins.wanted(self._users(plan))
        if wanted:
            self._ask(wanted[0], plan)
            return ""
        self._halt("")
        self.plan = plan if self._app.watching.armed else replace(plan, writes=0.0)
        self._run(self.plan)
        return f"starting a canary on {plan.group}: {words_of(self.plan)}"

    def _run(self, plan: CanaryPlan) -> None:
        from redistui.route.canary.canary import Canary
        from redistui.route.canary.routes import build
        from redistui.route.failures import BadRoute

        groups = self._groups(self._app.watching.newest)
        try:
            access = canary_access(self._app.engine, self._app.watching.newest, plan)
        except NoPassword as error:
            raise BadRoute(str(error)) from None
        canary = Canary(
            plan,
            groups,
            lambda plan, groups: build(plan, groups, access),
            access,
            lambda state: self._reported(canary, state),
        )
        self._canary, self.state = canary, canary.state
        canary.start()

    def _stop(self) -> str:
        if not self.runs:
            return "no canary runs"
        self._halt("stopped by you")
        return "the canary has stopped"

    def _halt(self, why: str) -> None:
        if self._canary is not None and self.runs:
            canary, self._canary = self._canary, None
            self.state = replace(canary.state, phase="stopped", said=why, lags={}, lags_said="")
            canary.stop(why)

    # -- what happens around it -----------------------------------------------------------------------------------

    def take(self, fleet: Fleet) -> None:
        """A new snapshot: the canary follows its groups, and ends when one is gone."""
        if not self.runs or self._canary is None or self.plan is None:
            return
        gone = [name for name in self.plan.groups if fleet.group(name) is None]
        if gone:
            self._halt(f"it has ended: the group {gone[0]} is gone")
        else:
            self._canary.look(self._groups(fleet))

    def arm(self, armed: bool) -> None:
        """Without arms, no more writes."""
        if not armed and self.plan is not None and self.plan.writes:
            self.plan = replace(self.plan, writes=0.0)
            if self._canary is not None and self.runs:
                self._canary.change(self.plan)

    def close(self) -> None:
        """At the end of the dashboard; any thread."""
        canary = self._canary
        self._halt("")
        if canary is not None:
            canary.join()

    def _reported(self, canary: Canary, state: CanaryState) -> None:
        """On the canary's thread."""
        self._app.on_loop(lambda: self._take_state(canary, state))

    def _take_state(self, canary: Canary, state: CanaryState) -> None:
        if canary is self._canary:
            self.state, self.plan = state, state.plan
            if not state.runs:
                self._canary = None
                if canary.shut_out:
                    self._forget(state.plan)
            self._app.house.redraw()

    # -- who logs in ----------------------------------------------------------------------------------------------

    def _groups(self, fleet: Fleet) -> dict[str, Group]:
        return {group.name: group for group in fleet.groups}

    def _users(self, plan: CanaryPlan) -> list[Operator]:
        return canary_users(self._app.engine, self._app.watching.newest, plan.groups)

    def _forget(self, plan: CanaryPlan) -> None:
        """A password that a server did not take is asked for again."""
        logins, users = self._app.engine.logins, self._users(plan)
        for user in users:
            logins.wrong(user)
        if users:
            what = "is asked for when you start it again" if logins.wanted(users) else "is kept where the config says"
            self._app.house.tell(f"canary: not let in as {show(users[0].user)}: the password {what}", "bad")

    def _ask(self, user: Operator, plan: CanaryPlan) -> None:
        from redistui.tui.password import Password

        def asked(given: bool | None) -> None:
            if given:
                self._guarded(lambda: self._begin(plan))

        self._app.push_screen(Password(self._app, user), asked)


def words_of(plan: CanaryPlan) -> str:
    """What a canary does, in a few words."""
    writes = f", {plan.writes:.0%} of them writes" if plan.writes else ", reads only"
    how = " ".join(filter(None, (plan.route, plan.strategy, plan.consistency)))
    return f"{how}, {plan.rate:g}/s{writes}"


def candidates(app: RedistuiApp, words: list[str]) -> Iterable[str]:
    """What the next word after `:canary` may be."""
    if not words:
        return WORDS
    group = app.watching.group
    if words == ["weight"] and group is not None:
        return [node.address for node in group.nodes]
    if words[0] == "sites":
        return [one.name for one in app.watching.fleet.groups]
    if words == ["start"]:
        return WORDS["route"][:-1]
    return WORDS.get(words[0], ()) if len(words) == 1 else ()
