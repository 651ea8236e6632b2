"""`--help`: it fits the terminal, has examples that can be typed, and tells of an action only what is that action's."""

from __future__ import annotations

import re
import shlex

import pytest

from redistui.cli.examples import EXAMPLES
from redistui.cli.parser import parse, parser_of
from redistui.cli.verbs import VERBS, verb_named
from redistui.ops.actions import ACTIONS
from tests.cli.running import redistui

WITHOUT = {"themes", "keys", "info"}
"""Verbs that need no example: the whole of it is the word."""


def help_of(verb: str, *words: str) -> str:
    found = verb_named(verb)
    assert found is not None
    return parser_of(found, words).format_help()


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("verb", [verb.name for verb in VERBS])
def test_every_line_of_help_fits_the_terminal(verb, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    texts = [help_of(verb), *(help_of(verb, action.name) for action in ACTIONS if verb in ("plan", "do", "drill"))]
    lines = [line for text in texts for line in text.splitlines()]
    wide = [line for line in lines if len(line) > columns and " " in line.strip()]
    assert wide == []


def test_every_action_is_listed_on_lines_of_its_own():
    said = help_of("do")
    for action in ACTIONS:
        assert re.search(rf"^  {action.name}( |$)", said, re.MULTILINE), action.name
    assert "--minority]" in said
    assert not re.search(r"\][A-Z]", said)


@pytest.mark.parametrize("verb", ["plan", "do", "drill"])
def test_the_help_of_an_action_has_its_options_and_no_other_action_s(verb):
    said = help_of(verb, "failover", "--help")
    assert said.startswith(f"usage: redistui {verb} failover [--to REPLICA] [--minority]")
    assert "--to REPLICA" in said
    assert "most Sentinels" in said
    assert "--takeover" not in said
    assert "For any group." in said
    assert "For clusters." in help_of(verb, "rebalance")


def test_help_is_a_word_too(capsys):
    for words, begins in (
        (["help"], "usage: redistui [-h]"),
        (["help", "status"], "usage: redistui status"),
        (["help", "do", "failover"], "usage: redistui do failover"),
    ):
        with pytest.raises(SystemExit) as ended:
            parse(words)
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(begins)


def test_every_verb_has_examples_that_can_be_typed():
    assert set(EXAMPLES) == {verb.name for verb in VERBS} - WITHOUT
    for verb, examples in EXAMPLES.items():
        for line, _ in examples:
            (typed,) = re.findall(r"redistui[^|)]*", line)
            assert parse(shlex.split(typed)[1:])[0].name == verb, line


@pytest.mark.parametrize(
    ("words", "missing"), [(["do"], "ACTION"), (["record"], "FILE"), (["config"], "path|show|validate")]
)
def test_what_is_missing_is_named_and_what_may_be_left_out_is_not(words, missing):
    assert redistui(*words).sentences == [
        f"redistui: the following arguments are required: {missing} (see redistui {words[0]} --help)"
    ]
