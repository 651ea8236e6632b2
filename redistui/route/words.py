"""The words of a command, as callers have them, and as a route sends them."""

from __future__ import annotations

from collections.abc import Iterable

from redistui.route.failures import BadRoute

Word = str | bytes | int | float
"""A name, key or value. What a route answers is bytes, and may be handed back as it is."""


def word(given: Word) -> str:
    r"""A word as text: bytes that are no UTF-8 stand in it as lone surrogates, and go out as the bytes they were.

    >>> word("a"), word(b"\xff"), word(7), word(0.5)
    ('a', '\udcff', '7', '0.5')
    """
    if isinstance(given, str):
        return given if given.isascii() else _encodable(given)
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given).decode("utf-8", "surrogateescape")
    if isinstance(given, int | float) and not isinstance(given, bool):
        return repr(given)
    raise BadRoute(f"a command's words are text, bytes or numbers, each given by itself: not {type(given).__name__}")


def words(given: Iterable[Word]) -> tuple[str, ...]:
    """Each as text. Raises BadRoute."""
    return tuple(map(word, given))


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadRoute("a command's word holds half a character (a surrogate): give it as bytes") from None
    return text
