"""What `do` says of each step while it runs."""

from __future__ import annotations

from dataclasses import replace

from redistui.cli.do import lines
from redistui.ops.promote import PROMOTE
from redistui.ops.run import planned
from tests.ops.test_promote_checks import B, C, aim, fleet, healthy


def test_each_step_is_told_once_with_the_node_it_ran_at() -> None:
    run = planned("promote", "plain", PROMOTE.plan(fleet(healthy()), aim()), ())
    over = next(number for number, row in enumerate(run.steps) if row.step.node == C)
    steps = (
        *run.steps[:over],
        replace(run.steps[over], state="done", reply="it follows", ms=7.0),
        *run.steps[over + 1 :],
    )
    run = replace(run, steps=steps)
    told: set[tuple[str, str, int]] = set()
    (line,) = lines(run, told)
    assert line.startswith(f"done in 7 ms at {C}: Send this replica over to {B}")
    assert line.endswith(": it follows")
    assert list(lines(run, told)) == []
