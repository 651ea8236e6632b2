"""The wire's words and numbers: how bytes become text, and master and slave become primary and replica."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from redistui.model import Address

_FIELD_WORDS = {"master": "primary", "slave": "replica", "replica": "replica", "primary": "primary"}


class BadReply(Exception):
    """A reply that is not what the command is documented to say. It greys a cell, never the app."""

    def __init__(self, command: str, excerpt: object) -> None:
        self.command = command
        self.excerpt = _excerpt(excerpt)
        super().__init__(f"{command}: cannot read {self.excerpt!r}")


def _excerpt(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(text(item[:80] if isinstance(item, bytes | str) else item) for item in value[:8])[:80]
    return text(value[:80] if isinstance(value, bytes | str) else value)[:80]


def text(value: Any) -> str:
    """Bytes as text: what is no UTF-8 stays visible as escapes. Never raises.

    Of an array only its length is said: a stranger's may be nested deeper than Python can print.

    >>> text(b"orders"), text(b"\\xff"), text(7), text([b"a", b"b"])
    ('orders', '\\\\xff', '7', 'list of 2')
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list | tuple | dict | set):
        return f"{type(value).__name__} of {len(value)}"
    return str(value)


def integer(value: Any) -> int | None:
    """A whole number as servers print it, else None. Digits of other scripts, spaces and underscores are no numbers.

    >>> integer(b"-12"), integer(b"1_0"), integer(b"nan"), integer(7), integer("٣".encode())
    (-12, None, None, 7, None)
    """
    if isinstance(value, int):
        return value
    if not isinstance(value, bytes) or len(value) > 20:
        return None
    digits = value[1:] if value[:1] == b"-" else value
    return int(value) if digits.isdigit() else None


def number(value: bytes) -> float | None:
    """A decimal number as servers print it (`0.25`), else None; no exponents, no nan, no commas. `-1` stays whole."""
    if value.isdigit() and len(value) <= 20:
        return int(value)
    whole, dot, fraction = value.partition(b".")
    plain = whole.removeprefix(b"-").isdigit() and (not dot or fraction.isdigit()) and len(value) <= 40
    if not plain:
        return None
    return float(value) if dot or len(value) > 20 else int(value)


def flags(value: bytes) -> frozenset[str]:
    """A comma list of flags, in field words: `b"slave,s_down"` is {"replica", "s_down"}."""
    return frozenset(_FIELD_WORDS.get(word, word) for word in text(value).split(",") if word)


def pairs(command: str, reply: Any) -> dict[str, bytes]:
    """A flat array or a map of field and value, as one dictionary; the first of two equal fields wins."""
    if isinstance(reply, Mapping):
        items: Iterable[tuple[Any, Any]] = reply.items()
    elif isinstance(reply, list) and len(reply) % 2 == 0:
        items = zip(reply[::2], reply[1::2], strict=True)
    else:
        raise BadReply(command, reply)
    found: dict[str, bytes] = {}
    for field, value in items:
        if isinstance(value, bytes | int):
            found.setdefault(text(field), value if isinstance(value, bytes) else str(value).encode())
    return found


def rows(command: str, reply: Any) -> list[dict[str, bytes]]:
    """An array of such arrays."""
    if not isinstance(reply, list):
        raise BadReply(command, reply)
    return [pairs(command, row) for row in reply]


def join(host: Any, port: Any) -> Address | None:
    """Host and port as one address; None where either is missing or no place (`?`, port 0, a name beyond 255).

    >>> join(b"10.0.0.1", b"6379"), join(b"::1", 6379), join(b"", b"6379"), join(b"?", b"0")
    ('10.0.0.1:6379', '::1:6379', None, None)
    """
    number_ = integer(port)
    if number_ is None or not 0 < number_ < 65536 or not isinstance(host, bytes | str) or not 0 < len(host) <= 255:
        return None
    return None if host in (b"?", "?") else f"{text(host)}:{number_}"
