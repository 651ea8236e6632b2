"""QUESTIONS: what can be asked of one node on demand, one row each: the command, what it costs, whose data it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from redistui.model import Node
from redistui.model.asked import Subject
from redistui.view.figures import count, plural, size

ENTRIES = 128
"""Of a slow log, at most; servers keep as many unless told otherwise (slowlog-max-len)."""
ENTRY_BYTES = 220
"""Of one entry, as a rule; at most some 4 kB."""
CLIENT_BYTES = 360
"""Of one line of CLIENT LIST (measured with 3,000 clients: 235 on Redis 6.2, 290 on 7.0, 357 on Valkey 9.1)."""
CLIENT_MS = 0.004
"""Time of the server for one such line (measured likewise: 0.0013 on Redis 6.2 and 7.0, 0.003 to 0.0045 on Valkey 9.1).
"""
COMMANDLOG = (8, 1)
"""Since which Valkey the slow log is COMMANDLOG, which also has large requests and large replies."""


class Question(NamedTuple):
    """One thing to ask."""

    subject: Subject
    title: str
    argv: tuple[str, ...]
    cost: Callable[[Node], str]
    """What it will cost, in words, before it is asked."""
    private: bool = True
    """The answer holds what users send, or who they are."""
    commandlog: bool = False
    """Only where the server has COMMANDLOG."""


def _log_cost(node: Node) -> str:
    held = node.metric("slowlog_length")
    number = ENTRIES if held is None else min(ENTRIES, int(held))
    known = "at most " if held is None else ""
    return f"{known}{plural(number, 'entry', 'entries')}, about {size(number * ENTRY_BYTES)}, well under 1 ms"


def _small_cost(node: Node) -> str:
    return "a few lines, under 1 kB, no time to speak of"


def _clients_cost(node: Node) -> str:
    clients = node.metric("clients")
    if clients is None:
        return "a line for each connection, some 360 bytes and 4 us each"
    ms = clients * CLIENT_MS
    stands = f"about {ms:.0f} ms in which it serves nobody else" if ms >= 1 else "under 1 ms of its time"
    return f"{count(clients)} connections, about {size(clients * CLIENT_BYTES)}, {stands}"


_CLIENTS = ("CLIENT", "LIST")
QUESTIONS: tuple[Question, ...] = (
    Question("slow", "slow log", ("SLOWLOG", "GET", str(ENTRIES)), _log_cost),
    Question("large requests", "big requests", ("COMMANDLOG", "GET", str(ENTRIES), "large-request"), _log_cost,
             commandlog=True),
    Question("large replies", "big replies", ("COMMANDLOG", "GET", str(ENTRIES), "large-reply"), _log_cost,
             commandlog=True),
    Question("latency", "latency", ("LATENCY", "LATEST"), _small_cost, private=False),
    Question("buffers", "output buffers", _CLIENTS, _clients_cost),
    Question("clients", "clients", _CLIENTS, _clients_cost),
)  # fmt: skip
BY_SUBJECT: dict[Subject, Question] = {row.subject: row for row in QUESTIONS}


def has_commandlog(node: Node) -> bool:
    """Whether the node's version knows COMMANDLOG.

    >>> has_commandlog(Node("a:1", server="valkey", version="9.1.2")), has_commandlog(Node("a:1", version="7.0.15"))
    (True, False)
    """
    numbers = (node.version or "").split(".")[:2]
    known = len(numbers) == 2 and all(number.isdecimal() for number in numbers)
    return node.server == "valkey" and known and tuple(map(int, numbers)) >= COMMANDLOG


def command_for(question: Question, node: Node) -> tuple[str, ...]:
    """The command as this node knows it: of COMMANDLOG, SLOWLOG is the older name of its first part."""
    if question.subject == "slow" and has_commandlog(node):
        return ("COMMANDLOG", "GET", str(ENTRIES), "slow")
    return question.argv


def questions_for(node: Node) -> tuple[Question, ...]:
    """What this node can be asked."""
    return tuple(row for row in QUESTIONS if not row.commandlog or has_commandlog(node))
