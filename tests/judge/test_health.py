"""One word for a group, one number for the fleet; what is not known is never called fine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.health import about, health
from redistui.judge.score import band, score
from redistui.model import Finding, Fleet, Group, Node, Sentinel
from tests.judge.short import NOW, fleet, group, node, sentinel

A, B = node("a", acks={"b": 0}), node("b", "a")
QUIET = [sentinel(name) for name in "xyz"]
VIEW = "a 0-8191 e1, b 8192-16383 e2, r<a e1, s<b e2"


def word(*members: Node | Sentinel, now: float = NOW + 0.5) -> str:
    one = group(*members)
    return health(fleet(one, now=now), one)


def test_a_group_that_answers_and_has_no_finding_is_ok() -> None:
    assert word(A, B) == "ok"
    assert word(A, B, *QUIET) == "ok"
    assert (
        word(*(node(name, above, view=VIEW) for name, above in (("a", None), ("b", None), ("r", "a"), ("s", "b"))))
        == "ok"
    )


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([A, node("b", "a", link="down")], "bad"),
        ([A, B, node("c", "a", link="down", syncing=True)], "warn"),
        ([A, B, node("c", "a", fault="busy")], "warn"),
        ([A, B, node("c", "a", fault="hung")], "bad"),
        ([A, B, *QUIET[:2], sentinel("z", fault="refused")], "warn"),
    ],
)
def test_a_group_is_as_its_worst_finding(members: list[Node | Sentinel], found: str) -> None:
    assert word(*members) == found


@pytest.mark.parametrize(
    "members",
    [
        [],
        [node("a", read=None)],
        [A, node("b", "a", read=None)],
        [A, B, sentinel("x", ckquorum=None), *(sentinel(name, ckquorum=None) for name in "yz")],
        [A, B, *QUIET[:2], sentinel("z", read=None)],
        [node("a", view="a 0-16383 e1, r<a e1, ~none"), node("r", "a", view="a 0-16383 e1, r<a e1, ~none")],
    ],
)
def test_what_is_not_known_is_not_ok(members: list[Node | Sentinel]) -> None:
    assert word(*members) == "unknown"


def test_a_node_whose_role_cannot_be_read_leaves_the_group_unknown() -> None:
    assert word(A, B, replace(node("c", "a"), role=None)) == "unknown"


def test_a_cluster_without_a_map_is_unknown() -> None:
    one = group(node("a"), node("b"), kind="cluster")
    assert health(fleet(one), one) == "unknown"


@pytest.mark.parametrize(("later", "found"), [(0.5, "ok"), (3.0, "unknown"), (6.0, "unknown")])
def test_a_group_that_nobody_has_heard_of_for_long_is_unknown(later: float, found: str) -> None:
    assert word(A, B, now=NOW + later) == found


def test_one_old_reading_among_fresh_ones_is_unknown_once_it_is_five_periods_old() -> None:
    assert word(A, node("b", "a", read=NOW - 3)) == "ok"
    assert word(A, node("b", "a", read=NOW - 6)) == "unknown"


def test_after_we_stood_still_nothing_is_known() -> None:
    one = group(A, B)
    assert health(replace(fleet(one), stalled=True), one) == "unknown"


def test_the_findings_of_another_group_do_not_count() -> None:
    sick, well = group(A, node("b", "a", link="down"), name="sick"), group(A, B, name="well")
    both = fleet(sick, well)
    assert [health(both, one) for one in (sick, well)] == ["bad", "ok"]
    assert about(both, well) == ()
    assert [finding.level for finding in about(both, sick)] == ["bad", "bad"]


def test_bad_findings_come_before_warnings() -> None:
    found = fleet(group(A, node("b", "a", fault="busy"), node("c", "a", link="down"))).findings
    assert [finding.level for finding in found] == sorted((finding.level for finding in found), key="bad warn".find)


def scored(groups: tuple[Group, ...], bad: int = 0, warn: int = 0) -> int:
    levels = ["bad"] * bad + ["warn"] * warn
    found = tuple(Finding("x", level, "orders", "x") for level in levels)  # type: ignore[arg-type]
    return score(Fleet(at=NOW, period=1.0, groups=groups, findings=found))


def test_the_score_goes_down_with_dead_nodes_and_findings() -> None:
    whole, half = group(A, B), group(A, node("b", "a", fault="refused"))
    assert scored((whole,)) == 100
    assert scored((half,)) == 85
    assert scored((half,), bad=1, warn=2) == 60
    assert scored((half,), bad=9) == 0
    assert scored((group(node("a", read=None)),)) == 100, "nobody has asked it yet"


@pytest.mark.parametrize(
    ("points", "name"),
    [(100, "excellent"), (90, "excellent"), (89, "good"), (75, "good"), (74, "fair"), (50, "fair"), (49, "poor"),
     (25, "poor"), (24, "critical"), (0, "critical")],
)  # fmt: skip
def test_every_score_is_in_a_band(points: int, name: str) -> None:
    assert band(points) == name
