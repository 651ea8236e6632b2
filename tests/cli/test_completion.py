"""The tab key: what fits after the words that stand there, and the scripts that ask for it."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from redistui.cli.completion import BASH, fitting
from redistui.ops import ACTIONS
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
        (["demo", "--shape", "c"], ["cluster"]),
        (["key", "--target", "st"], ["staging"]),
        (["replay", "s"], []),
        (["status", "--at", ""], []),
    ],
)
def test_what_fits(typed, found, config):
    assert fitting(typed, config) == found


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


def test_bash_asks_with_the_words_up_to_the_cursor():
    script = f"""redistui() {{ printf '%s\\n' "${{@:4}}"; }}
{BASH}
COMP_WORDS=(redistui do failover --reason 'a b'); COMP_CWORD=3
_redistui; printf '<%s>' "${{COMPREPLY[@]}}" """
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "<do><failover><--reason>"
