"""Asked: what is read of one server on demand: slow log, latency events, client list.

Each is one command on a connection of its own, which logs in as whoever watches and is closed behind the answer. It
goes past the poll: nothing of it is in a snapshot, in the history, in a recording or in a log of ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import hiredis

from redistui.engine.sidewire import SideWire
from redistui.model import Access, Address
from redistui.model.asked import Asked, Subject
from redistui.net.faults import WireFault
from redistui.net.watch import command
from redistui.replies import BadReply, client_list, latency, slowlog
from redistui.replies.errors import kind_of

SECONDS = 5.0
"""For one answer: the longest client list takes a server some 100 ms, the network has the rest."""
PRIVATE = "is not asked: `private = true` in the config keeps slow logs and client lists of this fleet closed"
_READERS: Mapping[Subject, Callable[[Any], Sequence[Any]]] = {
    "slow": slowlog.read,
    "large requests": slowlog.read,
    "large replies": slowlog.read,
    "latency": latency.read,
    "buffers": client_list.read,
    "clients": client_list.read,
}


class Reaching(Protocol):
    """What is needed of an engine."""

    def access_of(self, address: Address) -> Access: ...


async def ask(engine: Reaching, node: Address, subject: Subject, argv: tuple[str, ...], private: bool) -> Asked:
    """Asks once. `private`: the answer holds user data, which the config may keep closed. Never raises."""
    access = engine.access_of(node)

    def refused(why: str) -> Asked:
        return Asked(subject, node, argv, time.time(), refusal=why)

    if private and access.private:
        return refused(PRIVATE)
    wire = SideWire(node, access)
    try:
        await wire.open()
        began = time.perf_counter()
        (reply,) = await wire.ask(command(*argv), 1, SECONDS)
        ms = (time.perf_counter() - began) * 1000
    except WireFault as fault:
        return refused(fault.text)
    finally:
        wire.close()
    if isinstance(reply, hiredis.ReplyError):
        return refused(_no(str(reply), argv, access))
    try:
        rows = await asyncio.to_thread(_READERS[subject], reply)
    except BadReply as error:
        return refused(str(error))
    return Asked(subject, node, argv, time.time(), ms, weight(reply), tuple(rows))


def _no(error: str, argv: Sequence[str], access: Access) -> str:
    """What a server's error means here, and what to do about it."""
    name = " ".join(argv[:2])
    if kind_of(error) == "noperm":
        user = access.data.user or "default"
        return f"user {user} may not run {name} here: `ACL SETUSER {user} +{'|'.join(argv[:2]).lower()}` allows it"
    if "unknown command" in error.lower() or "unknown subcommand" in error.lower():
        return f"this server has no {name}, or gave it another name (rename-command)"
    return f"{name}: {error}"


def weight(reply: Any) -> int:
    r"""Bytes of a reply as it came (RESP2).

    >>> weight([7, [b"GET", b""]]), len(b"*2\r\n:7\r\n*2\r\n$3\r\nGET\r\n$0\r\n\r\n")
    (27, 27)
    """
    if isinstance(reply, bytes):
        return len(str(len(reply))) + len(reply) + 5
    if isinstance(reply, list):
        return len(str(len(reply))) + 3 + sum(map(weight, reply))
    return len(str(reply)) + 3 if reply is not None else 5
