"""`redistui plan` and `do site-failover`: what a script gets, and a console that is killed in the middle of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import role_of
from redistui.demo.servers import Server
from redistui.demo.shapes import two_sites
from redistui.engine.journal import Journal
from tests.cli.running import Ended, redistui
from tests.cli.test_plan_and_do import killed_at, states
from tests.engine.site_stage import SHAPES, writers
from tests.waiting import eventually

Start = Callable[..., DemoFleet]


def config_of(fleet: DemoFleet, folder: Path) -> Path:
    """Each group as a fleet, all of them as the default, and the sites."""
    lines = ['default = "all"', "[fleets.all]", f"targets = {json.dumps(list(fleet.groups))}"]
    for group in fleet.groups.values():
        lines += [f"[fleets.{group.name}]", f"targets = [{json.dumps(group.target)}]"]
    for site in fleet.sites:
        lines += [f"[sites.{site.name}]", f"members = {json.dumps(list(site.members))}"]
    path = folder / "config.toml"
    path.write_text("\n".join([*lines, ""]))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def run(config: Path, journal: Journal, *words: str) -> Ended:
    env = {"REDISTUI_JOURNAL": str(journal.path), "REDISTUI_CONFIG": str(config)}
    return redistui(*words, env=env, seconds=120)


def document(done: Ended) -> dict[str, Any]:
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def at(fleet: DemoFleet, site: str) -> list[Server]:
    """Data nodes that stand there."""
    members = next(one.members for one in fleet.sites if one.name == site)
    return [node for group in fleet.groups.values() for node in group.nodes if node.address in members]


def masters(servers: list[Server]) -> int:
    return sum(role_of(server) == "master" for server in servers)


@pytest.mark.versions("redis-6.2")
def test_a_console_that_is_killed_leaves_operations_that_are_resumed_one_by_one(
    demo_fleet: Start, journal: Journal, tmp_path: Path
) -> None:
    fleet = demo_fleet(SHAPES)
    config = config_of(fleet, tmp_path)
    canary = writers(fleet.groups)
    try:
        eventually(canary.goes, 30)
        words = ("do", "site-failover", "west", "--yes", "--config", str(config))
        killed_at("done", "SENTINEL FAILOVER orders", *words, journal=journal)
        left = journal.unfinished()
        assert "orders" in {one.group for one in left}
        whole = [one for one in left if one.past is None]  # told of where not all of its parts were begun
        assert [one.action for one in whole if not one.parts] == []
        for one in left:
            if one not in whole:
                eventually(partial(resumed, config, journal, one.operation), 60)
        assert [one.operation for one in journal.unfinished()] == [one.operation for one in whole]
        eventually(lambda: moved(config, journal, fleet), 60)  # what had not been begun
        assert journal.unfinished() == ()
        eventually(canary.goes_on, 30)
    finally:
        canary.stop()
    assert masters(at(fleet, "east")) == 0
    assert masters(at(fleet, "west")) == 4
    assert canary.lost() == []
    assert [state for command, state in states(journal) if command.startswith("SENTINEL FAILOVER")] == [
        "sending",
        "done",
    ]


def resumed(config: Path, journal: Journal, operation: str) -> bool:
    """Whether it is done, or found not to have begun; it is refused as long as the servers are just changing who is
    who."""
    done = run(config, journal, "do", "resume", operation, "--yes", "--json")
    assert done.out, done.err
    found = document(done)
    return found["outcome"] == "verified" or str(found["message"]).startswith("Nothing has changed")


def moved(config: Path, journal: Journal, fleet: DemoFleet) -> bool:
    """Whether everything is in the west; what is not is sent there."""
    if masters(at(fleet, "east")):
        run(config, journal, "do", "site-failover", "west", "--yes")
    return masters(at(fleet, "east")) == 0 and masters(at(fleet, "west")) == 4


@pytest.mark.versions("valkey-9.1")
def test_documents_and_exit_codes(demo_fleet: Start, journal: Journal, tmp_path: Path) -> None:
    fleet = demo_fleet((two_sites("sessions"),))
    config = config_of(fleet, tmp_path)
    nowhere = run(config, journal, "plan", "site-failover", "north", "--json")
    assert nowhere.code == 5
    assert document(nowhere)["refusals"] == ["no data node stands at a site 'north'; known: east, west"]
    assert document(nowhere)["group"] == "north"
    bare = run(config, journal, "do", "site-failover", "west", "--unplanned", "--yes")
    assert bare.code == 2
    assert "who fenced the other site, and how" in bare.err
    planned = document(run(config, journal, "plan", "site-failover", "west", "--json"))
    assert [(one["group"], one["state"], one["percent"]) for one in planned["groups"]] == [("sessions", "waits", 0)]
    assert planned["confirm"] == planned["group"] == "west"
    assert not journal.path.exists()
    done = run(config, journal, "do", "site-failover", "west", "--yes", "--json")
    assert done.code == 0, done.err
    (group,) = document(done)["groups"]
    assert {name: group[name] for name in ("group", "state", "percent", "outcome")} == {
        "group": "sessions",
        "state": "moved",
        "percent": 100,
        "outcome": "verified",
    }
    assert "sessions 100 % moved" in done.err
    assert group["operation"] != document(done)["operation"]
    told = run(config, journal, "journal", "--json").out
    assert {json.loads(line)["operation"] for line in told.splitlines()} == {
        group["operation"],
        document(done)["operation"],
    }
