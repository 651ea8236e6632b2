"""The dialog while its plan runs, and in every size: it tells how far it is, and can be left without ending it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops.action import Aim, Check, Plan
from redistui.ops.run import Run, StepRun, planned
from redistui.tui.header import BannerLine
from redistui.tui.leave import Leave
from redistui.tui.line import Line
from redistui.tui.lists import Rows
from redistui.view.confirm import asking_rows, ended_text, progress, running_rows
from redistui.view.glyphs import ASCII
from tests import fleets
from tests.tui.confirming import NAME, Dialog, Poke, action, dialog
from tests.waiting import eventually_async

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
