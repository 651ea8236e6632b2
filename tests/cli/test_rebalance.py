"""Slot moves by `redistui plan` and `do`: what is bad input, the documents, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.engine.journal import Journal
from tests.cli.test_plan_and_do import run
from tests.engine.test_balance_servers import check_is_fine, owners
from tests.waiting import eventually

Group = Callable[..., RunningGroup]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


@pytest.mark.versions("valkey-9.1")
def test_bad_input_is_a_sentence_and_2_and_what_the_fleet_refuses_is_5(cluster_group: Group, journal: Journal) -> None:
    group = cluster_group(replicas=0)
    a, b, _ = (server.address for server in group.nodes)
    table: list[tuple[int, str, tuple[str, ...]]] = [
        (2, "end before they begin", ("reshard", "--from", a, "--to", b, "--slots", "5-3")),
        (2, "wants --slots", ("reshard", "--from", a, "--to", b)),
        (2, "not 'nan'", ("rebalance", "--weight", f"{a}=nan")),
        (5, "nothing is to be moved", ("rebalance",)),
        (5, "knows of no operation", ("undo", "ffffffff")),
    ]
    for code, words, argv in table:
        done = run("plan", *argv, "--target", group.target, journal=journal)
        assert done.code == code, (argv, done.out, done.err)
        assert words in " ".join((done.out + done.err).split()), (argv, done.out, done.err)
        assert "Traceback" not in done.err
    assert not journal.path.exists()


@pytest.mark.versions("valkey-9.1")
def test_slots_go_and_come_back_and_the_documents_tell_of_it(cluster_group: Group, journal: Journal) -> None:
    group = cluster_group(replicas=0)
    a, b, _ = group.nodes
    for number in range(50):
        a.ask("SET", f"{{06S}}:{number}", "x" * 100)  # slot 0
    words = ("reshard", "--from", a.address, "--to", b.address, "--slots", "0-9", "--target", group.target, "--json")
    plan = json.loads(run("plan", *words, journal=journal).out)
    (move,) = plan["moves"]
    assert (move["slots"], move["from"], move["to"], move["keys"]) == ([[0, 9]], a.address, b.address, 50)
    assert move["bytes"] > 5000
    assert move["seconds"] > 0
    assert (plan["before"][a.address]["slots"], plan["after"][a.address]["slots"]) == (5461, 5451)
    assert (plan["before"][b.address]["keys"], plan["after"][b.address]["keys"]) == (0, 50)
    done = json.loads(run("do", *words, "--yes", journal=journal).out)
    assert (done["outcome"], len(done["moves"]), done["moves"][0]["keys"]) == ("verified", 1, 50)
    assert owners(a)[0] == owners(b)[9] == b.address
    back = run("do", "undo", done["operation"], "--target", group.target, "--json", "--yes", journal=journal)
    assert (back.code, json.loads(back.out)["outcome"]) == (0, "verified"), (back.out, back.err)
    assert owners(a)[0] == owners(b)[9] == a.address
    assert a.ask("DBSIZE") == 50
    eventually(lambda: check_is_fine(a))
    again = run("plan", "undo", done["operation"], "--target", group.target, journal=journal)
    assert again.code == 5
    assert "nothing to take back" in " ".join(again.out.split())
