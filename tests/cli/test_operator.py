"""`redistui do` as another user than the one that watches: where its password comes from, and that it shows nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from tests.cli.running import Ended, redistui
from tests.cli.test_prompt import Terminal
from tests.engine.test_operator import line
from tests.ops.test_rights import OPERATOR, SENTINEL_OPERATOR, SENTINEL_WATCH, WATCH

SECRETS = ("pw-watch", "pw-swatch", "pw-ops", "pw-sops")


class Stage:
    """A group with users, a config that names them, and the password files of those who watch."""

    def __init__(self, group: RunningGroup, version: str, folder: Path) -> None:
        for server in group.nodes:
            server.ask(*line(WATCH, version))
            server.ask(*line(OPERATOR, version))
        for server in group.sentinels:
            server.ask(*line(SENTINEL_WATCH, version))
            server.ask(*line(SENTINEL_OPERATOR, version))
        self.group, self.folder = group, folder
        self.config, self.journal = folder / "config.toml", folder / "journal.jsonl"
        self.file("watch", "pw-watch")
        self.file("swatch", "pw-swatch")
        self.configure()

    def file(self, name: str, secret: str) -> Path:
        path = self.folder / f"{name}.pw"
        path.write_text(f"{secret}\n")
        path.chmod(0o600)
        return path

    def configure(self, more: str = "") -> None:
        self.config.write_text(
            f'[fleets.mine]\ntargets = ["{self.group.target}"]\nuser = "watch"\npassword_file = "watch.pw"\n'
            'sentinel_user = "watch"\nsentinel_password_file = "swatch.pw"\noperator_user = "operator"\n'
            f'sentinel_operator_user = "operator"\n{more}'
        )

    def run(self, *words: str, **env: str) -> Ended:
        found = {"REDISTUI_CONFIG": str(self.config), "REDISTUI_JOURNAL": str(self.journal), **env}
        done = redistui(*words, env=found, seconds=90)
        for secret in SECRETS:
            assert secret not in done.out + done.err
        return done

    def as_whom(self) -> set[str]:
        text = self.journal.read_text()
        assert not any(secret in text for secret in SECRETS)
        return {row["redis_user"] for row in map(json.loads, text.splitlines()) if row.get("command")}


@pytest.fixture
def stage(sentinel_group: Callable[..., RunningGroup], version: str, tmp_path: Path) -> Stage:
    return Stage(sentinel_group(), version, tmp_path)


@pytest.mark.versions("valkey-9.1")
def test_with_both_passwords_in_the_environment_the_operator_acts(stage: Stage) -> None:
    env = {"REDISTUI_OPERATOR_PASSWORD": "pw-ops", "REDISTUI_SENTINEL_OPERATOR_PASSWORD": "pw-sops"}
    done = stage.run("do", "failover", "mine", "--yes", "--json", **env)
    assert done.code == 0, done.err
    assert json.loads(done.out)["outcome"] == "verified"
    assert stage.as_whom() == {"operator"}
    told = stage.run("journal")
    assert "as Redis user operator" in told.out
    assert "done and verified" in told.out


@pytest.mark.versions("redis-6.2")
def test_with_both_in_files_too(stage: Stage) -> None:
    stage.file("ops", "pw-ops")
    stage.file("sops", "pw-sops")
    stage.configure('operator_password_file = "ops.pw"\nsentinel_operator_password_file = "sops.pw"\n')
    done = stage.run("do", "failover", "mine", "--yes")
    assert done.code == 0, done.err
    assert stage.as_whom() == {"operator"}


@pytest.mark.versions("redis-7.0")
def test_where_nobody_can_be_asked_it_says_so_and_sends_nothing(stage: Stage) -> None:
    done = stage.run("do", "failover", "mine", "--yes", REDISTUI_OPERATOR_PASSWORD="pw-ops")
    assert done.code == 2
    assert len(done.sentences) == 1
    assert "the password of operator, who acts on the Sentinels of mine, is not known" in done.err
    assert "sentinel_operator_password_file" in done.err
    assert not stage.journal.exists()
    assert role_of(stage.group.nodes[0]) == "master"


@pytest.mark.versions("redis-7.0")
def test_a_file_that_others_can_read_refuses_it(stage: Stage) -> None:
    stage.file("ops", "pw-ops").chmod(0o644)
    stage.configure('operator_password_file = "ops.pw"\n')
    assert stage.run("status", "mine").code == 0
    done = stage.run("do", "failover", "mine", "--yes", REDISTUI_SENTINEL_OPERATOR_PASSWORD="pw-sops")
    assert done.code == 5
    assert "ops.pw can be read by others (mode 644): chmod 600 it" in " ".join(done.out.split())
    assert not stage.journal.exists()


@pytest.mark.versions("valkey-9.1")
def test_a_wrong_one_is_refused_and_nothing_is_sent(stage: Stage) -> None:
    env = {"REDISTUI_OPERATOR_PASSWORD": "guessed", "REDISTUI_SENTINEL_OPERATOR_PASSWORD": "pw-sops"}
    done = stage.run("do", "failover", "mine", "--yes", "--json", **env)
    assert done.code == 5
    refusals = json.loads(done.out)["refusals"]
    assert refusals
    assert all("does not let operator in" in text and "WRONGPASS" in text for text in refusals)
    assert "guessed" not in done.out
    assert not stage.journal.exists()


@pytest.fixture
def terminal(stage: Stage) -> Iterator[Terminal]:
    env = {"NO_COLOR": "1", "REDISTUI_CONFIG": str(stage.config), "REDISTUI_JOURNAL": str(stage.journal)}
    one = Terminal("do", "failover", "mine", env=env)
    yield one
    one.close()


@pytest.mark.versions("valkey-9.1")
def test_at_a_terminal_they_are_asked_for_after_the_plan_was_confirmed(stage: Stage, terminal: Terminal) -> None:
    terminal.until("Type mine to run it: ", 30)
    terminal.type("mine\n")
    terminal.until("Password of operator, who acts on the data nodes of mine: ")
    terminal.type("pw-ops\n")
    terminal.until("Password of operator, who acts on the Sentinels of mine: ")
    terminal.type("pw-sops\n")
    assert terminal.end() == 0, terminal.said
    assert not any(secret in terminal.said for secret in SECRETS)
    assert stage.as_whom() == {"operator"}
