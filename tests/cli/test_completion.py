"""The tab key: what fits after the words that stand there, and the scripts that ask for it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from redistui.cli.completion import BASH, FISH, ZSH, fitting
from redistui.ops.actions import ACTIONS
from tests.cli.running import redistui


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text('[fleets.orders]\ntargets = ["redis://h"]\n[fleets.staging]\ntargets = ["redis://i"]\n')
    return str(file)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["sta"], ["staging", "status"]),
        (["status", "o"], ["orders"]),
        (["status", "orders", "--js"], ["--json"]),
        (["do", "fail"], ["failover"]),
        (["do", "failover", "or"], ["orders"]),
        (["do", "failover", "--m"], ["--minority"]),
        (["do", "rebalance", "--we"], ["--weight"]),
        (["do", "failover", "--we"], []),
        (["config", "v"], ["validate"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["--theme", "li"], ["light"]),
        (["--theme=li"], ["--theme=light"]),
        (["key", "--target=st"], ["--target=staging"]),
        (["demo", "--shape", "c"], ["cluster"]),
        (["key", "--target", "st"], ["staging"]),
        (["replay", "s"], []),
        (["status", "--at", ""], []),
    ],
)
def test_what_fits(typed, found, config):
    assert fitting(typed, config) == found


def test_two_dashes_are_the_beginning_of_every_option(config):
    ended = redistui("completion", "words", "--", "do", "failover", "--", env={"REDISTUI_CONFIG": config})
    assert {"--yes", "--minority", "--json"} <= set(ended.out.splitlines())


def test_nothing_typed_yet_is_every_verb_and_every_fleet(config):
    assert {"status", "do", "orders", "staging"} <= set(fitting([], config))
    assert "dashboard" not in fitting([], config)
    assert set(fitting(["plan", ""], config)) == {action.name for action in ACTIONS}


def test_a_config_that_is_broken_completes_no_fleets_and_says_nothing(tmp_path):
    (tmp_path / "c.toml").write_text("[fleets")
    ended = redistui("completion", "words", "--", "status", "", env={"REDISTUI_CONFIG": str(tmp_path / "c.toml")})
    assert (ended.code, ended.out.strip(), ended.err) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed_and_is_one(shell):
    ended = redistui("completion", shell)
    assert ended.code == 0
    if program := shutil.which(shell):
        assert subprocess.run([program, "-n"], input=ended.out, text=True, check=False).returncode == 0


SAYS = """redistui() { printf 'o<%s>\\n' "${@:4}"; }
"""
SEEN = {"o<do>", "o<failover>", "o<--reason>", "o<a b>", "o<o>"}
"""The words up to the cursor, each with what fish and zsh let through: the beginning that stands there."""


def ran(shell: str, *words: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    return subprocess.run([shell, *words], capture_output=True, text=True, check=True).stdout


def test_fish_asks_with_the_words_up_to_the_cursor():
    says = "function redistui; printf 'o<%s>\\n' $argv[4..]; end"
    told = ran("fish", "-N", "-c", f"{says}\n{FISH}\ncomplete -C \"redistui do failover --reason 'a b' o\"")
    assert set(told.splitlines()) == SEEN


def test_zsh_asks_with_the_words_up_to_the_cursor():
    shell = "compdef() { : }\ncompadd() { printf '%s\\n' \"${(@P)3}\"; }\n"
    line = "words=(redistui do failover --reason 'a b' o more); CURRENT=6\n_redistui"
    assert set(ran("zsh", "-f", "-c", f"{shell}{SAYS}{ZSH}\n{line}").splitlines()) == SEEN


def test_bash_asks_with_the_words_up_to_the_cursor():
    line = "COMP_WORDS=(redistui do failover --reason 'a b' o); COMP_CWORD=5\n_redistui; printf '%s\\n' "
    line += '"${COMPREPLY[@]}"'
    assert set(ran("bash", "-c", f"{SAYS}{BASH}\n{line}").splitlines()) == SEEN
