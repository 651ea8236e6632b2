"""What a node is asked on demand, and what is typed on the Metrics screen, in the whole dashboard."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from redistui.engine import asked as engine_asked
from redistui.model import Fleet
from redistui.model.asked import Asked
from redistui.replies.slowlog import LoggedCommand
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.look import Look
from redistui.tui.screens.metrics import Metrics
from tests import fleets
from tests.tui.piloted import Piloted
from tests.tui.stand_in import StandIn, standing_in
from tests.waiting import eventually_async


class Run(Piloted):
    """The dashboard on its Metrics screen."""

    @property
    def panel(self) -> Metrics:
        assert isinstance(self.app.house.panel, Metrics)
        return self.app.house.panel


@asynccontextmanager
async def running(fleet: Fleet | None = None) -> AsyncIterator[Run]:
    fleet = fleet or fleets.quiet()
    with standing_in(fleet) as engine:
        engine.history = fleets.history(fleet)
        app = RedistuiApp(engine, Settings(), panels=(Metrics,), clock=lambda: fleet.at)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            run = Run(app, pilot)
            await eventually_async(lambda: isinstance(app.house.panel, Metrics) and app.house.panel.selected())
            await run.press()
            yield run


class Node:
    """Answers in the place of real nodes, and counts."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, tuple[str, ...], bool]] = []
        self.refusal: str | None = None

    async def ask(self, engine: StandIn, node: str, subject: str, argv: tuple[str, ...], private: bool) -> Asked:
        self.asked.append((node, subject, argv, private))
        entry = LoggedCommand(1, fleets.AT, 20_000, ("KEYS", "\x1b[2J*"), "10.0.0.9:5112", "shop")
        rows = () if self.refusal else (entry,)
        return Asked("slow", node, argv, fleets.AT, 1.5, 230, rows, self.refusal)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Node:
    node = Node()
    monkeypatch.setattr(engine_asked, "ask", node.ask)
    return node


async def test_nothing_is_asked_before_the_cost_was_told_and_enter_pressed(answering: Node) -> None:
    async with running() as run:
        await run.press("l")
        assert isinstance(run.app.screen, Look)
        assert "SLOWLOG GET 128" in run.screen or "COMMANDLOG GET 128" in run.screen
        assert "costs" in run.screen
        assert answering.asked == []
        await run.press("enter")
        await eventually_async(lambda: "20ms" in run.screen)
        assert [(node, subject, private) for node, subject, _, private in answering.asked] == [
            ("10.20.0.11:6379", "slow", True)
        ]
        assert "KEYS \\x1b[2J*" in run.screen
        assert "1 entry, 230B in 1.5ms" in run.screen
        await run.press("r")
        await eventually_async(lambda: len(answering.asked) == 2)
        await run.press("escape")
        assert not isinstance(run.app.screen, Look)


async def test_the_next_question_is_another_one_and_not_asked_by_itself(answering: Node) -> None:
    async with running() as run:
        await run.press("L", "right")
        assert "[output buffers]" in run.screen
        await run.press("left")
        assert "[latency]" in run.screen
        assert answering.asked == []


async def test_a_refusal_stands_in_the_list_whole(answering: Node) -> None:
    answering.refusal = "user watch may not run SLOWLOG GET here: `ACL SETUSER watch +slowlog|get` allows it"
    async with running() as run:
        await run.press("l", "enter")
        await eventually_async(lambda: "no answer" in run.screen)
        assert "`ACL SETUSER watch +slowlog|get` allows it" in " ".join(run.screen.split())


async def test_a_recording_has_nothing_to_ask(answering: Node) -> None:
    async with running(replace(fleets.quiet(), replayed=True)) as run:
        await run.press("b")
        assert not isinstance(run.app.screen, Look)
        assert "it holds no slow log and no client list" in run.told


async def test_any_metric_and_range_can_be_typed_and_a_wrong_one_is_told_its_neighbour() -> None:
    async with running() as run:
        await run.order("metric evicted")
        assert run.panel.metric == "evicted"
        await run.order("metric evictd")
        assert run.told == "no metric 'evictd'; did you mean evicted?"
        await run.order("range 6h")
        assert run.panel.range == "6h"
        await run.order("range 2h")
        assert run.told == "'2h' is no range: 5m, 1h, 6h, 24h"


async def test_nodes_to_compare_can_be_typed() -> None:
    async with running() as run:
        await run.order("compare 10.20.0.11:6379 10.20.0.14:6379")
        assert run.panel.marked == ["10.20.0.11:6379", "10.20.0.14:6379"]
        await run.order("compare 10.20.0.1:6379")
        assert run.told.startswith("no node '10.20.0.1:6379'; did you mean ")
        await run.order("compare")
        assert run.panel.marked == []


async def test_an_export_is_written_once_and_never_over_another_file(tmp_path: Path) -> None:
    path = tmp_path / "past.json"
    async with running() as run:
        await run.order(f"export {path} clients memory_used")
        await eventually_async(lambda: "wrote" in run.told)
        document = json.loads(path.read_text())
        assert [metric["name"] for metric in document["metrics"]] == ["clients", "memory_used"]
        assert len(document["nodes"]) == len(run.panel.listed())
        path.write_text("mine")
        await run.order(f"export {path}")
        await eventually_async(lambda: "nothing is overwritten" in run.told)
        assert path.read_text() == "mine"
        await run.order(f"export {tmp_path / 'past.txt'}")
        await eventually_async(lambda: "ends in .csv or .json" in run.told)
        await run.order(f"export {tmp_path / 'nowhere' / 'x.csv'}")
        await eventually_async(lambda: "cannot be written: No such file or directory" in run.told)


async def test_o_begins_an_export_on_the_command_line() -> None:
    async with running() as run:
        await run.press("o")
        assert "export FILE [METRIC ...]" in run.screen
        await run.press("escape")
