"""Many commands at once, over nodes that answer as they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from redistui.model.routes import Answer
from redistui.route.cluster.pipeline import Wanted, run_all
from redistui.route.endpoint import Argv
from redistui.route.failures import Refused, RouteFailed, Unknown
from tests.route.cluster.imagined import TIMEOUT, A, B, World


def wanted(commands: Sequence[tuple[int, Argv]]) -> list[Wanted]:
    return [Wanted(place, argv, slot, reading=False) for place, (slot, argv) in enumerate(commands)]


async def run(world: World, commands: Sequence[tuple[int, Argv]]) -> list[Answer | RouteFailed]:
    """Even slots are at A, odd ones at B."""
    found = await run_all(
        wanted(commands),
        lambda each: (world.primary((A, B)[(each.slot or 0) % 2]), ""),
        lambda each: world.trip(*each.argv, slot=each.slot or 0),
    )
    return [found[place] for place in range(len(commands))]


def echo(argv: Argv) -> Any:
    return argv[1].encode()


@given(some.lists(some.tuples(some.integers(0, 9), some.text("abc", max_size=2)), max_size=40))
async def test_answers_stand_in_the_order_of_the_commands(given_: list[tuple[int, str]]) -> None:
    world = World()
    for node in world.nodes.values():
        node.says = [echo]
    commands = [(slot, ("ECHO", f"{place} {word}")) for place, (slot, word) in enumerate(given_)]
    results = await run(world, commands)
    assert [result.value for result in results if isinstance(result, Answer)] == [
        argv[1].encode() for _, argv in commands
    ]
    assert world.nodes[A].sent == [argv for slot, argv in commands if slot % 2 == 0]


async def test_an_error_stands_in_its_place_and_the_others_are_answered() -> None:
    world = World()
    world.nodes[A].says = [b"1", "WRONGTYPE Operation against a key", b"3"]
    results = await run(world, [(0, ("GET", "a")), (0, ("INCR", "b")), (1, ("GET", "c")), (0, ("GET", "d"))])
    assert [getattr(result, "value", result) for result in results][0::2] == [b"1", b"OK"]
    assert isinstance(results[1], Refused)
    assert results[1].kind == "WRONGTYPE"
    assert isinstance(results[3], Answer)


async def test_those_of_a_slot_that_has_moved_are_sent_on_in_their_order() -> None:
    world = World()
    world.nodes[A].says = [f"MOVED 2 {B}"]
    commands = [(2, ("SET", "k", str(number))) for number in range(4)]
    results = await run(world, commands)
    assert all(isinstance(result, Answer) and result.node == B for result in results)
    assert world.nodes[B].sent == [argv for _, argv in commands]


async def test_of_a_node_that_falls_silent_every_command_is_of_unknown_outcome_and_none_is_sent_again() -> None:
    world = World()
    world.nodes[A].says = [TIMEOUT]
    results = await run(world, [(0, ("INCR", "a")), (1, ("INCR", "b")), (2, ("INCR", "c"))])
    assert [type(result) for result in results] == [Unknown, Answer, Unknown]
    assert world.nodes[A].sent == [("INCR", "a"), ("INCR", "c")]


async def test_why_another_node_than_the_chosen_one_answered_is_said_in_its_answer() -> None:
    world = World()
    found = await run_all(
        wanted([(0, ("GET", "a"))]),
        lambda each: (world.primary(B), "no replica of the shard could be asked"),
        lambda each: world.trip(*each.argv),
    )
    answer = found[0]
    assert isinstance(answer, Answer)
    assert (answer.node, answer.fallback) == (B, "no replica of the shard could be asked")


async def test_a_command_that_nobody_can_be_asked_for_waits_for_somebody() -> None:
    world = World()

    def nobody(each: Wanted) -> Any:
        raise Refused("CLUSTERDOWN", "slot 7 is served by nobody")

    found = await run_all(wanted([(7, ("GET", "a"))]), nobody, lambda each: world.trip(*each.argv))
    assert isinstance(found[0], Answer)
    assert world.learnt == 1
