"""What may follow `:canary`, and what is said of what may not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.model import Access, Group
from redistui.model.canaries import CanaryPlan
from redistui.route.canary.plan import FITTING, MOST, ORDERS, RATES, first_plan, fitted, led, told, with_sites
from redistui.route.canary.routes import build
from redistui.route.failures import BadRoute
from tests import fleets

ORDERS_GROUP, CART = fleets.sentinel_group(), fleets.cluster_group(troubled=False)
NODES = [node.address for node in ORDERS_GROUP.nodes]
PLAN = first_plan(ORDERS_GROUP)


def said(line: str, plan: CanaryPlan = PLAN, group: Group = ORDERS_GROUP) -> CanaryPlan:
    return told(plan, line.split(), group, [node.address for node in group.nodes])


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("route split", "route", "split"),
        ("route next", "route", "split"),
        ("route sites", "consistency", "majority"),
        ("strategy weighted", "strategy", "weighted"),
        ("strategy next", "strategy", "random"),
        ("rate 50", "rate", 50.0),
        ("rate 7.5/s", "rate", 7.5),
        ("rate up", "rate", 50.0),
        ("rate down", "rate", 10.0),
        ("writes on", "writes", 0.2),
        ("writes 35%", "writes", 0.35),
        ("writes toggle", "writes", 0.2),
        ("writes off", "writes", 0.0),
        (f"weight {NODES[1]} 3", "weights", {NODES[1]: 3.0}),
        (f"weight {NODES[1]} up", "weights", {NODES[1]: 2.0}),
        (f"weight {NODES[1]} down", "weights", {NODES[1]: 0.0}),
        ("sites cart web", "others", ("cart", "web")),
    ],
)
def test_an_order_changes_what_it_names(line: str, field: str, value: object) -> None:
    assert getattr(said(line), field) == value


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("fly", "canary has no 'fly': start, stop, reset, route"),
        ("route cluster", "orders cannot be reached by the route cluster: no cluster stands behind it"),
        ("route x", "there is no route 'x': use one of split, sentinel, cluster, sites, balancer"),
        ("route", "there is no route ''"),
        ("strategy fastest", "there is no strategy 'fastest': use one of round-robin, random"),
        ("rate 0", "'0' is no rate: operations a second, above 0 and up to 1000"),
        ("rate nan", "'nan' is no rate"),
        ("rate -5", "'-5' is no rate"),
        ("rate 1e9", "'1e9' is no rate"),
        ("writes maybe", "'maybe' is no share of writes: on, off, or percent from 0 to 100"),
        ("writes 101%", "'101%' is no share of writes"),
        ("weight", "a weight is given as weight ADDRESS NUMBER"),
        ("weight x:1 3", "x:1 is no node of orders: its nodes are 10.20.0.11:6379"),
        (f"weight {NODES[0]} -1", "'-1' is no weight: a number, 0 or above"),
        (f"weight {NODES[0]} inf", "'inf' is no weight"),
        ("consistency strong", "only the route sites has a consistency; this one is sentinel"),
        ("sites", "sites GROUP ...: the groups of the other sites, besides orders"),
        ("sites orders", "sites GROUP ..."),
    ],
)
def test_what_makes_no_sense_is_one_sentence(line: str, complaint: str) -> None:
    with pytest.raises(BadRoute) as caught:
        said(line)
    assert str(caught.value).startswith(complaint)
    assert "\n" not in str(caught.value)


def test_all_weights_cannot_be_0() -> None:
    plan = replace(PLAN, weights=dict.fromkeys(NODES[1:], 0.0))
    with pytest.raises(BadRoute, match="all weights would be 0"):
        said(f"weight {NODES[0]} 0", plan)


def test_a_cluster_is_reached_by_no_split_and_has_a_strategy_of_its_own() -> None:
    plan = first_plan(CART)
    assert plan.route == "cluster"
    with pytest.raises(BadRoute, match="cart cannot be reached by the route split: its keys lie on several nodes"):
        said("route split", plan, CART)
    assert said("strategy primary", plan, CART).strategy == "primary"
    assert said("strategy next", plan, CART).strategy == "round-robin"


def test_the_key_for_routes_goes_round_those_that_one_group_is_enough_for() -> None:
    routes, plan = [], PLAN
    for _ in range(3):
        plan = said("route next", plan)
        routes.append(plan.route)
    assert routes == ["split", "balancer", "sentinel"]
    with pytest.raises(BadRoute, match="cart has no other route than cluster"):
        said("route next", first_plan(CART), CART)


def test_another_route_keeps_strategy_and_weights_but_sites_have_none() -> None:
    plan = replace(PLAN, strategy="weighted", weights={NODES[1]: 3.0})
    for line in ("route next", "route split", "route balancer"):
        assert (said(line, plan).strategy, said(line, plan).weights) == ("weighted", {NODES[1]: 3.0})
    assert (said("sites cart", plan).strategy, said("sites cart", plan).weights) == ("", {})


def test_the_weight_of_a_node_that_has_left_is_forgotten() -> None:
    plan = replace(PLAN, weights={NODES[1]: 3.0, "10.9.9.9:6379": 5.0})
    assert said("rate 50", plan).weights == fitted(plan, ORDERS_GROUP).weights == {NODES[1]: 3.0}


def test_a_node_without_an_address_is_left_out_and_ends_nothing() -> None:
    lost = replace(ORDERS_GROUP.nodes[0], address=":0")
    group = replace(ORDERS_GROUP, nodes=(lost, *ORDERS_GROUP.nodes))
    route = build(said("route split"), {group.name: group}, lambda node: Access())
    assert [row.address for row in route.stats().nodes] == [node.address for node in ORDERS_GROUP.nodes]
    with pytest.raises(BadRoute, match="no node of orders is known yet"):
        build(PLAN, {group.name: replace(group, nodes=(lost,))}, lambda node: Access())


def test_a_balancer_never_writes() -> None:
    plan = said("route balancer", replace(PLAN, writes=0.2))
    assert plan.writes == 0.0
    for line in ("writes on", "writes toggle", "writes 10"):
        with pytest.raises(BadRoute, match="a balancer asks any node, and replicas take no writes"):
            said(line, plan)
    for line in ("writes off", "writes 0"):
        assert said(line, plan) == plan


def test_sites_have_a_consistency_and_neither_strategy_nor_weights() -> None:
    plan = said("sites cart")
    assert (plan.route, plan.others, plan.consistency) == ("sites", ("cart",), "majority")
    assert said("consistency next", plan).consistency == "strong"
    for line in ("strategy random", f"weight {NODES[0]} 2"):
        with pytest.raises(BadRoute, match="sites ha"):
            said(line, plan)
    assert said("route split", plan).others == ()


def test_the_group_of_the_primary_site_leads_and_each_site_keeps_its_name() -> None:
    plan = with_sites(PLAN, [("west", "cart"), ("east", "orders")], ["east"])
    assert (plan.group, plan.others, plan.route, plan.consistency) == ("orders", ("cart",), "sites", "majority")
    assert plan.named == {"cart": "west", "orders": "east"}


@pytest.mark.parametrize(
    ("sites", "primaries", "complaint"),
    [
        (["a=orders", "b=cart"], [], "no site is primary: say which one of a, b"),
        (["a=orders", "b=cart"], ["a", "b"], "a and b are both primary: only one site can be"),
        (["a=orders", "b=cart"], ["c"], "there is no site 'c' to be primary: there are a, b"),
        (["a=orders", "a=cart"], ["a"], "the site 'a' is named twice"),
        (["a=orders", "b=orders"], ["a"], "the group 'orders' is named twice"),
        (["a=orders"], ["a"], "the route sites needs two sites at least"),
    ],
)
def test_sites_that_make_no_route_are_one_sentence(sites: list[str], primaries: list[str], complaint: str) -> None:
    pairs = [(site.partition("=")[0], site.partition("=")[2]) for site in sites]
    with pytest.raises(BadRoute) as caught:
        with_sites(PLAN, pairs, primaries)
    assert str(caught.value).startswith(complaint)


def test_the_site_that_the_config_calls_primary_leads_where_one_of_the_groups_stands_there() -> None:
    groups = {"orders": replace(ORDERS_GROUP, site="fra"), "cart": replace(CART, site="ams")}
    plan = said("sites cart")
    assert led(plan, groups, "ams").groups == ("cart", "orders")
    for none_other in ("fra", "mars", None):
        assert led(plan, groups, none_other) == plan
    assert led(PLAN, groups, "ams") == PLAN
    assert fitted(led(plan, groups, "ams"), ORDERS_GROUP).groups == ("cart", "orders")


def test_the_strategy_of_a_cluster_alone_is_not_carried_over() -> None:
    assert fitted(replace(first_plan(CART), strategy="primary"), ORDERS_GROUP).strategy == ""


def test_another_group_keeps_what_can_be_kept() -> None:
    plan = replace(PLAN, rate=50.0, strategy="random", weights={NODES[0]: 2.0})
    moved = fitted(plan, CART)
    assert (moved.group, moved.route, moved.rate, moved.strategy, moved.weights) == (
        "cart",
        "cluster",
        50.0,
        "random",
        {},
    )
    assert fitted(plan, ORDERS_GROUP) == plan


@given(st.lists(st.sampled_from(["up", "down"])))
def test_steps_of_the_rate_stay_within_bounds(steps: list[str]) -> None:
    plan = PLAN
    for step in steps:
        plan = said(f"rate {step}", plan)
    assert RATES[0] <= plan.rate <= RATES[-1] <= MOST


@given(st.lists(st.text(max_size=8), min_size=1, max_size=3).filter(lambda words: words[0] not in ("up", "down")))
def test_any_words_give_a_plan_or_a_sentence(words: list[str]) -> None:
    for order in (*ORDERS, "other"):
        with suppress(BadRoute):
            assert told(PLAN, [order, *words], ORDERS_GROUP, NODES).route in FITTING["sentinel"]
