"""Rounds: which commands one poll sends to a server of a kind, encoded once and shared by all servers alike."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from redistui.engine.observation import ServerKind
from redistui.model import Login
from redistui.net.watch import payload
from redistui.replies import READS, Read


class Round(NamedTuple):
    """One write and the names of the replies it will bring."""

    payload: bytes
    names: tuple[str, ...]


PING = Round(payload([("PING",)]), ("ping",))
BORN_STRIDE = 10
"""Polls after which a server is asked anew who it is; on a new connection it is, too: a process that ends closes it."""


KNOCK = ("ECHO",)
"""A command without its argument. A server refuses that before anything else, also one that holds all its clients
(CLIENT PAUSE ALL, which no version tells of). One that hangs does not even refuse (Redis 6.2, 7.0, Valkey 9.1)."""


@cache
def greeting(login: Login, client: str = "redistui", knock: bool = False) -> Round:
    """The first words on a connection: log in, say who we are, ask what stands there. `knock`: before all that, KNOCK,
    of a server that was silent."""
    commands: list[tuple[str, ...]] = [KNOCK] if knock else []
    if login.password is not None:
        commands.append(("AUTH", login.user, login.password) if login.user else ("AUTH", login.password))
    commands += [("CLIENT", "SETNAME", client), ("INFO", "server")]
    names = ("knock",) * knock + ("auth",) * (login.password is not None) + ("setname", "info")
    return Round(payload(commands), names)


def takes_sections(version: str | None) -> bool:
    """INFO takes several sections by name from Redis 7.0 on; Valkey calls itself 7.2 here."""
    major = (version or "").partition(".")[0]
    return major.isdecimal() and int(major) >= 7


@cache
def data_round(
    kind: ServerKind, sections: bool, view: bool, born: bool = False, links: bool = False,
    refused: frozenset[str] | None = None,
) -> Round:  # fmt: skip
    """A poll of a data node; `sections`: INFO takes several (7.0); `view`: CLUSTER NODES this time; `born`: also what
    stands still as long as the process lives; `links`: CLUSTER LINKS; `refused`: also what is asked once a minute, but
    for these, which our user may not ask for (None: not this time)."""
    of = {"every", "data", *(("sections", "born")[: 1 + born] if sections else ("whole",))}
    if kind == "cluster":
        of |= {"cluster", "links"} if links and sections else {"cluster"}
    if refused is not None:
        of |= {"spent", "histogram"} if sections else {"spent"}
    left = (refused or frozenset()) | (frozenset() if view else {"cluster-nodes"})
    reads = [read for read in READS if read.of in of and read.name not in left]
    return Round(payload([read.argv for read in reads]), tuple(read.name for read in reads))


@cache
def sentinel_round(watched: tuple[str, ...]) -> Round:
    """A poll of a Sentinel that watches these names."""
    commands: list[tuple[str, ...]] = []
    names: list[str] = []
    for read in READS:
        for argv, name in _per_watch(read, watched):
            commands.append(argv)
            names.append(name)
    return Round(payload(commands), tuple(names))


def _per_watch(read: Read, watched: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    if read.of in ("every", "whole", "sentinel"):
        return [(read.argv, read.name)]
    if read.of == "watch":
        return [((*read.argv, name), f"{read.name}/{name}") for name in watched]
    return []
