"""The operation log under a pilot: live, following its end, at every size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.lists import Rows
from redistui.tui.oplog import OpLog
from tests import fleets
from tests.tui.stand_in import PANELS, standing_in
from tests.waiting import eventually_async

SIZES = [(80, 24), (160, 48), (60, 16)]
COMMON = {
    "operation": "0badcafe", "action": "failover", "group": "orders", "at": "2026-01-02T03:04:05.678Z", "user": "ana",
    "from": None,
}  # fmt: skip


def sent(number: int, state: str = "done") -> list[dict[str, Any]]:
    row = {**COMMON, "step": number, "node": "10.0.0.1:6379", "command": ["CLUSTER", "FORGET", f"n{number}"]}
    first = {**row, "state": "sending", "monotonic": 1.0, "redis_user": "ops"}
    return [first] if state == "sending" else [first, {**row, "state": state, "monotonic": 1.5, "reply": "OK"}]


class Page:
    def __init__(self, app: RedistuiApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def write(self, *rows: dict[str, Any]) -> None:
        self.app.acting.heard.write(rows)

    @property
    def lines(self) -> list[str]:
        strips = self.app.screen._compositor.render_strips()
        return [strip.crop(0, self.app.size.width).text for strip in strips]

    async def until(self, text: str) -> None:
        await eventually_async(lambda: any(text in line for line in self.lines), otherwise=f"no {text!r}")


@asynccontextmanager
async def page(size: tuple[int, int], *, ascii: bool = False) -> AsyncIterator[Page]:
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(ascii=ascii), panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Page(app, pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_before_anything_was_done_it_says_so(size: tuple[int, int]) -> None:
    async with page(size) as shown:
        await shown.pilot.press("exclamation_mark")
        await shown.until("nothing was done in this run yet")
        await shown.pilot.press("exclamation_mark")
        await eventually_async(lambda: not isinstance(shown.app.screen, OpLog))


@pytest.mark.parametrize("size", SIZES)
async def test_an_operation_is_followed_while_it_runs(size: tuple[int, int]) -> None:
    async with page(size) as shown:
        await shown.write({**COMMON, "state": "begun"}, *sent(1, "sending"))
        await shown.pilot.press("exclamation_mark")
        for text in ("failover of orders  running", "as Redis user ops", "CLUSTER FORGET n1 at"):
            await shown.until(text)
        await shown.until("SENT, NO OUTCOME")
        await shown.write(sent(1)[1])
        await shown.until("done: OK")
        await shown.until("500 ms")
        await shown.write({**COMMON, "state": "ended", "reply": "verified", "message": "it is as it should be"})
        await shown.until("done and verified")
        assert all(len(line) <= size[0] for line in shown.lines)


@pytest.mark.parametrize("size", SIZES)
async def test_the_newest_is_in_sight_unless_somebody_scrolled_back(size: tuple[int, int]) -> None:
    async with page(size) as shown:
        await shown.write({**COMMON, "state": "begun"}, *(row for number in range(40) for row in sent(number)))
        await shown.pilot.press("exclamation_mark")
        await shown.until("FORGET n39")
        await shown.write(*sent(40))
        await shown.until("FORGET n40")
        for _ in range(12):
            await shown.pilot.press("pageup")
        await shown.until("failover of orders")
        before = shown.app.screen.query_one(Rows).scroll_offset.y
        await shown.write(*sent(41))
        await eventually_async(lambda: len(shown.app.screen.query_one(Rows)._lines) > 2 + 2 * 41)
        assert shown.app.screen.query_one(Rows).scroll_offset.y == before


async def test_the_line_opens_it_too_and_a_plain_terminal_sees_only_ascii() -> None:
    async with page((80, 24), ascii=True) as shown:
        await shown.write({**COMMON, "state": "begun", "group": "caf\u00e9"})
        await shown.pilot.press("colon", *"log", "enter")
        await shown.until("caf\\xe9")
        assert all(line.isascii() for line in shown.lines)
