"""ROLE: what a server is, as an array that nobody can forge (Redis >= 2.8.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from redistui.model import Address
from redistui.replies.words import BadReply, integer, join, text


@dataclass(frozen=True, slots=True)
class Role:
    """One ROLE reply. `offset` is None while a replica has none (-1 on the wire)."""

    role: Literal["primary", "replica", "sentinel"]
    offset: int | None = None
    primary: Address | None = None
    link_state: str | None = None
    """connect, connecting, sync, connected, handshake, none."""
    replicas: tuple[Address, ...] = ()
    names: tuple[str, ...] = ()
    """The names a Sentinel watches."""


def read(reply: Any) -> Role:
    """Reads a ROLE reply.

    >>> read([b"slave", b"10.0.0.1", 6379, b"connected", 42])
    Role(role='replica', offset=42, primary='10.0.0.1:6379', link_state='connected', replicas=(), names=())
    """
    match reply:
        case [b"master", int(offset), [*replicas]]:
            found = (join(row[0], row[1]) for row in replicas if isinstance(row, list) and len(row) >= 2)
            return Role("primary", offset=offset, replicas=tuple(address for address in found if address))
        case [b"slave", host, port, bytes(state), int(offset)]:
            known = integer(offset)
            return Role(
                "replica",
                offset=None if known is None or known < 0 else known,
                primary=join(host, port),
                link_state=text(state),
            )
        case [b"sentinel", [*names]]:
            return Role("sentinel", names=tuple(text(name) for name in names))
    raise BadReply("ROLE", reply)
