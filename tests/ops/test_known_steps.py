"""Every sort of step can be kept in the journal and read back."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

from redistui import ops
from redistui.ops.action import Aim, Plan
from redistui.ops.known_steps import STEPS
from redistui.ops.steps import Hole, Secret, Step
from redistui.ops.stored import NotStored, dump, load

PLAN = Plan("failover", "orders", "Fail over", "risky", steps=(), verify=())


def sorts() -> Iterator[type[Step]]:
    for module in walk_packages(ops.__path__, "redistui.ops."):
        import_module(module.name)
    waiting = Step.__subclasses__()
    while waiting:
        sort = waiting.pop()
        waiting += sort.__subclasses__()
        if sort.__module__.startswith("redistui.ops.") and sort.script is not Step.script:
            yield sort


def test_every_sort_of_step_has_its_row() -> None:
    assert {sort.__name__ for sort in sorts()} == set(STEPS)
    assert all(STEPS[sort.__name__] is sort for sort in sorts())


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"danger": "funny"},
        {**dump(PLAN, Aim("orders")), "danger": "funny"},
        {**dump(PLAN, Aim("orders")), "steps": [{"step": "Explode", "node": "a:1"}]},
        {**dump(PLAN, Aim("orders")), "steps": [{"step": "WriteConfig", "node": "a:1", "more": 1}]},
        {**dump(PLAN, Aim("orders")), "steps": [{"step": "PauseWrites", "node": "a:1"}]},
        {**dump(PLAN, Aim("orders")), "notes": [1]},
    ],
)
def test_what_another_version_wrote_is_not_guessed_at(value: dict[str, Any]) -> None:
    with pytest.raises(NotStored):
        load(value, STEPS)


def test_a_secret_stays_a_hole_that_knows_whose_it_is() -> None:
    word = Secret("password", "10.0.0.1:6379")
    assert (word, word.part, word.node) == ("<password for 10.0.0.1:6379>", "password", "10.0.0.1:6379")
    assert Secret("user", "::1:6379").node == "::1:6379"
    assert Secret("user", "::1:6379").part == "user"
    assert isinstance(word, Hole)
