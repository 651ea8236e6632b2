"""redistui's command line, imported once and forked for each call: a process of its own in all but the imports.

`python -m tests.cli.warm FD`: for each call the socket FD brings a socket of that call, its stdin, stdout and stderr.
What to run comes over the call's socket as one line of JSON; what goes back is the pid, and how it ended.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from typing import Any

from redistui.__main__ import main
from redistui.cli.verbs import VERBS
from tests.cli.struck import strike_at

Calls = dict[int, socket.socket]
"""Pid -> the socket on which its end is awaited."""


def serve(asked: socket.socket) -> dict[str, Any]:
    """Forks for each call until nobody calls any more; returns, in a forked process, what this one is to run."""
    calls: Calls = {}
    heard, woken = os.pipe()
    for end in (heard, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([asked, heard], [], [])
        if heard in ready:
            os.read(heard, 4096)
            reap(calls)
        if asked in ready:
            _, ends, _, _ = socket.recv_fds(asked, 1, 4)
            if not ends:
                asked.close()
                sys.exit(0)
            if (pid := os.fork()) == 0:
                for other in (asked, *calls.values()):
                    other.detach()
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                return become(*ends)
            calls[pid] = socket.socket(fileno=ends[0])
            for end in ends[1:]:
                os.close(end)
            calls[pid].sendall(f"{pid}\n".encode())


def reap(calls: Calls) -> None:
    for pid in list(calls):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with calls.pop(pid) as call:
                call.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(call: int, *streams: int) -> dict[str, Any]:
    """The process that was called for, with nothing open but its three streams."""
    with open(call, "rb") as lines:
        found: dict[str, Any] = json.loads(lines.readline())
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(found["environ"])
    os.chdir(found["folder"])
    return found


if __name__ == "__main__":
    for verb in VERBS:
        verb.module()
    called = serve(socket.socket(fileno=int(sys.argv[1])))
    if called["strike"]:
        strike_at(*called["strike"])
    sys.argv[1:] = called["words"]
    main()
