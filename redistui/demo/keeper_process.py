"""The process that owns a demo's servers and its folder, and outlives whoever started it by a moment.

It runs as a program of its own (`python -I -S keeper_process.py`), from the standard library alone, and takes one JSON
request a line on stdin: `start`, `signal`, `poll`, `end`. However its reader's end of the world comes - a normal end,
a crash, kill -9, the terminal gone - stdin ends, and then every server is killed and the folder removed.

Why a process and not a thread: Linux ties the death signal of a child to the *thread* that forked it, and forking from
a program full of threads is not safe. This one has one thread, forks from it, and asks for that signal
(PR_SET_PDEATHSIG), so that the servers end also when the keeper itself is killed. Elsewhere than on Linux only that
last net is missing.

Sessions: the keeper and each server lead sessions of their own, so that ctrl+c and a hang-up reach none of them.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any, BinaryIO

PREFIX = "redistui-demo-"
LOCK = "lock"
WORDS = "words"
"""What a server prints before it has opened its log."""
SET_PDEATHSIG = 1
"""prctl(2), Linux."""


class Keeper:
    """The servers and the folder of one demo."""

    def __init__(self) -> None:
        self.directory = os.path.realpath(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = take_lock(self.directory)
        self.servers: dict[int, subprocess.Popen[bytes]] = {}
        self.prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None

    def start(self, argv: list[str], folder: str) -> dict[str, Any]:
        keeper = os.getpid()

        def die_with_keeper() -> None:
            if self.prctl is not None:
                self.prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
                if os.getppid() != keeper:
                    os._exit(1)

        with open(os.path.join(folder, WORDS), "ab") as words:
            server = subprocess.Popen(
                argv,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,
                preexec_fn=die_with_keeper,  # noqa: PLW1509 - this program has one thread
            )
        self.servers[server.pid] = server
        return {"pid": server.pid}

    def signal(self, pid: int, number: int) -> dict[str, Any]:
        """To the process only; a pid that is not (or no longer) one of ours gets nothing."""
        server = self.servers.get(pid)
        if server is None or server.poll() is not None:
            return {"sent": False}
        server.send_signal(number)
        return {"sent": True}

    def poll(self, pid: int) -> dict[str, Any]:
        server = self.servers.get(pid)
        return {"running": server is not None and server.poll() is None}

    def end(self) -> None:
        """Kills what runs (with the children of a server that is just saving) and removes the folder."""
        for server in self.servers.values():
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
        for server in self.servers.values():
            server.wait()
        remove(self.directory)


def take_lock(directory: str) -> int:
    """Holds the folder's lock as long as this process lives: whoever can take it knows that we are dead.

    It gets its name only once it is held, so that no sweeper sees it free.
    """
    fresh = os.path.join(directory, LOCK + ".new")
    handle = os.open(fresh, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    os.rename(fresh, os.path.join(directory, LOCK))
    return handle


def remove(directory: str, seconds: float = 5.0) -> None:
    """Removes a folder, again and again while something still writes into it."""
    deadline = time.monotonic() + seconds
    while os.path.lexists(directory) and time.monotonic() < deadline:
        shutil.rmtree(directory, ignore_errors=True)
        if os.path.lexists(directory):
            time.sleep(0.02)


def serve(keeper: Keeper, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answers requests until `end`, the end of stdin, or nobody reads any more."""

    def say(reply: dict[str, Any]) -> None:
        replies.write(json.dumps(reply).encode() + b"\n")
        replies.flush()

    verbs: dict[str, Callable[..., dict[str, Any]]] = {
        "start": keeper.start,
        "signal": keeper.signal,
        "poll": keeper.poll,
    }
    say({"directory": keeper.directory, "pid": os.getpid()})
    for line in requests:
        request = json.loads(line)
        verb = request.pop("do")
        if verb == "end":
            return
        try:
            say(verbs[verb](**request))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            say({"error": str(error)})


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(ignored, signal.SIG_IGN)
    keeper = Keeper()
    try:
        serve(keeper, sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        keeper.end()


if __name__ == "__main__":
    main()
