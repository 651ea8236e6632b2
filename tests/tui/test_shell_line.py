"""What one types: the filter, the command line, the palette."""

from __future__ import annotations

import pytest
from textual import events

from redistui.tui.commandline import CommandLine, LineInput
from redistui.tui.commands import commands
from redistui.tui.footer import Footer
from redistui.tui.palette import WIDTH, Palette
from tests.tui.shell import running
from tests.tui.stand_in import PANELS

# Filter


async def test_a_filter_is_live_while_it_is_typed() -> None:
    async with running() as run:
        await run.press("slash", "1", "0")
        assert run.panel.scenes[-1].filter == "10"
        await run.press("enter", "n", "N")
        assert run.panel.found == [1, -1]
        assert run.panel.scenes[-1].filter == "10"


async def test_escape_on_the_filter_line_drops_it() -> None:
    async with running() as run:
        await run.press("slash", "1", "escape")
        assert run.panel.scenes[-1].filter == ""


async def test_without_a_filter_n_says_how_to_set_one() -> None:
    async with running() as run:
        await run.press("n")
        assert "/" in run.told


# The command line


async def test_what_is_typed_ahead_of_the_line_is_no_command() -> None:
    async with running() as run:
        await run.pilot.press("colon", *"quit")
        await run.settle()
        assert run.app.return_code is None
        assert run.app.house.query_one(LineInput).value == "quit"


async def test_what_comes_with_the_colon_in_one_burst_stands_on_the_line_in_order() -> None:
    async with running() as run:
        for name, sign in (("colon", ":"), *((letter, letter) for letter in "sessions")):
            run.app.post_message(events.Key(name, sign))
        await run.settle()
        assert run.app.house.query_one(LineInput).value == "sessions"


async def test_tab_completes_and_goes_on_to_the_next() -> None:
    async with running() as run:
        await run.press("colon", *"grou", "tab")
        line = run.app.house.query_one(LineInput)
        assert line.value == "group "
        await run.press("tab")
        assert line.value == "group orders"
        await run.press("tab")
        assert line.value == "group cart"
        await run.press("shift+tab", "enter")
        assert run.app.watching.wanted == "orders"


async def test_up_and_down_go_through_what_was_typed() -> None:
    async with running() as run:
        await run.type("period 5")
        await run.type("period 10")
        await run.press("colon", "up", "up")
        line = run.app.house.query_one(LineInput)
        assert line.value == "period 5"
        await run.press("down")
        assert line.value == "period 10"
        await run.press("down")
        assert line.value == ""


async def test_the_keyboard_goes_back_to_the_panel() -> None:
    async with running() as run:
        await run.press("colon", "escape")
        assert run.app.focused is not None
        assert run.app.focused.parent is run.panel
        assert run.app.house.query_one(Footer).display


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nosuch", "no command"),
        ("gruop x", "did you mean group?"),
        ("group", "group NAME"),
        ("period x", "no poll period"),
        ("period 0", "no poll period"),
        ("period 1e9", "no poll period"),
        ("node 1.2.3.4:5", "no node"),
        ("theme nosuch", "no such theme"),
        ("failover a b", "failover wants no arguments; usage: failover [--to REPLICA]"),
        ("failover --to", "--to wants REPLICA"),
        ("dismiss abc", "no unfinished operation"),
        ("export", "export FILE [METRIC ...]"),
        ("silence", "silence RULE [GROUP [NODE]] HOW-LONG"),
        ("", ""),
        ("   ", ""),
    ],
)
async def test_a_line_that_cannot_be_done_is_answered_in_one_sentence(typed: str, said: str) -> None:
    async with running() as run:
        await run.type(typed)
        assert said in run.told
        assert run.app.screen is run.app.house


async def test_no_command_minds_that_nothing_follows_it() -> None:
    async with running() as run:
        for row in commands(run.app.house):
            if row.name not in ("q", "quit") and not row.bare:
                run.app.house.run_line(row.name)
                await run.pilot.pause()
                while run.app.screen is not run.app.house:
                    run.app.pop_screen()
                    await run.pilot.pause()


async def test_the_filter_that_holds_stands_at_the_right_and_hides_no_half_key() -> None:
    async with running() as run:
        await run.press("slash", *"role=replica", "enter")
        foot = run.app.house.query_one(Footer)
        right, keys = "".join(text for text, _ in foot._right), "".join(text for text, _ in foot._left)
        assert right == " /role=replica "
        assert "/ filter" not in keys
        assert len(keys) + len(right) <= 80
        await run.press("escape", "escape")
        assert foot._right == []


async def test_a_period_is_set_by_key_and_by_line() -> None:
    async with running(size=(120, 24)) as run:
        await run.press("plus")
        assert run.engine.period == 2.0
        await run.type("period 0.5s")
        assert run.engine.period == 0.5
        assert "every 0.5s" in run.header


async def test_arming_is_seen_in_the_header_and_in_the_scene() -> None:
    async with running() as run:
        assert "READ-ONLY" in run.header
        await run.type("arm")
        assert "ARMED" in run.header
        assert run.panel.scenes[-1].armed
        await run.type("disarm")
        assert "READ-ONLY" in run.header


async def test_a_paste_brings_no_control_characters() -> None:
    async with running() as run:
        await run.press("colon")
        line = run.app.house.query_one(LineInput)
        from textual.events import Paste

        line.post_message(Paste("gro\x1b]52;c;x\x07up\nq"))
        await run.settle()
        assert line.value == "gro]52;c;xup"


def test_no_command_has_two_rows() -> None:
    from redistui.tui import commands

    class NoHouse:
        panels = PANELS

        def more_commands(self) -> tuple[()]:
            return ()

    names = [row.name for row in commands.commands(NoHouse())]  # type: ignore[arg-type]
    assert len(names) == len(set(names))
    assert {"group", "node", "theme", "arm", "disarm", "period", "q", "failover", "topology"} <= set(names)


# The palette


async def test_the_palette_runs_what_is_chosen() -> None:
    async with running() as run:
        await run.press("ctrl+p", *"group cart", "enter")
        assert run.app.screen is run.app.house
        assert run.app.watching.wanted == "cart"


async def test_the_palette_puts_a_command_that_wants_more_on_the_line() -> None:
    async with running() as run:
        await run.press("ctrl+p", *"period", "enter")
        assert run.app.house.query_one(LineInput).value == "period "
        assert run.app.house.query_one(CommandLine).display


async def test_the_palette_lists_a_disarmed_action_with_its_reason() -> None:
    async with running() as run:
        await run.press("ctrl+p")
        palette = run.app.screen
        assert isinstance(palette, Palette)
        reasons = {entry.line: entry.reason for entry in palette._all}
        assert reasons["failover"] == "read-only: :arm first"
        assert reasons["arm"] == ""
        wide = [entry for entry in palette._all if sum(len(cell.text) for cell in palette._row(0, entry)) > WIDTH]
        assert wide == []


async def test_the_palette_with_nothing_found_does_nothing() -> None:
    async with running() as run:
        await run.press("ctrl+p", *"zzzz", "down", "up", "enter")
        assert run.app.screen is run.app.house
        assert run.app.return_code is None
