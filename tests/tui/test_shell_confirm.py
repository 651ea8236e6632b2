"""The confirm dialog: what it shows, when it fires, and everything that must not make it fire."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.engine.runner import Consent
from redistui.ops.action import Aim, Danger
from redistui.tui.asking import Asking
from redistui.tui.line import Line
from tests import fleets
from tests.tui.confirming import NAME, action, dialog
from tests.waiting import eventually_async

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
