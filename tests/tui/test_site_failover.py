"""A site failover in the dashboard: from a site on the Sites screen or the line; its plan, and how far each is."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from redistui.model import Site
from redistui.ops.run import Run, StepRun, planned
from redistui.ops.site_failover import SITE_FAILOVER, as_typed
from redistui.tui import Settings
from redistui.tui.acting import words_of
from redistui.tui.app import RedistuiApp
from redistui.tui.completing import candidates
from redistui.tui.confirm import Confirm
from redistui.tui.screens import SCREENS
from redistui.view.confirm import ended_text, progress, running_rows
from redistui.view.glyphs import ASCII
from tests import fleets
from tests.ops.test_site_failover import fleet, plan
from tests.tui.piloted import Piloted
from tests.tui.stand_in import standing_in


@asynccontextmanager
async def dashboard(size: tuple[int, int] = (120, 60)) -> AsyncIterator[Piloted]:
    clock = SimpleNamespace(now=fleets.AT)
    sites = (Site("west", (), False, "/opt/before", "/opt/after"),)
    with standing_in(fleet(sites=sites)) as engine:
        app = RedistuiApp(engine, Settings(armed=True), panels=SCREENS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Piloted(app, pilot, engine, clock)


async def test_on_a_site_the_failover_is_the_whole_sites() -> None:
    async with dashboard() as run:
        await run.press("4", "down", "down", "down", "down", "F")
        assert isinstance(run.app.screen, Confirm)
        assert run.app.screen.asking.action.name == "site-failover"
        assert run.app.screen.asking.wanted == "west"
        assert "west  3 groups" in run.line("about")
        text = run.rows()
        for words in ("First the hook  /opt/before", "It may veto", "Then the hook  /opt/after", "Side by side"):
            assert words in text
        assert text.index("Fail over orders") < text.index("Fail over a shard") < text.index("Promote ")


def test_a_site_with_a_blank_in_its_name_is_completed_as_it_must_be_typed() -> None:
    groups = fleet().groups
    nodes = tuple(replace(node, site="far west") for node in groups[0].nodes)
    renamed = replace(fleet(), groups=(replace(groups[0], nodes=nodes),))
    offered = list(candidates(SITE_FAILOVER, renamed, None, []))
    assert '"far west"' in offered
    assert words_of(offered[0]) == ["far west"]
    assert as_typed("far west") == '`site-failover "far west"`'


async def test_on_the_line_a_fencing_statement_stands_in_quotes() -> None:
    async with dashboard() as run:
        run.app.acting.act("site-failover", 'west --unplanned --fenced "net team, power is off"')
        await run.settle()
        assert isinstance(run.app.screen, Confirm)
        assert run.app.screen.asking.aim.options["fenced"] == "net team, power is off"
        assert run.app.screen.asking.phase == "refused"
        assert "every primary answers" in run.rows()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('west --fenced "a b"', ["west", "--fenced", "a b"]),
        ('n:1 save ""', ["n:1", "save", '""']),
        ('n:1 save "3600 1', ["n:1", "save", '"3600', "1"]),
        ('n:1 x a"b c"', ["n:1", "x", 'a"b', 'c"']),
        ("", []),
    ],
)
def test_words_of_a_line(line: str, words: list[str]) -> None:
    assert words_of(line) == words


def picture(run: Run, width: int = 100) -> str:
    return "\n".join("".join(cell.text for cell in row) for row in running_rows(run, ASCII, width))


def done(run: Run) -> Run:
    steps = tuple(replace(row, state="done", reply="ok") for row in run.steps)
    return replace(run, steps=steps, outcome="running")


def test_while_it_runs_each_group_has_a_line_and_a_state() -> None:
    run = replace(planned("site-failover", "west", plan(fleet())), outcome="running")
    orders, *shards, sessions = run.lanes
    at_work = replace(orders, outcome="running", steps=(StepRun(orders.steps[0].step, "running"), *orders.steps[1:]))
    waiting = replace(sessions, outcome="running", doing="ready")
    run = replace(run, lanes=(at_work, done(shards[0]), *shards[1:], waiting))
    text = picture(run)
    assert orders.steps[0].step.text[:40] in text
    names = [line.split()[0] for line in text.splitlines() if " %  " in line]
    assert names == [orders.group, shards[0].group, sessions.group]
    assert " 0 %  ready" in text
    assert "verifies" in text
    assert progress(run).endswith("% of all steps are done")
    assert progress(replace(run, doing="the hook /opt/before")) == "the hook /opt/before"
    assert "at work: the hook /opt/x" in picture(replace(run, doing="the hook /opt/x"))


def test_at_the_end_it_says_of_each_group_that_did_not_move_why() -> None:
    run = planned("site-failover", "west", plan(fleet()))
    gone = [replace(done(lane), outcome="verified") for lane in run.lanes[:-1]]
    stuck = replace(run.lanes[-1], outcome="failed", message="Stopped at step 3.", operation="1f", resumable=True)
    ended = replace(
        run, lanes=(*gone, stuck), outcome="failed", message="Moved: a.", next="`resume 1f`.", operation="00"
    )
    text = picture(ended)
    assert "FAILED" in text
    assert text.count("Stopped at step 3.") == 1
    assert "Next: `resume 1f`." in text
    assert "00" not in ended_text(ended)
    refused = replace(ended, outcome="refused", refusals=("no\x1b[31m",), next="")
    assert os.linesep.join(picture(refused).splitlines()[-1:]) == "FAIL no\\x1b[31m"
