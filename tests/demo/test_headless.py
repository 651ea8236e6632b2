"""`redistui demo --headless`: one line of JSON, and nothing left behind however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.wire import Wire
from tests.waiting import eventually

PROGRAM = "import sys; from redistui.demo import headless; sys.exit(headless(sys.argv[1], sys.argv[2]))"
pytestmark = pytest.mark.versions("valkey-9.1")

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run(engine: str) -> Iterator[Run]:
    """Starts headless demos as programs of their own."""
    running: list[subprocess.Popen[str]] = []

    def start(shape: str = "sentinel", program: str = engine, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        argv = [*before, sys.executable, "-c", PROGRAM, shape, program]
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def document(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def addresses(told: dict[str, Any]) -> list[str]:
    return [address for group in told["groups"].values() for address in (*group["nodes"], *group["sentinels"])]


def answers(address: str) -> bool:
    try:
        with Wire(address, seconds=1) as wire:
            return bool(wire.ask("PING") == "PONG")
    except (OSError, EOFError):
        return False


def gone(told: dict[str, Any]) -> bool:
    return not Path(told["directory"]).exists() and not any(answers(address) for address in addresses(told))


def test_it_tells_targets_groups_folder_and_pid(run: Run) -> None:
    process = run("all")
    told = document(process)
    assert told["pid"] == process.pid
    assert Path(told["directory"]).is_dir()
    assert {name: group["kind"] for name, group in told["groups"].items()} == {
        "orders": "sentinel",
        "catalog": "cluster",
        "sessions": "replication",
    }
    assert told["targets"] == [group["target"] for group in told["groups"].values()]
    for name, scheme in (("catalog", "cluster"), ("sessions", "redis")):  # found whoever of them is dead
        group = told["groups"][name]
        assert group["target"] == f"{scheme}://{','.join(group['nodes'])}"
    assert len(addresses(told)) == 3 + 3 + 6 + 4
    assert all(map(answers, addresses(told)))


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
    ids=str,
)
def test_a_signal_ends_it_with_servers_and_folder_gone(run: Run, number: signal.Signals, code: int) -> None:
    process = run()
    told = document(process)
    process.send_signal(number)
    assert process.wait(10) == code
    assert gone(told)


def test_kill_9_leaves_nothing_behind(run: Run) -> None:
    process = run()
    told = document(process)
    process.kill()
    process.wait(5)
    eventually(lambda: gone(told), 20)


def test_servers_that_hang_end_as_well(run: Run) -> None:
    process = run()
    told = document(process)
    for address in addresses(told):
        with Wire(address) as wire:
            os.kill(int(field(wire.ask("INFO", "server"), "process_id")), signal.SIGSTOP)
    process.terminate()
    assert process.wait(10) == 143
    assert gone(told)


def test_a_signal_while_it_starts_leaves_nothing_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    process = run("cluster")
    eventually(lambda: list(tmp_path.glob("redistui-demo-*/catalog-6/log")))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert (process.returncode, out) == (130, "")
    assert not list(tmp_path.iterdir())


def test_two_demos_side_by_side_do_no_harm(run: Run) -> None:
    first, second = run(), run()
    told = [document(first), document(second)]
    assert not set(addresses(told[0])) & set(addresses(told[1]))
    first.terminate()
    first.wait(10)
    assert gone(told[0])
    assert all(map(answers, addresses(told[1])))
    assert Path(told[1]["directory"]).is_dir()


def test_a_hang_up_that_nohup_ignores_does_not_end_it(run: Run) -> None:
    process = run("sites", before=("nohup",))
    told = document(process)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 143
    assert gone(told)


@pytest.mark.parametrize(
    ("shape", "program", "sentence"),
    [
        ("ring", None, "no demo shape is called 'ring': use one of sentinel, cluster, sites, all"),
        ("sites", "/nowhere/redis-server", "--engine /nowhere/redis-server: no such program"),
        ("sites", "/etc/passwd", "--engine /etc/passwd: not a program that can be run"),
        ("sites", "/bin/true", "/bin/true does not say that it is a Redis or Valkey server"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(run: Run, shape: str, program: str | None, sentence: str) -> None:
    process = run(shape, program) if program else run(shape)
    out, error = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert sentence in error
    assert len(error.splitlines()) == 1


def field(info: str, name: str) -> str:
    return next(line for line in info.splitlines() if line.startswith(f"{name}:")).partition(":")[2]
