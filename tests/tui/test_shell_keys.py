"""The table of keys: each row is unique, real, and does something."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from textual.binding import Binding
from textual.keys import _character_to_key
from textual.pilot import Pilot

from redistui.tui import Settings
from redistui.tui.actionlist import ActionList
from redistui.tui.app import RedistuiApp
from redistui.tui.commandline import LineInput
from redistui.tui.confirm import Confirm
from redistui.tui.footer import Footer
from redistui.tui.house import House
from redistui.tui.lists import Reading
from redistui.tui.oplog import OpLog
from redistui.tui.palette import Palette
from redistui.tui.panel import bindings
from redistui.tui.whatif import WhatIf
from redistui.tui.widgets.table import LiveTable
from redistui.view.keys import FOOT_AT_MOST, KEYS, check_keymap, footer_rows, key_name, keys_at, moved, shown
from tests import fleets
from tests.tui.stand_in import PANELS, Blank, standing_in

HANDLERS = {
    "app": House,
    "actions": ActionList,
    "line": LineInput,
    "list": Reading,
    "dialog": Confirm,
    "table": LiveTable,
    "whatif": WhatIf,
}


def test_ids_are_unique_and_begin_with_their_place() -> None:
    assert max(Counter(row.id for row in KEYS).values()) == 1
    assert all(row.id.startswith(f"{row.where}.") and row.what for row in KEYS)


def test_no_key_has_two_meanings_in_one_place() -> None:
    taken = Counter((row.where, key) for row in KEYS for key in row.key.split(","))
    assert [place for place, count in taken.items() if count > 1] == []


def test_a_screens_own_keys_shadow_no_key_of_the_house() -> None:
    shared = {key: row.id for row in KEYS if row.where == "app" for key in row.key.split(",")}
    screens = {row.id.partition(".")[2] for row in keys_at("app") if row.action.startswith("panel(")}
    own = [(row.id, key) for row in KEYS if row.where in screens for key in row.key.split(",")]
    assert [(id_, key, shared[key]) for id_, key in own if key in shared] == []


def test_no_key_of_a_table_shadows_one_of_the_house() -> None:
    house = {key for row in keys_at("app") for key in row.key.split(",")}
    assert [row.id for row in keys_at("table") if house & set(row.key.split(","))] == []


def test_every_key_is_named_as_textual_names_it() -> None:
    for row in KEYS:
        for key in row.key.split(","):
            assert key_name(key) == key, row.id
            assert key_name(shown(key)) == key or shown(key) in ("esc", "pgup", "pgdn"), row.id


@pytest.mark.parametrize("sign", [chr(code) for code in range(33, 127)])
def test_every_sign_of_a_keyboard_has_textuals_name(sign: str) -> None:
    assert key_name(sign) == _character_to_key(sign)


@pytest.mark.parametrize("row", [row for row in KEYS if row.where in HANDLERS], ids=lambda row: row.id)
def test_every_row_names_an_action_that_is_there(row: object) -> None:
    assert hasattr(HANDLERS[row.where], f"action_{row.action.partition('(')[0]}")  # type: ignore[attr-defined]


@pytest.mark.parametrize("where", sorted({row.where for row in KEYS}))
def test_every_binding_has_its_rows_id(where: str) -> None:
    ids = [binding.id for binding in bindings(where) if isinstance(binding, Binding)]
    assert ids == [row.id for row in keys_at(where)]


def test_the_footer_shows_seven_keys_at_most() -> None:
    for place in {row.where for row in KEYS}:
        assert 0 < len(footer_rows(place)) <= FOOT_AT_MOST


@dataclass
class Seen:
    """What an app key may change."""

    app: RedistuiApp

    @property
    def house(self) -> House:
        return self.app.house

    @property
    def panel(self) -> Blank:
        assert isinstance(self.house.panel, Blank)
        return self.house.panel


def line(seen: Seen) -> str:
    """What stands on the command line."""
    return seen.app.focused.value if isinstance(seen.app.focused, LineInput) else ""


EFFECTS: dict[str, Callable[[Seen], object]] = {
    **{f"app.{panel.NAME}": (lambda seen, name=panel.NAME: name == seen.panel.NAME) for panel in PANELS},
    "app.help": lambda seen: isinstance(seen.app.screen, Reading),
    "app.log": lambda seen: isinstance(seen.app.screen, OpLog),
    "app.command": lambda seen: isinstance(seen.app.focused, LineInput),
    "app.filter": lambda seen: isinstance(seen.app.focused, LineInput),
    "app.failover": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.actions": lambda seen: isinstance(seen.app.screen, ActionList),
    "app.promote": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.cluster_failover": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.rebalance": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.attach": lambda seen: line(seen) == "attach ",
    "app.detach": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.whatif": lambda seen: isinstance(seen.app.screen, WhatIf),
    "app.pause_writes": lambda seen: line(seen) == "pause-writes ",
    "app.unpause": lambda seen: isinstance(seen.app.screen, Confirm),
    "app.set_parameter": lambda seen: line(seen) == "set-parameter 10.20.0.11:6379 ",
    "app.resume": lambda seen: line(seen) == "resume ",
    "app.quit": lambda seen: seen.app.return_code == 0,
    "app.interrupt": lambda seen: seen.app.return_code == 130,
    "app.pause": lambda seen: seen.app.watching.paused_at is not None,
    "app.next_group": lambda seen: seen.app.watching.wanted == "cart",
    "app.previous_group": lambda seen: seen.app.watching.wanted == "cart",
    "app.next_match": lambda seen: seen.panel.found == [1],
    "app.previous_match": lambda seen: seen.panel.found == [-1],
    "app.back": lambda seen: seen.panel.depth == -1 and seen.app.return_code is None,
    "app.slower": lambda seen: seen.app.engine.period == 2.0,
    "app.faster": lambda seen: seen.app.engine.period == 0.5,
    "app.copy": lambda seen: seen.app.clipboard == "10.20.0.11:6379",
    "app.palette": lambda seen: isinstance(seen.app.screen, Palette),
    "app.save": lambda seen: seen.house.query_one(Footer).told == "nothing has been seen yet",
    "app.suspend": lambda seen: seen.app.suspended,  # type: ignore[attr-defined]
}


class Suspending(RedistuiApp):
    """A pilot has no shell to go back to."""

    suspended = False

    def action_suspend_process(self) -> None:
        self.suspended = True


@pytest.mark.parametrize("row", keys_at("app"), ids=lambda row: row.id)
async def test_every_key_of_the_house_does_what_it_says(row: object) -> None:
    for key in row.key.split(","):  # type: ignore[attr-defined]
        with standing_in(fleets.quiet()) as engine:
            app = Suspending(engine, Settings(), panels=PANELS)  # type: ignore[arg-type]
            async with app.run_test() as pilot:
                await pilot.pause()
                if row.id == "app.topology":  # type: ignore[attr-defined]
                    app.house.action_panel("sites")
                    await pilot.pause()
                app.watching.filter = "10.20" if "match" in row.id else ""  # type: ignore[attr-defined]
                await pilot.press(key)
                await settled(pilot)
                assert EFFECTS[row.id](Seen(app)), key  # type: ignore[attr-defined]


async def settled(pilot: Pilot[None]) -> None:
    for _ in range(3):
        await pilot.pause()


async def test_a_moved_key_works_in_its_new_place_only() -> None:
    with standing_in(fleets.quiet()) as engine:
        settings = Settings(keymap={"app.help": "f1", "app.next_match": "N", "app.previous_match": "n"})
        app = RedistuiApp(engine, settings, panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test() as pilot:
            await pilot.press("question_mark")
            await settled(pilot)
            assert app.screen is app.house
            app.watching.filter = "10"
            await pilot.press("N", "n")
            assert Seen(app).panel.found == [1, -1]
            await pilot.press("f1")
            await settled(pilot)
            assert isinstance(app.screen, Reading)


async def test_the_footer_shows_the_moved_key() -> None:
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(keymap={"app.help": "f1"}), panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test() as pilot:
            await pilot.pause()
            footer = app.house.query_one(Footer)
            assert "f1 help" in footer.render_lines(footer.size.region)[0].text


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({"app.hlep": "f1"}, "did you mean app.help?"),
        ({"app.help": "banana"}, "'banana' is no key"),
        ({"app.help": "ctrl+shfit+x"}, "no key"),
        ({"app.help": ""}, "no key"),
        ({"app.help": "f1,,f2"}, "no key"),
        ({"app.help": "q"}, "app.help: 'q' is also app.quit"),
        ({"app.help": "f1", "app.quit": "f1"}, "also app.help"),
    ],
)
def test_a_keymap_that_cannot_be_is_explained(keymap: dict[str, str], said: str) -> None:
    assert any(said in problem for problem in check_keymap(keymap)), check_keymap(keymap)


def test_a_wrong_row_stays_where_it_was_and_the_others_move() -> None:
    rows, problems = moved({"app.help": "banana", "app.quit": "ctrl+x", "nope": "x"})
    by_id = {row.id: row.key for row in rows}
    assert (by_id["app.help"], by_id["app.quit"]) == ("question_mark", "ctrl+x")
    assert len(problems) == 2


async def test_keymap_problems_are_told_all_and_do_not_stop_the_dashboard() -> None:
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(keymap={"nope": "x", "app.help": "banana"}), panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test() as pilot:
            await pilot.pause()
            assert len(app.problems) == 2
            await pilot.press("colon", *"problems", "enter")
            await settled(pilot)
            assert isinstance(app.screen, Reading)
