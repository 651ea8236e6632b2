"""From words to what an action is pointed at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Fleet
from redistui.ops.action import Action, Argument, Option
from redistui.ops.aiming import BadAim, again, aim_at, split
from redistui.ops.failover import FAILOVER
from tests import fleets

ATTACH = replace(
    FAILOVER,
    name="attach",
    kinds=("replication", "sentinel"),
    arguments=(Argument("REPLICA", "stranger"), Argument("PRIMARY", "node")),
    options=(Option("fast", "", "at once"), Option("to", "NODE", "whom")),
)
SWITCH = replace(
    FAILOVER, name="switch", arguments=(Argument("NODE", "node"), Argument("STATE", choices=("on", "off")))
)


@pytest.fixture
def fleet() -> Fleet:
    return Fleet(
        at=fleets.AT,
        period=1.0,
        groups=(fleets.sentinel_group("orders"), fleets.sentinel_group("users", "10.30.0")),
        complete=True,
    )


def nodes(fleet: Fleet, group: str) -> list[str]:
    found = fleet.group(group)
    assert found is not None
    return [node.address for node in found.nodes]


def test_options_and_flags_stand_anywhere() -> None:
    words, options = split(ATTACH, ["--fast", "10.0.0.1:1", "--to=c:3", "10.0.0.2:2"])
    assert words == ("10.0.0.1:1", "10.0.0.2:2")
    assert options == {"fast": "yes", "to": "c:3"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nope"], "attach has no option --nope"),
        (["--to"], "--to wants NODE"),
        (["--to="], "--to wants NODE"),
    ],
)
def test_options_that_do_not_fit_are_named(words: list[str], said: str) -> None:
    with pytest.raises(BadAim, match=said):
        split(ATTACH, words)


@pytest.mark.parametrize("words", [(), ("a:1",), ("a:1", "b:2", "c:3")])
def test_all_arguments_are_needed_and_no_more(fleet: Fleet, words: tuple[str, ...]) -> None:
    with pytest.raises(BadAim, match="attach wants REPLICA PRIMARY"):
        aim_at(ATTACH, fleet, words, {})


def test_a_word_that_must_be_one_of_few_is_told_so(fleet: Fleet) -> None:
    with pytest.raises(BadAim, match="STATE of switch is on or off, not 'maybe'"):
        aim_at(SWITCH, fleet, ("a:1", "maybe"), {})


def test_the_group_is_the_one_that_the_node_is_in(fleet: Fleet) -> None:
    primary = nodes(fleet, "users")[0]
    aim = aim_at(ATTACH, fleet, ("new:1", primary), {}, looked_at="orders")
    assert (aim.group, aim.node, aim.words, aim.also) == ("users", "new:1", ("new:1", primary), ())


def test_a_named_group_goes_before_all_else(fleet: Fleet) -> None:
    aim = aim_at(SWITCH, fleet, (nodes(fleet, "users")[1], "on"), {}, group="orders", looked_at="users")
    assert aim.group == "orders"
    assert aim.also == ("users",)


def test_a_stranger_with_a_group_of_its_own_brings_that_one_along(fleet: Fleet) -> None:
    stranger, primary = nodes(fleet, "orders")[1], nodes(fleet, "users")[0]
    aim = aim_at(ATTACH, fleet, (stranger, primary), {})
    assert (aim.group, aim.groups) == ("users", ("users", "orders"))


def test_a_stranger_that_has_come_into_view_is_found_again(fleet: Fleet) -> None:
    stranger, primary = nodes(fleet, "orders")[1], nodes(fleet, "users")[0]
    early = replace(fleet, groups=tuple(group for group in fleet.groups if group.name == "users"))
    aim = aim_at(ATTACH, early, (stranger, primary), {})
    assert aim.also == ()
    assert again(ATTACH, fleet, aim).also == ("orders",)


def test_the_node_under_the_cursor_is_the_argument_that_is_missing(fleet: Fleet) -> None:
    node = nodes(fleet, "orders")[1]
    assert aim_at(SWITCH, fleet, ("on",), {}, node=node).words == (node, "on")
    with pytest.raises(BadAim):
        aim_at(FAILOVER, fleet, (node,), {}, node=node)


def test_without_any_hint_there_is_no_group_unless_only_one_fits(fleet: Fleet) -> None:
    assert aim_at(FAILOVER, fleet, (), {}).group == ""
    alone = replace(fleet, groups=fleet.groups[:1])
    assert aim_at(FAILOVER, alone, (), {}).group == alone.groups[0].name


def test_an_unknown_node_is_left_to_the_checks(fleet: Fleet) -> None:
    aim = aim_at(SWITCH, fleet, ("nobody:1", "on"), {})
    assert (aim.group, aim.node) == ("", "nobody:1")


def test_usage_is_made_of_arguments_and_options() -> None:
    made: Action = ATTACH
    assert made.usage == "REPLICA PRIMARY [--fast] [--to NODE]"
    assert SWITCH.usage.startswith("NODE on|off")
