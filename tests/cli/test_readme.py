"""The README's promises that a machine can check."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from redistui.cli.parser import parse
from redistui.config.loading import parse as parse_config
from redistui.config.places import theme_files
from redistui.ops.actions import ACTIONS
from redistui.ops.parameter.table import PARAMETERS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_ci_runs_exactly_the_second_command():
    assert blocks("sh")[1].strip() in (ROOT / ".ci" / "run").read_text().splitlines()


@pytest.mark.parametrize("name", ["run", "check"])
def test_ci_scripts_can_be_run(name):
    assert os.access(ROOT / ".ci" / name, os.X_OK)


def test_the_example_config_is_a_good_one():
    (example,) = blocks("toml")
    config = parse_config(example, Path("/etc/redistui/config.toml"))
    assert set(config.fleets) == {"orders", "cart", "all"}
    assert tomllib.loads(example)["theme"] in theme_files()


def test_every_example_of_use_can_be_parsed():
    examples = [line.split("#")[0].split()[1:] for line in blocks("sh")[2].splitlines()]
    assert {parse(words)[0].name for words in examples} == {
        "dashboard", "status", "check", "plan", "do", "key", "journal", "acl", "whatif", "drill", "canary",
        "report", "record", "replay", "export",
    }  # fmt: skip


def test_every_command_that_is_shown_can_be_parsed():
    lines = [line for line in README.splitlines() if re.match(r"( {4})?redistui ", line)]
    assert len(lines) > 50
    for line in lines:
        typed = re.split(r"\s#\s| > |\[--json\|", line.strip())[0]
        parse(shlex.split(typed)[1:])


def test_every_link_leads_somewhere():
    heads = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", README, re.M)}
    for link in re.findall(r"\]\(([^)]*)\)", README):
        assert link[1:] in heads if link.startswith("#") else (ROOT / link).is_file(), link


def test_every_screenshot_is_shown():
    drawn = {path.name for path in (ROOT / "screenshots").glob("*.svg")}
    assert drawn == set(re.findall(r"\(screenshots/([\w-]+\.svg)\)", README))


def test_every_action_and_every_parameter_is_listed():
    for action in ACTIONS:
        usage = f"{action.name} {action.usage}".strip().replace("|", "\\|")
        assert f"| `{usage}` |" in README
    assert [row.name for row in PARAMETERS if f"`{row.name}`" not in README] == []
