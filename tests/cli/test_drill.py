"""`redistui drill` as a script meets it: what it refuses, its documents, and its exit codes."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from redistui.cli.drill_deeds import Again, remember, turned_round
from redistui.cli.main import run
from redistui.model import Fleet
from tests import fleets
from tests.cli.running import Ended, redistui
from tests.drill.lines import Line, back, head, phases, read, written, wrote

SEEN = {
    "acked", "lost", "phantom", "stale_reads", "write_outage_ms", "read_outage_ms", "first_error_ms", "errors",
    "double_primary_ms",
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "a drill is of one action, or one of --kill, --hang, --partition; see redistui drill --help"),
        (["failover", "--kill", "primary", "--yes"], "a drill is of one action, or one of --kill"),
        (["--kill", "primary", "--hang", "primary", "--yes"], "a drill is of one action"),
        (["--kill", "primary", "--target", "redis://h:1", "--yes"], "--kill takes no target: only servers that the"),
        (["plain-sentinel-failover", "redis://h:1", "--yes"], "plain-sentinel-failover takes no target: only servers"),
        (["failover", "--demo", "--target", "redis://h:1", "--yes"], "--demo takes no target: only servers that the"),
        (["failover"], "a drill writes to the servers and runs an action: say --yes, or run it at a terminal"),
        (["--kill", "primary"], "a drill writes to the servers and runs an action: say --yes"),
        (["resume", "ab12", "--yes"], "resume goes on with what was begun, and is no drill"),
        (["failovr", "--yes"], "no action is called 'failovr'; did you mean 'failover'?"),
        (["failover", "--yes", "--json", "--markdown"], "--json and --markdown: one of them"),
        (["failover", "--yes", "--repeat", "0"], "'0' is no whole number from 1 to 1000"),
        (["failover", "--yes", "--max-lost", "-1"], "argument --max-lost"),
        (["failover", "--yes", "--max-outage", "soon"], "'soon' is no number of seconds"),
        (["failover", "--yes", "--rate", "1e3"], "'1e3' is no whole number from 1 to 1000"),
        (["--read", "/nowhere.jsonl"], "the drill's log /nowhere.jsonl cannot be read: No such file or directory"),
        (
            ["failover", "--yes", "--log", "/dev/null/x"],
            "the drill's log /dev/null/x cannot be written: its folder is none; name another with --log",
        ),
    ],
)
def test_what_makes_no_drill_is_one_sentence_and_exit_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("REDISTUI_CONFIG", "/dev/null")
    assert run(["drill", *words], lambda: None) == 2  # type: ignore[arg-type, return-value]
    said = capsys.readouterr()
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert bool(said.out) is ("--json" in words)
    assert not list(tmp_path.rglob("*"))


def test_a_struck_server_must_be_one_that_is_there(tmp_path: Path) -> None:
    ended = redistui("drill", "--kill", "mars", "--yes", env={"XDG_STATE_HOME": str(tmp_path)})
    assert ended.code == 2
    assert "orders has no server called mars: use one of primary, replica, orders-1" in ended.err


def lossy() -> list[Line]:
    marks = phases(warm=0.0, before=0.0, action=1.0, settle=2.0, after=3.0, end=4.0)
    lines = [wrote(i, i / 10) for i in range(40) if not 12 < i < 20] + [read(0.5, None)]
    ends: list[Line] = [
        {"what": "step", "text": "do it", "state": "done", "ms": 12.5},
        {"what": "done", "outcome": "verified", "message": "done, and verified."},
        {"what": "settled", "missing": ""},
    ]
    return [head(), *marks, *lines, *ends, back([[0, 39]], [[0, 36]])]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return written(lossy(), tmp_path / "log.jsonl")


def shown(log: Path, *words: str) -> Ended:
    return redistui("drill", "--read", str(log), *words)


def test_the_document_has_the_contracts_keys_and_the_logs_figures(log: Path) -> None:
    ended = shown(log, "--json")
    assert ended.code == 0
    found: dict[str, Any] = json.loads(ended.out)
    assert found.keys() >= {"action", "runs", "objective", "passed"}
    (run,) = found["runs"]
    assert run.keys() >= SEEN | {"clients", "shards"}
    assert (found["action"], found["passed"], found["objective"]) == ("failover", True, None)
    assert (run["acked"], run["lost"], run["write_outage_ms"]) == (33, 3, pytest.approx(700.0))
    assert run["clients"][0].keys() >= SEEN | {"client"}
    assert run["shards"][0].keys() >= SEEN | {"tag", "group", "primary"}


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--max-lost", "3", "--max-outage", "0.8s"), 0, ""),
        (("--max-lost", "2"), 4, "3 acknowledged writes were lost, 2 may be"),
        (("--max-outage", "0.5s"), 4, "700ms went by without writes, 500ms may"),
    ],
)
def test_a_missed_objective_is_said_and_is_exit_4(log: Path, words: tuple[str, ...], code: int, reason: str) -> None:
    ended = shown(log, *words)
    assert ended.code == code
    assert ("objective missed" in ended.out) == bool(code)
    assert ("objective met" in ended.out) == (not code)
    assert reason in ended.out
    assert json.loads(shown(log, *words, "--json").out)["passed"] == (code == 0)


def test_a_drill_that_was_broken_off_meets_no_objective(tmp_path: Path) -> None:
    torso = [line for line in lossy() if line.get("name") != "end"]
    ended = shown(written(torso, tmp_path / "torso.jsonl"), "--max-lost", "99")
    assert ended.code == 4
    assert "The run was ended before its end: these are the figures of a torso." in ended.out


def test_several_runs_are_told_with_minimum_median_and_maximum(tmp_path: Path) -> None:
    calm = [line | ({"present": [[0, 39]]} if line["what"] == "back" else {}) for line in lossy()]
    path = written([*lossy(), *calm, *calm], tmp_path / "three.jsonl")
    out = shown(path).out
    assert "run 3 of 3" in out
    assert [line.split()[-3:] for line in out.splitlines() if "acknowledged writes lost  " in line] == [["0", "0", "3"]]


def test_markdown_is_tables_in_which_nothing_from_a_server_is_markup(tmp_path: Path) -> None:
    evil = lossy()
    evil[0]["shards"][0]["group"] = "a|b*c\x1b[31m<x>"
    ended = shown(written(evil, tmp_path / "evil.jsonl"), "--markdown")
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert r"a\|b\*c\\x1b\[31m\<x\>" in ended.out
    assert "| client | acked | refused | unknown | lost | phantom | stale |" in ended.out


def test_a_log_of_something_else_is_a_sentence(tmp_path: Path) -> None:
    ended = shown(written([{"what": "drill"}], tmp_path / "odd.jsonl"))
    assert (ended.code, len(ended.sentences)) == (2, 1)
    assert "this is no drill's log, or not a whole one" in ended.err


def test_a_second_run_goes_back_to_where_the_first_one_came_from() -> None:
    fleet = fleets.quiet()
    group = next(group for group in fleet.groups if group.kind == "sentinel")
    primary, replica = (next(n for n in group.nodes if n.role == role) for role in ("primary", "replica"))
    again = Again()
    remember(again, fleet)
    roles = {primary.address: "replica", replica.address: "primary"}
    nodes = tuple(replace(node, role=roles.get(node.address, node.role)) for node in group.nodes)  # type: ignore[arg-type]
    after = replace(fleet, groups=(replace(group, nodes=nodes),))
    args = Namespace(arguments=[replica.address, "on"], to=replica.address)
    turned_round(args, again, after)
    assert (args.arguments, args.to) == ([primary.address, "on"], primary.address)
    turned_round(args, again, fleet)
    assert args.arguments == [primary.address, "on"]


def test_a_site_that_has_taken_over_gives_back() -> None:
    def at(site: str) -> Fleet:
        group = next(group for group in fleets.quiet().groups if group.kind == "sentinel")
        nodes = tuple(replace(node, site=site if node.role == "primary" else "north") for node in group.nodes)
        return replace(fleets.quiet(), groups=(replace(group, nodes=nodes),))

    again = Again()
    remember(again, at("east"))
    args = Namespace(arguments=["west"], to=None)
    turned_round(args, again, at("west"))
    assert args.arguments == ["east"]
