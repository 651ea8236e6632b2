"""CLIENT LIST: one line a connection. Names and users in it are what clients call themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from redistui.replies.words import BadReply, integer, text


class ClientLine(NamedTuple):
    """One connection of a server. None: this version does not say."""

    id: int
    address: str
    name: str
    user: str | None
    """Since 6.0."""
    command: str
    """The last one it sent; `NULL` before the first."""
    flags: str
    """As the server prints them: N none of these, S a replica, M our primary, P subscribed, b blocked, x in MULTI."""
    database: int | None
    age: int | None
    """Seconds since it connected."""
    idle: int | None
    """Seconds since its last command."""
    query_bytes: int | None
    """Of its query buffer (qbuf)."""
    output_bytes: int | None
    """Of its output buffer: replies that wait for it (omem, and obl, which is a fixed part of each connection)."""
    output_replies: int | None
    """Replies that wait in a list since the fixed part is full (oll)."""
    total_bytes: int | None
    """All memory that the connection holds (tot-mem, since 6.2)."""
    library: str | None
    """The client library and its version, where it says so (7.2)."""


def read(reply: Any) -> tuple[ClientLine, ...]:
    """Reads the lines, in the server's order, which is the oldest connection first.

    >>> line = read(b"id=3 addr=10.0.0.9:5112 name= age=7 idle=0 obl=0 oll=2 omem=400 cmd=get user=default\\n")[0]
    >>> line.output_bytes, line.user, line.total_bytes
    (400, 'default', None)
    """
    if not isinstance(reply, bytes):
        raise BadReply("CLIENT LIST", reply)
    return tuple(_line(raw) for raw in reply.split(b"\n") if raw.strip())


def _line(raw: bytes) -> ClientLine:
    found: dict[str, bytes] = {}
    for word in raw.split():
        field, equals, value = word.partition(b"=")
        if equals:
            found.setdefault(text(field), value)
    number = _count(found, "id")
    if number is None or "addr" not in found:
        raise BadReply("CLIENT LIST", raw)
    waiting = [amount for amount in (_count(found, "omem"), _count(found, "obl")) if amount is not None]
    return ClientLine(
        id=number,
        address=text(found["addr"]),
        name=text(found.get("name", b"")),
        user=_word(found, "user"),
        command=text(found.get("cmd", b"")),
        flags=text(found.get("flags", b"")),
        database=_count(found, "db"),
        age=_count(found, "age"),
        idle=_count(found, "idle"),
        query_bytes=_count(found, "qbuf"),
        output_bytes=sum(waiting) if waiting else None,
        output_replies=_count(found, "oll"),
        total_bytes=_count(found, "tot-mem"),
        library=" ".join(filter(None, (_word(found, "lib-name"), _word(found, "lib-ver")))) or None,
    )


def _word(found: Mapping[str, bytes], name: str) -> str | None:
    return text(found[name]) if name in found else None


def _count(found: Mapping[str, bytes], name: str) -> int | None:
    value = integer(found.get(name))
    return value if value is not None and value >= 0 else None
