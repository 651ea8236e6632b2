"""Most rules are not asked about a group that is calm: whatever it looks like, they would have found nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.judge.recall import Recall
from redistui.judge.rules.calm import calm
from redistui.judge.rules.kinds import Case
from redistui.judge.rules.limits import Limits
from redistui.judge.rules.table import RULES, findings
from redistui.model import Group, Node
from tests.judge.short import group, node, sentinel

NAMES = "abcd"
STRICT = Limits(
    {"full_syncs.warn": 1, "restarts.warn": 1, "failovers.warn": 1, "lag_growth.warn": 1, "clients.warn": 1}
)


def well(at_: float = 1000.0) -> list[Node]:
    return [node("a", read=at_), node("b", "a", read=at_), node("c", "a", read=at_), node("d", "b", read=at_)]


def case_of(*groups: Group, recall: Recall | None = None) -> Case:
    """Of the last of these, with all of them remembered."""
    known = recall or Recall()
    for number, one in enumerate(groups):
        known.note(one, 1000.0 + number)
    return Case(groups[-1], STRICT, known, 1000.0 + len(groups))


def test_a_group_where_all_is_well_is_calm() -> None:
    assert calm(case_of(group(*well())))
    assert calm(case_of(group(*well(), sentinel("s"), sentinel("t"), sentinel("u"))))
    view = "a 0-16383 e1, b<a e1"
    assert calm(case_of(group(node("a", view=view), node("b", "a", view=view))))


TROUBLES: dict[str, Callable[[list[Node]], list[Node]]] = {
    "nobody is there": lambda nodes: [],
    "a replica is down": lambda nodes: [*nodes[:3], node("d", "b", fault="refused")],
    "one was never asked": lambda nodes: [*nodes[:3], node("d", "b", read=None)],
    "one contradicts itself": lambda nodes: [*nodes[:3], node("d", "b", conflict="two roles")],
    "a link is down": lambda nodes: [*nodes[:3], node("d", "b", link="down")],
    "the state of a link is not known": lambda nodes: [*nodes[:3], node("d", "b", link=None)],
    "two take writes": lambda nodes: [*nodes[:3], node("d")],
    "nobody takes writes": lambda nodes: nodes[1:],
    "nobody follows": lambda nodes: nodes[:1],
    "nobody may be promoted": lambda nodes: [nodes[0], node("b", "a", priority=0)],
    "they follow somebody else": lambda nodes: [nodes[0], node("b", "x"), node("c", "x")],
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_group_where_something_is_not_well_is_not_calm(trouble: Callable[[list[Node]], list[Node]]) -> None:
    assert not calm(case_of(group(*trouble(well()))))


def counted(made: Node, **totals: float) -> Node:
    return replace(made, totals=totals, run_id="first")


PASTS: dict[str, tuple[Callable[[], Group], Callable[[], Group]]] = {
    "a counter grew": (
        lambda: group(counted(node("a", read=1000.0), sync_full=1.0), node("b", "a")),
        lambda: group(counted(node("a", read=1001.0), sync_full=2.0), node("b", "a")),
    ),
    "a server restarted": (
        lambda: group(replace(node("a", read=1000.0), run_id="first"), node("b", "a")),
        lambda: group(replace(node("a", read=1001.0), run_id="second"), node("b", "a")),
    ),
    "a replica is far behind": (
        lambda: group(*well()),
        lambda: group(node("a"), node("b", "a", read=1001.0, lag_bytes=1e9)),
    ),
    "another leads": (
        lambda: group(*well()),
        lambda: group(node("b", read=1001.0), node("a", "b", read=1001.0)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("past", PASTS.values(), ids=PASTS)
def test_what_happened_lately_keeps_a_group_from_being_calm(past: tuple[Callable[[], Group], ...]) -> None:
    case = case_of(*(make() for make in past))
    assert not calm(case)
    other = Recall()
    other.recollect(case.recall.memory())
    assert not calm(case._replace(recall=other))


def test_writes_leave_a_group_calm() -> None:
    polls = [group(counted(node("a", read=1000.0 + n), replicated=100.0 * n), node("b", "a")) for n in range(3)]
    assert calm(case_of(*polls))


def servers() -> st.SearchStrategy[Group]:
    """Up to four servers that follow each other or nobody, some of them unwell."""

    def one(name: str) -> st.SearchStrategy[Node]:
        return st.builds(
            lambda follows, fault, link, priority, read, run_id, syncs, lag: replace(
                node(name, follows, fault=fault, link=link, priority=priority, read=read, lag_bytes=lag),
                run_id=run_id,
                totals={"sync_full": syncs},
            ),
            st.sampled_from([None, "a", "a", "a", *NAMES, "x"]).map(lambda above: None if above == name else above),
            st.sampled_from([None] * 9 + ["refused", "loading"]),
            st.sampled_from(["up"] * 9 + ["down", None]),
            st.sampled_from([100] * 5 + [0, None]),
            st.sampled_from([1000.0, 1001.0, 1002.0, 1003.0]),
            st.sampled_from(["first"] * 9 + ["second"]),
            st.sampled_from([1.0] * 9 + [2.0]),
            st.sampled_from([0.0] * 5 + [1e6, 1e9]),
        )

    watched = st.booleans().map(lambda yes: [sentinel(one) for one in "stu"] if yes else [])
    nodes = st.integers(1, len(NAMES)).flatmap(lambda count: st.tuples(*map(one, NAMES[:count])))
    return st.builds(lambda some, sentinels: group(*some, *sentinels), nodes, watched)


@given(st.lists(servers(), min_size=1, max_size=4))
def test_calm_or_not_every_rule_says_what_it_says_when_it_is_asked(groups: list[Group]) -> None:
    case = case_of(*groups)
    rules = [rule for rule in RULES if rule.only in (None, case.group.kind)]
    asked = sorted(one.message for rule in rules for one in rule.judge(case))
    assert sorted(one.message for one in findings(case.group, STRICT, case.recall, case.at)) == asked
    if calm(case):
        assert not [one for rule in rules if rule.calm for one in rule.judge(case)]
