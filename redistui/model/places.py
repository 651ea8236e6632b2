"""Addresses and the words that every value is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Address = str
"""`host:port` as the fleet announces it (IPv6 keeps its colons: split at the last one), or `unix:/path`."""

Role = Literal["primary", "replica"]
Kind = Literal["replication", "sentinel", "cluster"]
Health = Literal["ok", "warn", "bad", "unknown"]
Level = Literal["warn", "bad"]
Wanted = Literal["any", "sentinel", "cluster"]
FaultKind = Literal[
    "refused",  # nothing listens there
    "unreachable",  # no route, no such name, connect timed out
    "hung",  # connected, no answer in time
    "closed",  # the connection ended and could not be opened again
    "tls",  # the handshake failed, or a certificate is not to be trusted
    "garbage",  # it answered, but not in the Redis protocol, or beyond our caps
    "loading",  # reads its dataset from disk
    "busy",  # a script or function blocks it
    "masterdown",  # a replica that serves nothing while its link is down
    "noauth",  # wants a password, or refused ours
    "noperm",  # our user may not run what we need
    "maxclients",  # no room for another connection
    "error",  # any other error reply where an answer was due
]

DOWN: frozenset[FaultKind] = frozenset({"refused", "unreachable", "hung", "closed", "tls", "garbage"})
"""Faults under which a node serves nobody, as far as can be seen from here."""

SLOTS = 16384


def host_of(address: Address) -> str:
    """The host part of an address: `host_of("::1:6379")` is `"::1"`; of a socket path, the path."""
    return address if address.startswith("unix:") else address.rpartition(":")[0]


def port_of(address: Address) -> int:
    """The port of an address; 0 for a socket path or where there is none."""
    port = address.rpartition(":")[2]
    return int(port) if port.isdecimal() and not address.startswith("unix:") else 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a node's last answer is missing or not whole: a kind to act on, a sentence to read, and since when."""

    kind: FaultKind
    text: str
    since: float

    @property
    def down(self) -> bool:
        return self.kind in DOWN
