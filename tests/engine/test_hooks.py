"""Hooks as real programs: what they are told, what becomes of what they say, and of those that do not end."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from redistui.engine import hooks
from redistui.engine.hooks import Ended
from redistui.ops.action import Hook
from tests.waiting import eventually

OURS = {"PATH": os.environ["PATH"], "REDISTUI_PASSWORD": "s3cret", "LC_ALL": "C"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return tmp_path / "hook"


def written(program: Path, *lines: str, first: str = "#!/bin/sh") -> Hook:
    program.write_text("\n".join([first, *lines, ""]))
    program.chmod(0o700)
    return Hook("before", str(program), (("REDISTUI_SITE", "west; rm -rf /"), ("REDISTUI_GROUPS", "a\0b")))


def ended(hook: Hook, *, seconds: float = 20.0, stopping: asyncio.Event | None = None) -> Ended:
    environ = hooks.environment(hook, OURS, {"REDISTUI_OPERATION": "1f"})
    return asyncio.run(hooks.run(hook, environ, stopping, seconds))


def test_it_is_told_where_and_why_and_no_password(program: Path) -> None:
    said = ended(written(program, "env"))
    assert said.wrong == ""
    told = dict(line.split("=", 1) for line in said.said.splitlines())
    assert told["REDISTUI_SITE"] == "west; rm -rf /"
    assert told["REDISTUI_GROUPS"] == "ab"
    assert (told["REDISTUI_PHASE"], told["REDISTUI_OPERATION"]) == ("before", "1f")
    assert "s3cret" not in said.said
    assert told["LC_ALL"] == "C"


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("echo frozen; exit 3", "exit code 3", "frozen"),
        ("echo to stderr >&2; exit 1", "exit code 1", "to stderr"),
        ("kill -9 $$", "killed by signal 9", ""),
        ("cat; exit 0", "", ""),
        ("printf 'a\\377b'", "", "a\\xffb"),
    ],
)
def test_how_it_ends(program: Path, line: str, wrong: str, said: str) -> None:
    assert ended(written(program, line)) == Ended(wrong, said)


def test_of_much_that_it_says_the_end_is_kept(program: Path) -> None:
    said = ended(written(program, "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 1"))
    assert len(said.said) <= hooks.KEPT
    assert said.text.startswith("exit code 1: ")
    assert said.said.endswith("line 2999")


def test_one_that_cannot_be_started_says_why(program: Path) -> None:
    assert "could not be started" in ended(Hook("before", str(program))).wrong
    assert "could not be started" in ended(written(program, first="#!/no/such/shell")).wrong
    program.chmod(0o600)
    assert ended(Hook("before", str(program))).wrong == "it could not be started: Permission denied"


def test_one_that_does_not_end_is_killed_with_all_that_it_started(program: Path, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    said = ended(written(program, f"sleep 600 & echo $! > {pid}", "echo begun", "wait"), seconds=1.5)
    assert said.wrong == "it was not done within 1.5 s, and was killed"
    assert said.said == "begun"
    eventually(lambda: not alive(int(pid.read_text())), 20)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_wish_to_stop_ends_it(program: Path) -> None:
    async def run() -> Ended:
        stopping = asyncio.Event()
        work = asyncio.ensure_future(hooks.run(written(program, "sleep 600"), OURS, stopping, 60.0))
        await asyncio.sleep(0)
        stopping.set()
        return await work

    assert asyncio.run(run()).wrong == "stopped on request"


def test_whoever_is_cancelled_while_it_is_killed_ends_all_the_same(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, kill = written(program, "exec sleep 600"), os.killpg

    async def work() -> None:
        def killed(group: int, number: int) -> None:
            kill(group, number)
            task.cancel()

        monkeypatch.setattr(hooks.os, "killpg", killed)
        task = asyncio.ensure_future(hooks.run(hook, {}, seconds=0.1))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())


def test_whoever_is_cancelled_while_it_begins_leaves_nothing_of_it(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, create = written(program, "exec sleep 600"), asyncio.create_subprocess_exec
    pids: list[int] = []

    async def work() -> None:
        async def created(*words: object, **more: object) -> asyncio.subprocess.Process:
            process = await create(*words, **more)
            pids.append(process.pid)
            task.cancel()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.sleep(0)
            return process

        monkeypatch.setattr(hooks.asyncio, "create_subprocess_exec", created)
        task = asyncio.ensure_future(hooks.run(hook, {}))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
