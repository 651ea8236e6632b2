"""`redistui canary` as a script meets it: what makes no canary, its figures, and its exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from redistui.cli.canary import check, planned, sites_of
from redistui.cli.exits import Quit
from redistui.cli.parser import parse
from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.model import Fleet, Group, Site
from redistui.model.canaries import CanaryPlan
from redistui.route.failures import BadRoute
from tests import fleets
from tests.cli.running import environment, redistui

A, B = "10.20.0.11:6379", "10.20.0.12:6379"
TWO = ["--site", "east=orders", "--site", "west=cart"]


def fleet(primary: str | None = None) -> Fleet:
    """orders at fra, cart at ams, and a group of which nothing is known."""
    orders, cart = fleets.quiet().groups
    groups = (replace(orders, site="fra"), replace(cart, site="ams"), Group("bare", "replication", ()))
    sites = () if primary is None else (Site(primary, (), primary=True),)
    return replace(fleets.quiet(), groups=groups, sites=sites)


def plan_of(words: list[str], primary: str | None = None) -> CanaryPlan:
    _, args = parse(["canary", *words])
    check(args)
    return planned(args, fleet(primary), sites_of(args))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--route", "slpit"], "there is no route 'slpit': use one of split, sentinel, cluster, sites, balancer"),
        (["--strategy", "rr"], "there is no strategy 'rr': use one of round-robin"),
        (["--consistency", "some"], "there is no consistency 'some': use one of eventual, majority, strong"),
        ([], "which group? name it with --group: orders, cart, bare"),
        (["--group", "ordesr"], "there is no group 'ordesr'; did you mean 'orders'?"),
        (["--group", "orders", "--weight", "x:1=2"], f"x:1 is no node of orders: its nodes are {A}"),
        (["--group", "orders", "--weight", f"{A}=-1"], "'-1' is no weight: a number, 0 or above"),
        (["--group", "orders", "--weight", f"{A}=nan"], "'nan' is no weight"),
        (["--group", "orders", "--weight", A], f"--weight '{A}': say NODE=NUMBER"),
        (["--group", "orders", "--route", "cluster"], "orders cannot be reached by the route cluster"),
        (["--group", "orders", "--rate", "0"], "'0' is no rate"),
        (["--group", "orders", "--writes", "101"], "'101' is no share of writes"),
        (["--group", "orders", "--consistency", "strong"], "only the route sites has a consistency"),
        (["--group", "orders", "--route", "balancer", "--writes", "5"], "a balancer asks any node"),
        (["--route", "sites"], "--route sites wants the sites: --site NAME=GROUP for each of them"),
        (["--route", "split", *TWO], "--site and --primary-site belong to --route sites, and this one is split"),
        (["--group", "orders", *TWO], "--group is for one group"),
        (["--primary-site", "east"], "--primary-site wants the sites themselves too"),
        (TWO, "no site is primary: say which one of east, west"),
        ([*TWO, "--primary-site", "east", "--primary-site", "west"], "east and west are both primary"),
        ([*TWO, "--primary-site", "mars"], "there is no site 'mars' to be primary"),
        ([*TWO, "--primary-site", "east", "--strategy", "random"], "the route sites has no strategy"),
        ([*TWO, "--primary-site", "east", "--weight", f"{A}=2"], "sites have no weights"),
        (["--site", "east=orders", "--site", "west="], "site west has no nodes: --site west=GROUP names the group"),
        (["--site", "east=orders", "--site", "west=bare"], "site west has no nodes: none of the group bare is known"),
        (["--site", "east=orders", "--site", "west=mars"], "there is no group 'mars'"),
        (["--site", "=orders"], "--site '=orders': say NAME=GROUP"),
        (["--site", "east=orders", "--primary-site", "east"], "the route sites needs two sites at least"),
    ],
)
def test_what_makes_no_canary_is_one_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises((BadRoute, Quit)) as caught:
        plan_of(words)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_its_words_make_the_plan_of_the_routes_screen() -> None:
    words = ["--group", "orders", "--route", "split", "--rate", "50", "--writes", "25", "--weight", f"{B}=3"]
    assert plan_of(words) == CanaryPlan("orders", "split", "weighted", rate=50.0, writes=0.25, weights={B: 3.0})
    assert plan_of(["--group", "cart"]).route == "cluster"


@pytest.mark.parametrize(
    ("words", "primary", "first"),
    [(["--primary-site", "west"], None, "cart"), ([], "west", "cart"), ([], "ams", "cart"), ([], "fra", "orders"),
     (["--primary-site", "east"], "west", "orders")],
)  # fmt: skip
def test_the_primary_site_is_the_one_that_is_named_else_that_of_the_config(
    words: list[str], primary: str | None, first: str
) -> None:
    plan = plan_of([*TWO, *words], primary)
    assert (plan.group, set(plan.groups)) == (first, {"orders", "cart"})
    assert plan.named == {"orders": "east", "cart": "west"}


@pytest.mark.versions("redis-7.0")
def test_one_that_only_reads_tells_its_figures_and_writes_nothing(standing_fleet: DemoFleet) -> None:
    target = standing_fleet.groups["catalog"].target
    words = ["--strategy", "round-robin", "--rate", "100", "--seconds", "2", "--timeout", "20"]
    ended = redistui("canary", target, *words, "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert (found["route"], found["strategy"], found["writes"], found["refused"]) == ("cluster", "round-robin", 0, 0)
    assert found["acked"] > 10
    assert 0 < found["cross_slot"] < found["acked"]
    assert found["latency_ms"]["reads"]["p50"] <= found["latency_ms"]["reads"]["p99"]
    assert {node["role"] for node in found["nodes"]} == {"primary", "replica"}
    ended = redistui("canary", target, "--writes", "10")
    assert (ended.code, ended.out) == (2, "")
    assert "say --yes, or run it at a terminal" in ended.err


@pytest.mark.versions("valkey-9.1")
def test_the_exit_code_says_whether_anything_was_acknowledged(
    replication_group: Callable[..., RunningGroup],
) -> None:
    node = replication_group(replicas=0).nodes[0]
    target = f"redis://{node.address}"
    words = ["canary", target, "--seconds", "1", "--timeout", "20"]
    ended = redistui(*words, "--writes", "50", "--yes")
    assert ended.code == 0, ended.err
    assert "writes 50%" in ended.out
    keys = [str(key) for key in node.ask("KEYS", "*")]
    assert keys
    assert all(key.startswith("redistui:canary:") and 0 < node.ask("TTL", key) <= 600 for key in keys)

    node.ask("ACL", "SETUSER", "poor", "on", ">pw", "+ping", "+role", "+info", "+client", "+command")
    ended = redistui(*words, env={"REDISTUI_CANARY_USER": "poor", "REDISTUI_CANARY_PASSWORD": "pw"})
    assert ended.code == 4, ended.err
    assert "poor may not do this at" in ended.err
    ended = redistui(*words, env={"REDISTUI_CANARY_USER": "poor"})
    assert ended.code == 2
    assert "the password of poor" in ended.err
    ended = redistui("drill", "pause-writes", "1", target, "--yes", env={"REDISTUI_CANARY_USER": "poor"})
    assert ended.code == 2
    assert "the password of poor" in ended.err
    assert "by REDISTUI_CANARY_PASSWORD in the environment" in ended.err
    node.ask("CONFIG", "SET", "requirepass", "sesame")
    ended = redistui("status", target)
    assert ended.code == 3
    assert "wants a password, or refuses ours; give ours by password_file" in ended.err
    assert redistui("canary", "redis://127.0.0.1:1").code == 3


@pytest.mark.versions("valkey-9.1")
def test_ctrl_c_ends_it_with_its_figures(standing_fleet: DemoFleet) -> None:
    target = standing_fleet.groups["orders"].target
    argv = [sys.executable, "-m", "redistui", "canary", target, "--seconds", "600", "--timeout", "20", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True, env=environment()) as running:
        assert running.stderr is not None
        assert "acknowledged" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert json.loads(out)["acked"] > 0
