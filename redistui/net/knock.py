"""Knock: looks whether a server that was away takes connections again. A bare socket and two callbacks.

Of a site that is lost hundreds of servers are tried once a second, and nearly all in vain: to open a connection the
usual way costs a task, a deadline and a pile of exceptions for each.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Callable
from functools import lru_cache

from redistui.model import Address, host_of, port_of

MOST_PORTS = 65_535
Answer = Callable[[socket.socket | OSError], None]


class Knock:
    """One attempt. `answer` is called once, on the loop and never before `knock` has returned: with the open socket,
    which is then the other's, or with why there is none; not after `cancel`."""

    __slots__ = ("_answer", "_handle", "_loop", "_socket")

    def __init__(self, host: str, port: int, seconds: float, answer: Answer) -> None:
        """`host`: an IP address, since to look a name up takes time."""
        self._loop = asyncio.get_running_loop()
        self._answer: Answer | None = answer
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._handle: asyncio.Handle
        try:
            self._socket.connect((host, port))
        except (BlockingIOError, InterruptedError):
            self._loop.add_writer(self._socket.fileno(), self._heard)
            self._handle = self._loop.call_later(seconds, self._end, TimeoutError())
        except OSError as error:
            self._handle = self._loop.call_soon(self._end, error)
        else:
            self._handle = self._loop.call_soon(self._end, None)

    def cancel(self) -> None:
        if self._answer is not None:
            self._answer = None
            self._let_go()
            self._socket.close()

    def _heard(self) -> None:
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self._end(OSError(number, os.strerror(number)) if number else None)

    def _end(self, failed: OSError | None) -> None:
        answer, self._answer = self._answer, None
        self._let_go()
        if failed is not None:
            self._socket.close()
        if answer is not None:
            answer(self._socket if failed is None else failed)

    def _let_go(self) -> None:
        self._loop.remove_writer(self._socket.fileno())
        self._handle.cancel()


def knock(address: Address, seconds: float, answer: Answer) -> Knock | None:
    """Knocks at an address for so long; None where it has to be opened the usual way, which has a word for whatever is
    wrong: a name, a socket's path, a port that there is not, no file descriptor left."""
    host, port = host_of(address), port_of(address)
    if not (is_literal(host) and 0 < port <= MOST_PORTS):
        return None
    try:
        return Knock(host, port, seconds, answer)
    except OSError:
        return None


@lru_cache(4096)
def is_literal(host: str) -> bool:
    """An IP address, and not a name.

    >>> is_literal("10.0.0.1"), is_literal("::1"), is_literal("db.example"), is_literal("fe80::1%eth0")
    (True, True, False, False)
    """
    try:
        return not getattr(ipaddress.ip_address(host), "scope_id", None)
    except ValueError:
        return False
