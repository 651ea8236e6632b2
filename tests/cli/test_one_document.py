"""--json prints exactly one JSON document whatever happens: wrong use, nobody there, an unknown operation, a signal."""

from __future__ import annotations

import json
import signal

import pytest

from redistui.cli.exits import REFUSED, UNREACHED, USAGE, of_signal
from redistui.cli.main import run
from redistui.cli.parser import parser_of
from redistui.cli.verbs import VERBS
from tests.cli.running import redistui, signalled

NOBODY = "redis://127.0.0.1:1"
ALONE = [verb.name for verb in VERBS if "--json" in parser_of(verb, ())._option_string_actions]
"""Verbs that take --json."""
LOOKING = {
    "status": [], "check": [], "report": [], "whatif": ["--kill", "10.0.0.1:6379"], "key": ["k", "--target"],
    "canary": [], "plan": ["failover"], "do": ["failover", "--yes"], "drill": ["failover", "--yes"], "acl": [],
}  # fmt: skip
"""Verbs that connect to a target, and the words that stand before it."""
ENDED = {
    "keys": [], "themes": [], "info": [], "acl": [], "key": ["k"], "config": ["show"], "journal": ["--verify"],
}  # fmt: skip
WRONG = {"journal": ["--last", "0"], "replay": ["/nowhere"], "config": ["validate", "--config", "/nowhere"]}


def document(out: str):
    assert out.endswith("\n")
    assert out.count("\n") == 1, out
    return json.loads(out)


def test_every_verb_that_takes_json_is_here():
    assert set(ALONE) == {*LOOKING, *ENDED, *WRONG}


@pytest.mark.parametrize("verb", ALONE)
def test_wrong_use(verb):
    ended = redistui(verb, "--json", "--no-such-thing")
    told = document(ended.out)
    assert (ended.code, told["exit"]) == (USAGE, USAGE)
    assert told["error"] == [sentence.removeprefix("redistui: ") for sentence in ended.sentences]


def test_each_of_several_command_lines_of_one_process_has_its_own(capsys):
    for words in (["keys", "--json"], ["keys", "--json", "--no-such-thing"], ["themes", "--json", "--no-such-thing"]):
        run(words, lambda: None)
        assert document(capsys.readouterr().out)


@pytest.mark.parametrize("verb", WRONG)
def test_what_cannot_be_read(verb):
    ended = redistui(verb, "--json", *WRONG[verb])
    told = document(ended.out)
    assert ended.code == USAGE
    assert told.get("error") or told["problems"]


@pytest.mark.parametrize("verb", ENDED)
def test_what_asks_no_server(verb):
    ended = redistui(verb, "--json", *ENDED[verb])
    assert ended.code == 0
    assert document(ended.out)


@pytest.mark.parametrize("verb", LOOKING)
def test_nobody_is_there(verb, tmp_path):
    ended = redistui(verb, "--json", *LOOKING[verb], NOBODY, env={"XDG_STATE_HOME": str(tmp_path)})
    told = document(ended.out)
    assert ended.code == UNREACHED
    if verb == "status":  # has its own, whole document
        assert told["groups"][0]["nodes"][0]["fault"]
    else:
        assert (told["exit"], len(told["error"])) == (UNREACHED, 1)


@pytest.mark.parametrize(
    ("verb", "number"),
    [(verb, signal.SIGTERM) for verb in LOOKING] + [("status", signal.SIGINT), ("do", signal.SIGINT)],
)
def test_a_signal_before_anything_was_seen(verb, number, tmp_path):
    ended = signalled(number, verb, "--json", *LOOKING[verb], env={"XDG_STATE_HOME": str(tmp_path)})
    told = document(ended.out)
    assert (ended.code, told["exit"], told["error"]) == (of_signal(number), of_signal(number), ["interrupted"])


@pytest.mark.parametrize("verb", ["plan", "do"])
@pytest.mark.parametrize("action", ["undo", "resume"])
def test_an_operation_that_the_journal_does_not_know_is_refused(verb, action):
    ended = redistui(verb, "--json", action, "0123", *(["--yes"] if verb == "do" else []))
    told = document(ended.out)
    assert (ended.code, told["outcome"], told["action"]) == (REFUSED, "refused", action)
    assert told["refusals"] == told["error"]
    assert (told["steps"], told["verified"], told["operation"]) == ([], [], None)


@pytest.mark.parametrize(
    ("words", "outcome"),
    [(["failovr"], "refused"), (["failover"], "refused"), (["reshard"], "refused"), (["failover", "-x"], "refused")],
)
def test_an_action_that_cannot_even_be_planned_says_that_nothing_was_sent(words, outcome):
    ended = redistui("do", "--json", *words)
    assert (ended.code, document(ended.out)["outcome"]) == (USAGE, outcome)


def test_an_action_whose_end_was_not_seen_is_not_called_refused():
    from argparse import Namespace

    from redistui.cli.do import absent

    told = absent(Namespace(action="failover", fired=True), 130, ["interrupted"])
    assert (told["outcome"], told["refusals"], told["message"]) == ("unknown", [], "interrupted")


@pytest.mark.parametrize("words", [["do", "redis://ann:hunter2@h"], ["do", "undo", "ann:hunter2@h:1", "--yes"]])
def test_a_password_in_a_wrong_place_is_in_no_document_and_no_sentence(words):
    ended = redistui(*words, "--json")
    assert document(ended.out)["exit"] in (USAGE, REFUSED)
    assert "hunter2" not in ended.out + ended.err


def test_a_password_in_a_wrong_place_of_the_config_is_told_by_nobody(tmp_path):
    (tmp_path / "c.toml").write_text('[sites.east]\nmembers = ["redis://ann:hunter2@h"]\n')
    ended = redistui("config", "validate", "--json", "--config", str(tmp_path / "c.toml"))
    assert (ended.code, document(ended.out)["valid"], "hunter2" in ended.out + ended.err) == (USAGE, False, False)


def test_without_json_stdout_stays_empty():
    assert redistui("check", NOBODY).out == ""


def test_a_journal_that_cannot_be_read_is_not_said_to_know_nothing(tmp_path):
    (told,) = redistui("plan", "undo", "0123", env={"REDISTUI_JOURNAL": str(tmp_path)}).sentences
    assert told.startswith("redistui: the journal, which would tell of operation '0123', cannot be read: ")
    assert told.endswith(f"{tmp_path}: is no regular file")
