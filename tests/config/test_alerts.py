"""`[alerts]` and thresholds of groups and servers: what a config may say, and how it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from redistui.config import Config, ConfigErrors, Secret
from redistui.config.alerts import webhook_of
from redistui.config.files import Unreadable
from redistui.config.loading import parse
from redistui.config.sites import check_hooks
from redistui.config.values import AlertConfig

HERE = Path("/etc/redistui/config.toml")


def read(text: str, path: Path = HERE) -> Config:
    return parse(text, path)


def wrong(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        read(text)
    return [str(problem).removeprefix(f"{HERE}:") for problem in caught.value.problems]


def test_nobody_is_told_of_alerts_unless_the_config_says_so() -> None:
    assert read("").alerts == AlertConfig()
    assert (AlertConfig().command, AlertConfig().webhook, AlertConfig().levels) == (None, None, ("bad",))


def test_all_that_can_be_said_of_alerts() -> None:
    text = '[alerts]\ncommand = "page.sh"\nwebhook_env = "HOOK"\nlevels = ["bad", "warn"]\ntimeout = 2.5\nat_most = 3\n'
    assert read(text).alerts == AlertConfig("/etc/redistui/page.sh", Secret(None, "HOOK"), ("warn", "bad"), 2.5, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('webhook = "ftp://x"', "must begin with https:// or http:// and name a host"),
        ('webhook = "https://me:secret@x/"', "must hold no user and password; use a token in its path"),
        ('webhook = "https://x:port/"', "is no URL"),
        ('webhook = "https://x"\nwebhook_env = "X"', "is said more than once"),
        ('levels = ["bda"]', "'bda' is no level; did you mean 'bad'?"),
        ("timeout = 0", "must be from 0.1 to 60 seconds"),
        ("at_most = 0", "must be from 1 to 600 a minute"),
        ("comand = 1", "no such key; did you mean 'command'?"),
    ],
)
def test_what_is_wrong_with_alerts_is_told_with_its_line(text: str, told: str) -> None:
    (problem,) = wrong(f"[alerts]\n{text}\n")
    assert told in problem
    assert "alerts." in problem
    assert "secret" not in problem


def test_a_webhook_is_read_from_where_it_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "hook"
    kept.write_text("https://example.org/token\n")
    kept.chmod(0o600)
    assert webhook_of(AlertConfig(webhook=Secret(kept)), {}) == "https://example.org/token"
    assert webhook_of(AlertConfig(webhook=Secret(None, "HOOK")), {"HOOK": "http://x/"}) == "http://x/"
    assert webhook_of(AlertConfig(webhook="https://x/"), {}) == "https://x/"
    assert webhook_of(AlertConfig(), {}) is None


@pytest.mark.parametrize(
    ("environ", "told"),
    [({}, r"\$HOOK is not set"), ({"HOOK": "gopher://token"}, r"the URL in \$HOOK must begin with https://")],
)
def test_a_webhook_that_cannot_be_had_is_told_without_it(environ: dict[str, str], told: str) -> None:
    with pytest.raises(Unreadable, match=told) as caught:
        webhook_of(AlertConfig(webhook=Secret(None, "HOOK")), environ)
    assert "token" not in str(caught.value)


def test_a_command_that_cannot_be_run_is_told_when_the_config_is_looked_through(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[alerts]\ncommand = "page.sh"\n')
    with pytest.raises(ConfigErrors, match=r"page\.sh does not exist"):
        check_hooks(read(file.read_text(), file))


def test_groups_and_servers_have_thresholds_of_their_own() -> None:
    text = (
        '[thresholds]\nclients.warn = 5\n[thresholds.group."ord*"]\nclients.warn = 6\n'
        '[thresholds.node."10.0.0.1:6379"]\nbacklog_seconds = { warn = 30, bad = 5 }\n'
    )
    assert read(text).thresholds == {
        "clients.warn": 5.0,
        "group:ord*/clients.warn": 6.0,
        "node:10.0.0.1:6379/backlog_seconds.warn": 30.0,
        "node:10.0.0.1:6379/backlog_seconds.bad": 5.0,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[thresholds.group.a]\nclient.warn = 5\n", "no such key; did you mean 'clients'?"),
        ("[thresholds.node.a]\nmemory_percent.warn = 95\n", "warn = 95 is above bad = 90: it would never be seen"),
        ("[thresholds]\nbacklog_seconds.warn = 5\n", "warn = 5 is below bad = 10: it would never be seen"),
        ("[thresholds]\nclients.worn = 5\n", "no such key; did you mean 'warn'?"),
        ("[thresholds.group]\na = 5\n", "must be a table"),
    ],
)
def test_what_is_wrong_with_a_threshold_is_told_with_the_nearest_name(text: str, told: str) -> None:
    assert any(told in problem for problem in wrong(text))
