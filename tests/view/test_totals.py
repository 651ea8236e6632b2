"""The fleet in one line: what fits, what is down, and what nobody tells."""

from __future__ import annotations

from dataclasses import replace

from redistui.model import Fault, Finding, Fleet
from redistui.view.totals import totals
from tests import fleets


def said(fleet: Fleet, width: int = 200) -> str:
    return "".join(cell.text for cell in totals(fleet, width))


def test_the_whole_fleet_is_told_in_one_line_and_in_a_narrow_one_its_health_first() -> None:
    fleet = replace(fleets.quiet(), findings=())
    assert said(fleet).startswith(f" fleet  {nodes(fleet)}/{nodes(fleet)} up  score 100 excellent  memory ")
    for width in (20, 40, 60, 80):
        assert len(said(fleet, width)) <= width
        assert said(fleet).startswith(said(fleet, width))


def test_what_is_down_and_what_is_wrong_stand_out() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    dead = replace(group.nodes[1], fault=Fault("refused", "connection refused", fleet.at))
    found = tuple(Finding("memory", "bad", group.name, "full", dead.address) for _ in range(3))
    struck = replace(group, nodes=(group.nodes[0], dead, *group.nodes[2:]))
    row = totals(replace(fleet, groups=(struck, *fleet.groups[1:]), findings=found), 200)
    tones = {cell.text: cell.tone for cell in row}
    assert tones[f"{nodes(fleet) - 1}/{nodes(fleet)} up"] == "bad"
    (score,) = (text for text in tones if text.startswith("score "))
    assert score.endswith(("fair", "poor"))
    assert tones[score] in ("warn", "bad")


def test_of_nobody_there_is_no_line_and_what_nobody_tells_is_a_dash() -> None:
    assert totals(Fleet(at=1.0, period=1.0, groups=()), 80) == ()
    fleet = fleets.quiet()
    mute = tuple(
        replace(group, nodes=tuple(replace(node, metrics={}) for node in group.nodes)) for group in fleet.groups
    )
    assert "memory –" in said(replace(fleet, groups=mute))


def nodes(fleet: Fleet) -> int:
    return sum(len(group.nodes) for group in fleet.groups)
