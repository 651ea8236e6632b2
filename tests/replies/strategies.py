"""Replies as a stranger might send them: any bytes, any nesting of what hiredis can give, real replies torn or bent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import hiredis
from hypothesis import strategies as some

from redistui.replies.words import BadReply

Value = TypeVar("Value")


def outcome(read: Callable[[Any], Value], said: Any) -> Value | BadReply:
    """What a parser makes of a reply: a value, or its refusal. Anything else it raises fails the test."""
    try:
        return read(said)
    except BadReply as bad:
        return bad


words = some.sampled_from(
    [
        b"master", b"slave", b"sentinel", b"name", b"ip", b"port", b"flags", b"runid", b"127.0.0.1", b"6379", b"0",
        b"-1", b"connected", b"?", b"::1", b"s_down,slave", b"config-epoch", b"quorum", b"nan", b"9" * 30, b"\xff\xfe",
    ]
)  # fmt: skip
atoms = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-(2**63), 2**63 - 1),
    some.floats(),
    words,
    some.binary(max_size=60),
    some.binary(max_size=20).map(lambda said: hiredis.ReplyError(said.decode("latin-1"))),
)
nested: some.SearchStrategy[Any] = some.recursive(
    atoms,
    lambda inner: some.lists(inner, max_size=8) | some.dictionaries(some.binary(max_size=8), inner, max_size=4),
    max_leaves=30,
)
"""Whatever hiredis can make of bytes, as far as Python lets it be written down."""


@some.composite
def bent(draw: some.DrawFn, reply: Any) -> Any:
    """A real reply with one place in it changed: cut, doubled, dropped, or something else altogether."""
    if isinstance(reply, bytes):
        return draw(torn(reply))
    if not isinstance(reply, list) or not reply or draw(some.integers(0, 9)) == 0:
        return draw(nested)
    at = draw(some.integers(0, len(reply) - 1))
    how = draw(some.sampled_from(("bend", "drop", "double", "cut")))
    if how == "bend":
        return [*reply[:at], draw(bent(reply[at])), *reply[at + 1 :]]
    if how == "cut":
        return reply[:at]
    return [*reply[:at], *([reply[at], reply[at]] if how == "double" else []), *reply[at + 1 :]]


@some.composite
def torn(draw: some.DrawFn, real: bytes) -> bytes:
    """Real text cut off, with a piece missing, doubled or overwritten, or with other line ends."""
    start = draw(some.integers(0, len(real)))
    end = min(len(real), start + draw(some.integers(0, 80)))
    how = draw(some.sampled_from(("cut", "drop", "double", "overwrite", "crlf", "cr", "lf")))
    match how:
        case "cut":
            return real[:start]
        case "drop":
            return real[:start] + real[end:]
        case "double":
            return real[:end] + real[start:]
        case "overwrite":
            return real[:start] + draw(some.binary(max_size=40)) + real[end:]
        case "crlf":
            return real.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        case "cr":
            return real.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    return real.replace(b"\r", b"")
