"""The confirm dialog: what it shows, when it fires, and everything that must not make it fire."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from redistui.engine.runner import Consent
from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Check, Danger, Plan
from redistui.ops.run import Run, StepRun, planned
from redistui.ops.steps import Argv, Step
from redistui.tui import Settings, acting
from redistui.tui.app import RedistuiApp
from redistui.tui.asking import Asking
from redistui.tui.confirm import Confirm
from redistui.tui.header import BannerLine
from redistui.tui.leave import Leave
from redistui.tui.line import Line
from redistui.tui.lists import Rows
from redistui.view.confirm import asking_rows, ended_text, progress, running_rows
from redistui.view.glyphs import ASCII
from tests import fleets
from tests.tui.piloted import Piloted
from tests.tui.stand_in import PANELS, StandIn, standing_in
from tests.waiting import eventually_async

NAME = "orders"


@dataclass(frozen=True)
class Poke(Step):
    """Does nothing, in so many words."""

    word: str = "DEBUG SLEEP 0"

    @property
    def text(self) -> str:
        return f"poke with {self.word}"

    def commands(self) -> Sequence[Argv]:
        return (tuple(self.word.split()),)


def action(danger: Danger = "risky", confirm: str = NAME) -> Action:
    """Refused while the fleet is stalled; another plan for every period."""

    def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
        yield Check("pass", "the moon is up")
        yield Check("warn", "it is late")
        if fleet.stalled:
            yield Check("fail", "we stood still")

    def plan(fleet: Fleet, aim: Aim) -> Plan:
        return Plan(
            action="failover",
            group=aim.group,
            title=f"Poke {aim.group}",
            danger=danger,
            steps=(Poke("10.20.0.11:6379"), Poke(None, f"PING {fleet.period:g}")),
            verify=(Poke(None, "ROLE"),),
            loses="two writes",
            undo="poke back",
            confirm=confirm,
        )

    return Action("failover", "Poke", "F", danger, ("sentinel", "cluster"), "doc", checks, plan)


class Runner:
    """Does as the test says: `reports` go out one after another as `step` is called."""

    def __init__(self, outcome: str = "verified") -> None:
        self.outcome = outcome
        self.fired: list[tuple[Plan, bool]] = []
        self.go = threading.Event()
        self.stops = 0
        self.consent: Consent | None = None

    async def run(self, action: Action, aim: Aim, plan: Plan, *, armed: bool, report: object, consent: Consent) -> Run:
        self.fired.append((plan, armed))
        self.consent = consent
        run = replace(planned(action.name, aim.group, plan), outcome="running")
        first = replace(run.steps[0], state="done", ms=12.0, reply="it was poked")
        run = replace(run, steps=(first, replace(run.steps[1], state="running")))
        report(run)  # type: ignore[operator]
        await asyncio.to_thread(self.go.wait, 20)
        return replace(run, outcome=self.outcome, message="as it should be", next="look again")

    async def stopped(self) -> None:
        self.stops += 1
        self.go.set()


class Dialog(Piloted):
    TICK = 0.5

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: StandIn, runner: Runner, clock: SimpleNamespace):
        super().__init__(app, pilot, engine, clock)
        self.runner = runner

    async def open(self) -> None:
        await self.press("F")
        self.clock.now += 1.0

    @property
    def up(self) -> bool:
        return isinstance(self.app.screen, Confirm)

    @property
    def asking(self) -> Asking:
        assert isinstance(self.app.screen, Confirm)
        return self.app.screen.asking

    @property
    def says(self) -> str:
        return self.line("says")

    @property
    def sentence(self) -> str:
        return self.rows("#sentence").replace("\n", " ")

    @property
    def text(self) -> str:
        return self.rows()


@asynccontextmanager
async def dialog(
    monkeypatch: pytest.MonkeyPatch,
    what: Action | None = None,
    *,
    armed: bool = True,
    size: tuple[int, int] = (80, 24),
    outcome: str = "verified",
) -> AsyncIterator[Dialog]:
    monkeypatch.setattr(acting, "BY_NAME", {"failover": what or action()})
    runner = Runner(outcome)
    monkeypatch.setattr(acting.Acting, "runner", runner)
    clock = SimpleNamespace(now=fleets.AT)
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(armed=armed), panels=PANELS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            run = Dialog(app, pilot, engine, runner, clock)
            await run.open()
            assert run.up
            yield run
            runner.go.set()


# What it shows


async def test_it_shows_name_badge_commands_loss_and_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        assert "PROD" in d.line("about")
        assert NAME in d.line("about")
        assert "ARMED" in d.line("about")
        assert "Poke orders" in d.line("title")
        for text in ("two writes", "poke back", "DEBUG SLEEP 0 at 10.20.0.11:6379", "it is late", "the moon is up"):
            assert text in d.text


async def test_cancel_has_the_focus(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press("enter")
        assert not d.up
        assert d.runner.fired == []


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_it_can_be_cancelled_at_any_time(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*NAME, key)
        assert not d.up
        assert d.app.return_code is None
        assert d.runner.fired == []


async def test_keys_reach_nothing_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press("q", "space", "colon", "3", "question_mark", "slash", "y", "n", "tab", "plus")
        assert d.up
        assert d.app.return_code is None
        assert d.app.watching.paused_at is None
        assert d.engine.period == 1.0
        assert d.app.house.panel is not None
        assert d.app.house.panel.NAME == "topology"


# Confirming


async def test_the_groups_name_and_enter_fire_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        plan = d.asking.plan
        await d.press(*NAME)
        assert d.asking.ready
        await d.press("enter")
        await eventually_async(lambda: d.runner.fired)
        assert d.runner.fired == [(plan, True)]
        assert plan is not None
        assert d.runner.consent == Consent(plan.confirm)
        d.runner.go.set()
        await eventually_async(lambda: d.asking.phase == "ended")


async def test_half_a_name_cancels_on_enter(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*"order", "enter")
        assert not d.up
        assert d.runner.fired == []


async def test_another_name_does_not_fire(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*"orderz", "enter")
        assert d.runner.fired == []


async def test_a_wrong_letter_can_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*"ordex", "backspace", "r", "s", "enter")
        await eventually_async(lambda: d.runner.fired)


async def test_tab_goes_back_to_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*NAME, "tab", "enter")
        assert not d.up
        assert d.runner.fired == []


async def test_a_lossy_plan_wants_its_whole_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    sentence = "lose up to 10 s of writes"
    async with dialog(monkeypatch, action("lossy", sentence)) as d:
        await eventually_async(lambda: sentence in d.says)
        await d.press(*("space" if c == " " else c for c in sentence), "enter")
        await eventually_async(lambda: d.runner.fired)


LONG = "lose what was written to 10.20.0.11:6379 since 08:53:20, up to 120 kB of orders, and cut 340 clients off"


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 48)])
async def test_a_long_sentence_is_shown_whole_and_the_end_of_what_is_typed(
    monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    async with dialog(monkeypatch, action("lossy", LONG), size=size) as d:
        await eventually_async(lambda: "to run it" in d.says)
        shown = f"{d.says} {d.sentence}"
        assert LONG in " ".join(shown.split())
        half = LONG[:70]
        await d.press(*("space" if c == " " else c for c in half))
        assert f"{half[-12:]}_" in d.line("buttons")
        assert d.app.screen.query_one("#buttons", Line).region.bottom <= size[1] - 1
        await d.press(*("space" if c == " " else c for c in LONG[70:]))
        assert "runs it" in d.says
        await d.press("enter")
        await eventually_async(lambda: d.runner.fired)


@pytest.mark.parametrize("danger", ["routine", "risky", "lossy"])
async def test_how_dangerous_this_very_plan_is_stands_above_it(monkeypatch: pytest.MonkeyPatch, danger: Danger) -> None:
    confirm = {"routine": "", "risky": NAME, "lossy": "lose it"}[danger]
    usual = replace(action(danger, confirm), danger="risky")
    async with dialog(monkeypatch, usual) as d:
        assert danger in d.line("about").lower()
        assert d.app.screen.has_class("lossy") == (danger == "lossy")
        assert d.app.screen.has_class("risky") == (danger == "risky")


async def test_a_routine_plan_wants_y(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch, action("routine", "")) as d:
        await d.press("n", "x", "Y")
        assert d.runner.fired == []
        await d.press("y")
        await eventually_async(lambda: d.runner.fired)


async def test_nothing_is_typed_in_the_first_second(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch, action("routine", "")) as d:
        await d.press("escape", "F", "y")
        assert d.runner.fired == []
        assert "read it first" in d.says


def ready(now: float = 100.0, danger: Danger = "routine", confirm: str = "") -> Asking:
    asking = Asking(action(danger, confirm), Aim(NAME), True, now)
    asking.look(fleets.quiet(), now)
    return asking


def test_a_key_that_is_held_down_does_not_confirm() -> None:
    asking = ready()
    now = 100.0
    while now < 104.0:
        now += 0.03
        assert not asking.press("y", "y", now)
    assert asking.press("y", "y", now + 1.0)


def test_enter_held_down_since_the_last_letter_does_not_fire() -> None:
    asking = ready(danger="risky", confirm="ab")
    asking.press("enter", None, 101.2)
    asking.press("a", "a", 101.3)
    asking.press("b", "b", 101.4)
    assert asking.ready
    assert not asking.press("enter", None, 101.5)
    assert asking.press("enter", None, 102.5)


def test_a_name_that_does_not_print_is_typed_as_it_is_shown() -> None:
    asking = ready(danger="risky", confirm="a\x1bb")
    for number, letter in enumerate("a\\x1bb"):
        asking.press(letter, letter, 102.0 + number)
    assert asking.ready


# A fleet that changes while it is open


async def test_another_plan_takes_its_place_and_what_was_typed_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*NAME)
        await d.publish(replace(fleets.quiet(), period=2.0, at=fleets.AT + 1))
        assert "PING 2" in d.text
        assert d.asking.typed == ""
        assert "THE PLAN HAS CHANGED" in d.says
        await d.press("enter")
        assert d.runner.fired == []


async def test_the_same_plan_keeps_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*"ord")
        await d.publish(replace(fleets.quiet(), at=fleets.AT + 1))
        assert d.asking.typed == "ord"


async def test_a_refusal_that_comes_up_leaves_nothing_to_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press(*NAME)
        await d.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        assert "we stood still" in d.text
        await d.press(*NAME)
        assert "nothing can be confirmed" in d.says
        await d.press("enter")
        assert d.runner.fired == []


async def test_a_paused_view_does_not_make_the_dialog_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press("escape", "space", "F")
        await d.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        assert d.asking.phase == "refused"


async def test_read_only_shows_the_plan_and_fires_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch, armed=False) as d:
        assert "DEBUG SLEEP 0" in d.text
        assert ":arm" in d.says
        await d.press(*NAME, "y", "enter")
        assert d.runner.fired == []


async def test_a_refused_action_opens_to_show_its_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await d.press("escape")
        await d.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        await d.open()
        assert d.text.index("FAIL we stood still") < d.text.index("the moon is up")
        assert "Run" not in d.line("buttons")


# While it runs


async def fired(d: Dialog) -> None:
    await d.press(*NAME, "enter")
    await eventually_async(lambda: d.runner.fired)
    await eventually_async(lambda: "it was poked" in d.text)


async def test_progress_is_shown_step_by_step_with_times(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await fired(d)
        assert "12 ms" in d.text
        assert d.asking.phase == "running"
        d.runner.go.set()
        await eventually_async(lambda: d.asking.phase == "ended")
        await eventually_async(lambda: "done and verified" in d.says)
        assert "as it should be" in d.text


@pytest.mark.parametrize(("outcome", "said"), [("failed", "FAILED"), ("unknown", "NOT KNOWN"), ("refused", "refused")])
async def test_an_end_that_is_not_good_is_said_with_the_next_thing_to_do(
    monkeypatch: pytest.MonkeyPatch, outcome: str, said: str
) -> None:
    async with dialog(monkeypatch, outcome=outcome) as d:
        await fired(d)
        d.runner.go.set()
        await eventually_async(lambda: said in d.says)
        assert "look again" in d.text


@pytest.mark.parametrize(("changes", "again"), [({"resumable": True}, 1), ({"left": (("a:1", ("X",)),)}, 1), ({}, 0)])
async def test_an_operation_that_leaves_something_is_looked_up_in_the_journal(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], again: int
) -> None:
    async with dialog(monkeypatch, outcome="failed") as d:
        looked: list[int] = []
        monkeypatch.setattr(d.app.acting, "look_back", lambda: looked.append(1))
        await fired(d)
        assert d.asking.run is not None
        over = replace(d.asking.run, outcome="failed", operation="0badcafe", message="stuck", **changes)  # type: ignore[arg-type]
        d.app.acting._show(over)
        assert len(looked) == again
        assert ("part-way: :resume 0badcafe goes on" in d.says) == ("resumable" in changes)


async def test_closing_it_leaves_it_running_and_the_banner_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await fired(d)
        await d.press("escape")
        assert not d.up
        banner = d.app.house.query_one(BannerLine)
        assert "failover of orders is running" in banner.render_lines(banner.size.region)[0].text
        await d.press("F")
        assert d.asking.phase == "running"
        d.runner.go.set()
        await eventually_async(lambda: d.asking.phase == "ended")


async def test_a_new_snapshot_does_not_disturb_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await fired(d)
        await d.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        assert d.asking.phase == "running"


async def test_quitting_while_it_runs_asks_and_stops_at_a_safe_point(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:
        await fired(d)
        await d.press("escape", "q")
        assert isinstance(d.app.screen, Leave)
        await d.press("enter")
        assert d.app.screen is d.app.house
        await d.press("q", "y")
        await eventually_async(lambda: d.app.return_code == 0)
        assert d.runner.stops == 1


async def test_a_runner_that_breaks_is_an_outcome_and_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch) as d:

        async def broken(*_: object, **__: object) -> Run:
            raise ZeroDivisionError

        monkeypatch.setattr(d.runner, "run", broken)
        await d.press(*NAME, "enter")
        await eventually_async(lambda: "NOT KNOWN" in d.says)
        assert "ZeroDivisionError" in d.text


# Size


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 48)])
async def test_it_fits_and_its_foot_is_always_seen(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    async with dialog(monkeypatch, size=size) as d:
        screen = d.app.screen
        for name in ("about", "title", "says", "buttons"):
            region = screen.query_one(f"#{name}", Line).region
            assert region.height == 1
            assert region.bottom <= size[1] - 1
            assert region.right <= size[0] - 1


async def test_what_does_not_fit_can_be_scrolled(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dialog(monkeypatch, size=(60, 16)) as d:
        assert " of " in d.line("buttons")
        await d.press("pagedown", "down")
        assert d.app.screen.query_one(Rows).scroll_offset.y > 0


def test_every_row_is_as_wide_as_it_may_be() -> None:
    long = "x" * 30 + " "
    step = Poke("10.20.0.11:6379", long * 5)
    plan = Plan("failover", NAME, "t", "risky", (step,), (step,), release=(step,), loses=long * 5, undo=long * 5)
    checks = [Check(mark, long * 5) for mark in ("pass", "warn", "fail")]  # type: ignore[arg-type]
    run = replace(planned("failover", NAME, plan), outcome="failed", steps=(StepRun(step, "failed", long * 5, 1.0),))
    for rows in (asking_rows(plan, checks, 60), running_rows(replace(run, message=long * 5), ASCII, 60)):
        assert max(sum(len(cell.text) for cell in row) for row in rows) <= 60


def test_server_text_in_a_plan_is_spelled_out() -> None:
    step = Poke("a\x1b[31m:1", "SET \x1b]0;x\x07")
    plan = Plan("failover", "g\x1b", "t\x1b", "risky", (step,), (step,), loses="\u202e", undo="\x9b", confirm="g\x1b")
    rows = asking_rows(plan, [Check("fail", "\x1b[2J")], 70)
    assert all(cell.text.isprintable() for row in rows for cell in row)


def test_a_long_plan_that_runs_has_one_row_for_each_step_behind_it_and_all_of_them_at_the_end() -> None:
    steps = tuple(Poke("10.20.0.11:6379", f"CLUSTER SETSLOT {number} NODE {'a' * 40}") for number in range(30))
    plan = replace(action().plan(fleets.quiet(), Aim(NAME)), steps=steps)
    done = [StepRun(step, "done", "OK: it was moved", 12.0) for step in steps[:17]]
    rest = [StepRun(step, "running" if step is steps[17] else "planned") for step in steps[17:]]
    run = replace(planned("failover", NAME, plan), outcome="running", steps=(*done, *rest))
    assert progress(run) == "step 18 of 30"
    rows = ["".join(cell.text for cell in row) for row in running_rows(run, ASCII, 74)]
    assert rows[16].startswith("17 ")
    assert rows[17].startswith("18 ")
    assert not any("it was moved" in row for row in rows)
    ended = running_rows(replace(run, outcome="failed", message="stuck"), ASCII, 74)
    assert sum("it was moved" in cell.text for row in ended for cell in row) == 17


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": "verified"}, "done and verified"),
        ({"outcome": "failed"}, "FAILED, everything was put back"),
        (
            {"outcome": "failed", "resumable": True, "operation": "0badcafe"},
            "FAILED part-way: :resume 0badcafe goes on",
        ),
        ({"outcome": "unknown"}, "outcome NOT KNOWN"),
        ({"outcome": "refused"}, "refused: nothing was sent"),
    ],
)
def test_the_end_says_whether_anything_is_left_to_do(changes: dict[str, object], said: str) -> None:
    plan = action().plan(fleets.quiet(), Aim(NAME))
    back = (StepRun(Poke("10.20.0.11:6379"), "done", "OK", 1.0),)
    run = replace(planned("failover", NAME, plan), release=back, **changes)  # type: ignore[arg-type]
    assert ended_text(run).startswith(said)
