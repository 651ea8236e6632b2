"""Which commands are reads: the server's own word (COMMAND), for whatever product and version it is.

redis-py's AsyncCommandsParser reads the same reply, but only for where a command's keys stand, and on a connection of
its cluster client. What the table does not know is a write: it goes to the primary, and is sent once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from redistui.replies.words import text
from redistui.route.failures import BadRoute
from redistui.route.words import Word, words

COMMAND = ("COMMAND",)
READS = frozenset(("readonly",))
WRITES = frozenset(("write",))
OF_ITS_CONNECTION = frozenset((
    "asking", "auth", "client", "discard", "exec", "hello", "monitor", "multi", "psubscribe", "psync", "punsubscribe",
    "quit", "readonly", "readwrite", "replconf", "reset", "select", "ssubscribe", "subscribe", "sunsubscribe", "sync",
    "unsubscribe", "unwatch", "watch",
))  # fmt: skip
"""What changes the connection that it comes on: the next caller would get that connection. No route sends these."""
BY_CURSOR = frozenset(("scan", "sscan", "hscan", "zscan"))
"""A cursor means something only to the node that gave it: another one would leave out keys, and say nothing."""


@dataclass(frozen=True, slots=True)
class CommandTable:
    """`reads` and `known`: names in small letters, of subcommands `object|encoding`."""

    reads: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = field(default_factory=frozenset)
    why_empty: str = "the server has not been asked yet"
    """Why nothing is known, as where the user may not run COMMAND; empty: something is."""

    def is_read(self, argv: Sequence[str]) -> bool:
        """Whether it may go to any node that has the data, and be sent again.

        A command with subcommands (>= 7.0) is judged by these: XINFO STREAM is a read, XGROUP CREATE is not.
        """
        name = argv[0].lower()
        whole = f"{name}|{argv[1].lower()}" if len(argv) > 1 else name
        return whole in self.reads or (name in self.reads and whole not in self.known)

    def checked_read(self, argv: Sequence[str]) -> None:
        """Raises BadRoute for what is no read, where the table knows anything at all: else the caller's word counts."""
        if self.known and not self.is_read(argv):
            raise BadRoute(f"{argv[0].upper()} is no read, says the server's command table: send it as a write")


def read_commands(reply: Any) -> CommandTable:
    """COMMAND's reply, of any version: 6 to 10 fields a command, from 7.0 on its subcommands in the last.

    >>> table = read_commands([[b"get", 2, [b"readonly", b"fast"], 1, 1, 1], [b"set", -3, [b"write"], 1, 1, 1]])
    >>> [table.is_read([word, "k"]) for word in ("GET", "SET", "NEW.CMD")]
    [True, False, False]
    """
    reads: set[str] = set()
    known: set[str] = set()
    for name, flags in _rows(reply):
        known.add(name)
        if flags & READS and not flags & WRITES:
            reads.add(name)
    return CommandTable(frozenset(reads), frozenset(known), "" if known else "the server's command table is empty")


def _rows(reply: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for row in reply if isinstance(reply, list) else ():
        match row:
            case [bytes(name), _, [*flags], *rest]:
                yield text(name).lower(), frozenset(map(text, flags))
                if len(rest) > 6:
                    yield from _rows(rest[6])


def checked(given: Sequence[Word]) -> tuple[str, ...]:
    """A command's words. Raises BadRoute for what no route can send: nothing at all, what is no word, or what changes
    its connection."""
    argv = words(given)
    if not argv:
        raise BadRoute("there is no command to send")
    if argv[0].lower() in OF_ITS_CONNECTION:
        raise BadRoute(f"{argv[0].upper()} changes the connection it comes on, and a route shares its connections")
    return argv


def goes_by_cursor(argv: Sequence[str]) -> bool:
    """Whether all pages of what it asks for must come from one node: the primary, where there is one."""
    return argv[0].lower() in BY_CURSOR


def checked_cursor(argv: Sequence[str]) -> None:
    """Raises BadRoute for what goes by a cursor, where any of several nodes might get it."""
    if goes_by_cursor(argv):
        raise BadRoute(
            f"{argv[0].upper()}'s cursor belongs to the node that gave it, and any of several might get the next page: "
            "ask each by itself"
        )
