"""What can be done, and how one gets there: the action list, single keys, completion, palette, what is unfinished."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from redistui.engine.unfinished import Unfinished
from redistui.model import Fleet, Group
from redistui.ops.action import Action, Plan
from redistui.ops.actions import ACTIONS
from redistui.ops.pause.steps import EndPause
from redistui.ops.resume import RESUME
from redistui.ops.stored import Past
from redistui.tui import Settings
from redistui.tui.actionlist import ActionList
from redistui.tui.app import RedistuiApp
from redistui.tui.commandline import LineInput
from redistui.tui.commands import completions, hint
from redistui.tui.completing import candidates
from redistui.tui.confirm import Confirm
from redistui.tui.line import Line
from redistui.tui.lists import Reading, Rows
from redistui.tui.palette import Palette
from redistui.view.keys import KEYS
from redistui.view.offers import detail_rows, keys_of_actions, offer_row, offers
from tests import fleets
from tests.tui.piloted import Piloted, rows_of
from tests.tui.stand_in import PANELS, standing_in
from tests.waiting import eventually_async

A, B = "10.20.0.11:6379", "10.20.0.12:6379"
CART, COPY = "10.30.0.1:7000", "10.30.0.4:7000"


def named(name: str) -> Action:
    return next(action for action in ACTIONS if action.name == name)


def groups() -> tuple[Group, Group]:
    first, second = fleets.quiet().groups
    return first, second


def past(operation: str = "0badcafe", passed: int = 1) -> Past:
    release = (EndPause(A),)
    plan = Plan("failover", "orders", "Fail over orders", "risky", (), (), release=release, point_of_no_return=3)
    return Past(operation, "failover", "orders", "2026-01-02T03:04:05.678Z", plan, passed)


def unfinished(operation: str = "0badcafe") -> Unfinished:
    last = f"CONFIG SET min-replicas-to-write 10000 at {A}: sending"
    release = ((A, "CONFIG SET min-replicas-to-write 1"),)
    return Unfinished(operation, "failover", "orders", "2026-01-02T03:04:05.678Z", last, release, past(operation))


# -- offers ------------------------------------------------------------------------------------------------------------


def test_a_group_is_offered_what_is_for_its_kind_in_the_order_of_the_table() -> None:
    for group in groups():
        names = [one.action.name for one in offers(fleets.quiet(), group, None)]
        assert names == [a.name for a in ACTIONS if group.kind in a.kinds and a is not RESUME]


def test_the_node_under_the_cursor_is_the_first_argument() -> None:
    orders, cart = groups()
    found = {one.action.name: one for one in offers(fleets.quiet(), orders, B)}
    assert (found["set-parameter"].line, found["set-parameter"].wants) == (f"set-parameter {B}", "NAME VALUE")
    assert (found["pause-writes"].line, found["pause-writes"].wants) == ("pause-writes", "SECONDS")
    assert (found["attach"].line, found["attach"].wants) == ("attach", "REPLICA PRIMARY")
    found = {one.action.name: one for one in offers(fleets.quiet(), cart, CART)}
    assert found["pause-writes"].line == f"pause-writes --node {CART}"
    assert found["cluster-failover"].reason != ""
    found = {one.action.name: one for one in offers(fleets.quiet(), cart, COPY)}
    assert found["failover"].line == f"failover --to {COPY}"


def test_a_refused_one_stays_with_its_first_reason() -> None:
    stalled = replace(fleets.quiet(), stalled=True)
    group = stalled.groups[0]
    found = {one.action.name: one for one in offers(stalled, group, A)}
    assert "we stood still" in found["unpause"].reason
    assert found["pause-writes"].reason == ""
    row = offer_row(found["unpause"], keys_of_actions(KEYS), " ", 60)
    assert [cell.tone for cell in row[1:]] == ["dim", "dim"]
    assert sum(len(cell.text) for cell in row) <= 60
    whole = "\n".join(cell.text for row in detail_rows(found["unpause"], 60) for cell in row)
    assert found["unpause"].reason.split()[-1] in whole


def test_what_was_not_finished_can_be_resumed_from_the_list() -> None:
    orders, _ = groups()
    one = [each for each in offers(fleets.quiet(), orders, A, (past(),)) if each.action is RESUME]
    assert (one[0].line, one[0].wants, one[0].reason) == ("resume 0badcafe", "", "")
    two = [each for each in offers(fleets.quiet(), orders, A, (past(), past("feedbeef"))) if each.action is RESUME]
    assert two[0].wants == "OPERATION"


def test_every_single_key_of_an_action_names_one() -> None:
    assert set(keys_of_actions(KEYS)) <= {action.name for action in ACTIONS}
    assert len(keys_of_actions(KEYS)) >= 8


# -- completion --------------------------------------------------------------------------------------------------------


def after(name: str, *words: str, operations: Sequence[str] = (), group: int = 0) -> list[str]:
    fleet = fleets.quiet()
    return list(candidates(named(name), fleet, fleet.groups[group], words, operations))


def test_addresses_words_options_and_their_values_are_completed() -> None:
    assert after("set-parameter")[:2] == [A, B]
    assert after("set-parameter", group=1)[0] == "10.30.0.1:7000"
    assert "maxmemory-policy" in after("set-parameter", A)
    assert "cluster-node-timeout" not in after("set-parameter", A)
    assert after("set-parameter", A, "appendfsync")[:3] == ["always", "everysec", "no"]
    assert after("set-parameter", A, "appendfsync", "no") == ["--was"]
    assert after("replica-read-only", B)[:2] == ["on", "off"]
    assert after("failover") == ["--to", "--minority"]
    assert A in after("failover", "--to")
    assert after("failover", "--to", B) == ["--minority"]
    assert after("site-failover", "west") == ["--partial", "--unplanned", "--fenced"]
    assert after("pause-writes", "--node", CART) == ["--all"]
    assert B not in after("attach", B)
    assert "down-after-milliseconds" in after("sentinel-set")
    assert after("resume", operations=["0badcafe"]) == ["0badcafe", "--back"]


# -- under a pilot -----------------------------------------------------------------------------------------------------


class Seen(Piloted):
    """A dashboard under a pilot."""

    @property
    def listed(self) -> ActionList:
        assert isinstance(self.app.screen, ActionList)
        return self.app.screen

    @property
    def typed(self) -> str:
        return self.app.focused.value if isinstance(self.app.focused, LineInput) else ""

    @property
    def text(self) -> str:
        return "\n".join(rows_of(rows) for rows in self.app.screen.query(Rows))


@asynccontextmanager
async def seen(
    *, armed: bool = True, size: tuple[int, int] = (80, 24), fleet: Fleet | None = None
) -> AsyncIterator[Seen]:
    with standing_in(fleet or fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(armed=armed), panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await eventually_async(lambda: app.acting.deeds is not None, otherwise="the journal was not read")
            await pilot.pause()
            yield Seen(app, pilot, engine)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 48)])
async def test_the_list_fits_and_says_where_it_points_and_whether_anything_can_run(size: tuple[int, int]) -> None:
    async with seen(armed=False, size=size) as shown:
        await shown.press("x")
        assert "orders" in shown.line("about")
        assert "READ-ONLY" in shown.line("about")
        assert "enter" in shown.line("keys")
        for name in ("about", "keys"):
            region = shown.app.screen.query_one(f"#{name}", Line).region
            assert region.bottom <= size[1]
            assert region.right <= size[0]


async def test_enter_opens_the_chosen_one_or_begins_its_line() -> None:
    async with seen() as shown:
        await shown.press("x", *["j"] * 5)
        assert shown.listed.chosen is not None
        assert shown.listed.chosen.action.name == "unpause"
        await shown.press("enter")
        assert isinstance(shown.app.screen, Confirm)
        assert shown.app.screen.asking.action.name == "unpause"
        await shown.press("escape", "x", *["j"] * 6, "enter")
        assert shown.typed == f"set-parameter {A} "
        assert "set-parameter NODE NAME VALUE" in shown.line("candidates")


async def test_an_actions_own_key_works_in_the_list_and_colon_puts_it_on_the_line() -> None:
    async with seen() as shown:
        await shown.press("x", "U")
        assert isinstance(shown.app.screen, Confirm)
        await shown.press("escape", "x", "colon")
        assert shown.typed == "failover "


@pytest.mark.parametrize("key", ["escape", "q", "x", "ctrl+c"])
async def test_the_list_closes_and_nothing_was_done(key: str) -> None:
    async with seen() as shown:
        await shown.press("x", "up", "end", "home", "G", "g", "k", "down", key)
        assert shown.app.screen is shown.app.house
        assert shown.app.return_code is None
        assert shown.app.listed is None


async def test_a_reason_comes_and_goes_with_the_snapshots_and_the_choice_stays() -> None:
    async with seen() as shown:
        await shown.press("x", *["j"] * 5)
        await shown.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        assert "we stood still" in shown.text
        assert shown.listed.chosen is not None
        assert shown.listed.chosen.action.name == "unpause"
        assert "shows why" in shown.line("keys")
        await shown.publish(replace(fleets.quiet(), at=fleets.AT + 2))
        assert "we stood still" not in shown.text
        await shown.publish(replace(fleets.quiet(), groups=(), at=fleets.AT + 3))
        await shown.press("j", "enter")
        assert shown.app.screen is shown.app.house


async def test_without_a_group_there_is_nothing_to_list_and_no_key_acts() -> None:
    async with seen(fleet=replace(fleets.quiet(), groups=())) as shown:
        await shown.press("x", "F", "U", "W", "R")
        assert shown.app.screen is shown.app.house


async def test_a_key_whose_action_is_not_for_this_group_says_so_or_shows_the_reasons() -> None:
    async with seen() as shown:
        await shown.press("P")
        assert isinstance(shown.app.screen, Confirm)
        assert shown.app.screen.asking.phase == "refused"


async def test_an_unknown_node_is_refused_in_the_dialog_and_a_wrong_line_in_the_footer() -> None:
    from redistui.tui.footer import Footer

    async with seen() as shown:
        await shown.press("colon", *"set-parameter 9.9.9.9:1 hz 20", "enter")
        assert isinstance(shown.app.screen, Confirm)
        assert "9.9.9.9:1 is no node of" in shown.text
        assert "nothing can be confirmed" in shown.line("says")
        await shown.press("escape", "colon", *"pause-writes", "enter")
        assert "pause-writes wants SECONDS" in shown.app.house.query_one(Footer).told
        assert shown.app.screen is shown.app.house


async def test_the_palette_gives_the_first_reason_and_begins_what_wants_more() -> None:
    async with seen() as shown:
        await shown.publish(replace(fleets.quiet(), stalled=True, at=fleets.AT + 1))
        await shown.press("ctrl+p")
        assert isinstance(shown.app.screen, Palette)
        reasons = {entry.line: entry.reason for entry in shown.app.screen._all}
        assert "we stood still" in reasons["unpause"]
        assert reasons["promote"] == "not for a sentinel group"
        await shown.press(*"set-para", "enter")
        assert shown.typed == f"set-parameter {A} "


async def test_tab_on_the_line_goes_through_what_may_come_next() -> None:
    async with seen() as shown:
        house = shown.app.house
        assert completions(house, "set-parameter 10.20.0.12")[:1] == [f"set-parameter {B}"]
        assert completions(house, f"set-parameter {B} appendf") == [f"set-parameter {B} appendfsync"]
        assert f"failover --to {B}" in completions(house, "failover --to ")
        assert hint(house, "set-par") == ""
        assert hint(house, "unpause ").startswith("unpause [--node NODE] [--all]")
        await shown.press("colon", *f"set-parameter {A} appendfsync ", "tab", "tab")
        assert shown.typed == f"set-parameter {A} appendfsync everysec"
        assert shown.line("candidates").split() == ["always", "everysec", "no", "--was"]


# -- unfinished --------------------------------------------------------------------------------------------------------


async def test_what_is_unfinished_is_listed_with_its_ways_out() -> None:
    async with seen() as shown:
        shown.app.acting._remember((unfinished(),))
        await shown.press("colon", *"unfinished", "enter")
        assert isinstance(shown.app.screen, Reading)
        for text in (
            "failover of orders, begun 2026-01-02T03:04:05.678Z",
            "no outcome was seen",
            ":resume 0badcafe",
            ":resume 0badcafe --back",
            "CONFIG SET min-replicas-to-write 1",
            ":dismiss 0badcafe",
        ):
            assert text in shown.text
        await shown.press("escape")
        assert completions(shown.app.house, "resume 0b") == ["resume 0badcafe"]
        assert completions(shown.app.house, "resume 0badcafe ") == ["resume 0badcafe --back"]


async def test_what_was_begun_to_be_put_back_is_only_put_back() -> None:
    async with seen() as shown:
        shown.app.acting._remember((replace(unfinished(), past=replace(past(), released=True)),))
        await shown.press("colon", *"unfinished", "enter")
        assert "go on from there" not in shown.text
        assert ":resume 0badcafe --back" in shown.text


async def test_past_its_point_of_no_return_there_is_no_way_back() -> None:
    async with seen() as shown:
        shown.app.acting._remember((replace(unfinished(), past=past(passed=4)),))
        await shown.press("colon", *"unfinished", "enter")
        assert ":resume 0badcafe" in shown.text
        assert "--back" not in shown.text


def test_a_journal_that_cannot_be_read_any_more_leaves_the_commands_by_hand() -> None:
    from redistui.tui.help import _ways_out

    def lines() -> Iterator[str]:
        return ("".join(cell.text for cell in row) for row in _ways_out(replace(unfinished(), past=None)))

    text = "\n".join(lines())
    assert "resume" not in text
    assert "CONFIG SET min-replicas-to-write 1" in text
