"""Screen 7 under a pilot: its keys, a canary from start to end, and when it may not write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from redistui.model import Access, Operator, Site
from redistui.route.canary import routes as canary_routes
from redistui.route.failures import BadRoute, Refused
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.password import Password
from redistui.tui.screens import SCREENS
from redistui.tui.screens.routes import Routes
from tests import fleets
from tests.route.canary.canaries import Imagined
from tests.tui.panels import played, scene
from tests.tui.piloted import Piloted
from tests.tui.stand_in import StandIn, standing_in
from tests.view.test_routes import PLAN, STATE, A
from tests.waiting import eventually_async


class Run(Piloted):
    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: StandIn, route: Imagined) -> None:
        super().__init__(app, pilot, engine)
        self.route = route

    async def type(self, line: str) -> None:
        await self.press("colon")
        await self.press(*("space" if sign == " " else sign for sign in line), "enter")

    @property
    def text(self) -> str:
        return " ".join(self.screen.split())


@asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch, *, armed: bool = True, access: Access | None = None
) -> AsyncIterator[Run]:
    """The dashboard on its Routes screen; a canary gets an imagined route."""
    route = Imagined()
    monkeypatch.setattr(canary_routes, "build", lambda *_: route)
    with standing_in(fleets.quiet()) as engine:
        engine.access = access or Access()
        settings = Settings(armed=armed)
        app = RedistuiApp(engine, settings, panels=SCREENS, clock=lambda: fleets.AT)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            run = Run(app, pilot, engine, route)
            await eventually_async(lambda: app.house.panel is not None)
            await run.press("7")
            await eventually_async(lambda: isinstance(app.house.panel, Routes))
            try:
                yield run
            finally:
                app.canaries.close()


@pytest.mark.parametrize("size", [(80, 22), (60, 14), (160, 46)])
async def test_a_canary_is_on_the_screen_at_every_size(size: tuple[int, int]) -> None:
    told = scene(fleets.quiet())._replace(canary=STATE, canary_plan=PLAN, lags_ms=STATE.lags)
    async with played(Routes(), told, size) as run:
        text = "\n".join(run.text())
        for words in (
            "canary orders  sentinel",
            "20/s  p50 p95 p99  reads 0.4ms",
            "1180 ok  2 refused",
            "worst a second",
        ):
            assert words in text
        assert ("LEFT OUT" in text) is (size[0] == 160)
        assert "fell back" in text
        assert run.app.panel.selected() == A


async def test_without_colours_and_in_ascii_all_is_said() -> None:
    told = scene(fleets.quiet(), ascii_signs=True)._replace(canary=STATE, canary_plan=PLAN, lags_ms=STATE.lags)
    async with played(Routes(), told) as run:
        assert "\n".join(run.text()).isascii()


async def test_its_keys_change_what_would_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        await run.press("s", "s", "greater_than_sign", "greater_than_sign", "less_than_sign", "l", "l", "h", "w")
        plan = run.app.canaries.plan
        assert plan is not None
        assert (plan.route, plan.strategy, plan.rate, plan.writes) == ("sentinel", "weighted", 50.0, 0.2)
        assert plan.weights == {A: 2.0}
        await run.press("r")
        assert "canary off · orders split" in run.text
        await run.press("r", "r")
        assert "canary off · orders sentinel" in run.text, "round and round; a route over sites is asked for by name"
        await run.type("canary sites cart")
        await run.press("o")
        assert "canary off · orders sites · strong" in run.text
        assert not run.app.canaries.runs


async def test_why_one_could_not_begin_is_said_until_it_is_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:

        def none(*_: object) -> Imagined:
            raise BadRoute("the route sites needs the groups of the other sites too")

        monkeypatch.setattr(canary_routes, "build", none)
        await run.type("canary start sites")
        await eventually_async(lambda: "needs the groups of the other sites too" in run.text)
        await run.type("canary route split")
        assert "needs the groups" not in run.text
        assert "No canary runs." in run.text


async def test_it_starts_stops_and_tells_what_it_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        assert "canary off · orders" in run.text
        assert "No canary runs." in run.text
        assert run.route.opened == 0, "none runs until somebody starts it"
        await run.press("c")
        await eventually_async(lambda: "● canary orders" in run.text and "ok" in run.text, 20)
        assert {argv[0] for argv in run.route.said} == {"GET"}
        await run.press("w")
        await eventually_async(lambda: any(argv[0] == "SET" for argv in run.route.said), 20)
        await run.press("s", "greater_than_sign", "l")
        await eventually_async(lambda: run.route.used, 20)
        assert run.app.canaries.plan is not None
        assert (run.app.canaries.plan.strategy, run.app.canaries.plan.rate) == ("random", 50.0)
        await run.press("c")
        assert "the canary has stopped" in run.text
        await eventually_async(lambda: run.route.closed, 20)
        assert "stopped by you" in run.text


async def test_read_only_it_reads_and_never_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, armed=False) as run:
        await run.press("w")
        assert "read-only: a canary only reads; :arm lets it write" in run.text
        await run.press("c")
        await run.press("w")
        await eventually_async(lambda: len(run.route.said) > 5, 20)
        assert {argv[0] for argv in run.route.said} == {"GET"}


async def test_when_actions_are_disarmed_it_stops_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        await run.press("w", "c")
        await eventually_async(lambda: any(argv[0] == "SET" for argv in run.route.said), 20)
        run.app.house.set_armed(False)
        await eventually_async(lambda: "writes 0%" in run.text, 20)
        seen = len(run.route.said)
        await eventually_async(lambda: len(run.route.said) > seen + 10, 20)
        assert {argv[0] for argv in run.route.said[seen:]} == {"GET"}


async def test_it_ends_when_its_group_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        await run.press("c")
        await eventually_async(lambda: run.app.canaries.runs and run.route.said, 20)
        fleet = fleets.quiet()
        run.engine.publish(replace(fleet, groups=fleet.groups[1:]))
        await eventually_async(lambda: not run.app.canaries.runs, 20)
        await eventually_async(lambda: "it has ended: the group orders is gone" in run.text, 20)
        await eventually_async(lambda: run.route.closed, 20)


async def test_it_goes_on_while_another_group_is_looked_at_and_says_whose_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running(monkeypatch) as run:
        await run.press("c")
        await eventually_async(lambda: "● canary orders" in run.text, 20)
        await run.press("tab")
        assert run.app.watching.group is not None
        assert run.app.watching.group.name == "cart"
        assert "● canary orders" in run.text
        await run.press("c")
        await eventually_async(lambda: "canary off · cart cluster" in run.text, 20)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("canary fly", "canary has no 'fly'"),
        ("canary rate many", "'many' is no rate"),
        ("canary weight x:1 2", "x:1 is no node of orders"),
        ("canary start cluster", "orders cannot be reached by the route cluster"),
        ("canary sites nowhere", "there is no group 'nowhere': there are orders, cart"),
    ],
)
async def test_what_makes_no_sense_is_one_sentence_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, line: str, complaint: str
) -> None:
    async with running(monkeypatch) as run:
        await run.type(line)
        assert complaint in run.text
        assert not run.app.canaries.runs


async def test_the_line_completes_its_words_and_starts_one_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        house = run.app.house
        assert "canary strategy weighted" in house.complete("canary strategy w")
        assert f"canary weight {A}" in house.complete("canary weight 10.20.0.11")
        assert "canary sites cart" in house.complete("canary sites c")
        await run.type("canary strategy weighted")
        assert "canary, once started: sentinel weighted, 20/s, reads only" in run.text
        await run.type("canary start split")
        await eventually_async(lambda: "● canary orders split" in run.text, 20)


async def test_of_sites_the_group_at_the_configs_primary_site_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch) as run:
        orders, cart = fleets.quiet().groups
        groups = (replace(orders, site="fra"), replace(cart, site="ams"))
        sites = (Site("fra", ()), Site("ams", (), primary=True))
        run.engine.publish(replace(fleets.quiet(), groups=groups, sites=sites))
        await eventually_async(lambda: run.app.watching.newest.sites)
        await run.type("canary sites cart")
        plan = run.app.canaries.plan
        assert plan is not None
        assert (plan.route, plan.groups) == ("sites", ("cart", "orders"))


async def test_the_password_of_its_own_user_is_asked_for_first(monkeypatch: pytest.MonkeyPatch) -> None:
    user = Operator("canary", place="the data nodes of orders, with canaries")
    async with running(monkeypatch, access=Access(canary=user)) as run:
        await run.press("c")
        assert isinstance(run.app.screen, Password)
        assert not run.app.canaries.runs
        await run.press(*"hunter2", "enter")
        await eventually_async(lambda: run.app.canaries.runs and run.route.said, 20)
        canary = run.app.canaries._canary
        assert canary is not None
        assert canary._access_of(A).data.password == "hunter2"
        assert "hunter2" not in run.text


async def test_a_password_that_is_not_taken_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    user = Operator("canary", place="the data nodes of orders, with canaries")
    async with running(monkeypatch, access=Access(canary=user)) as run:
        run.route.refuses_to_open = [Refused("UNHEALTHY", "no node can be asked (a:1: WRONGPASS invalid)")]
        await run.press("c", *"hunter1", "enter")
        await eventually_async(lambda: run.app.canaries.state and not run.app.canaries.runs, 20)
        assert run.app.engine.logins.held() is None
        assert "not let in as canary: the password is asked for when you start it again" in run.text
        await run.press("c")
        assert isinstance(run.app.screen, Password)
