"""INFO commandstats: how often each command ran since the start, and how long all its calls took together."""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.replies.words import BadReply, integer

OURS = frozenset(
    b"ping role info cluster client auth hello latency slowlog replconf psync subscribe psubscribe sentinel".split()
)
"""What we, and its replicas, ask of a server: not what its clients wait for."""
MAX_LINES = 5_000
"""Of one reply; a server has some hundred commands, and modules bring more."""


class Spent(NamedTuple):
    """What clients asked a server for since it started, or since CONFIG RESETSTAT."""

    calls: int
    usec: int


def is_ours(command: bytes) -> bool:
    """Whether we ask for it; `config|get` is named by what stands before the bar."""
    return command.partition(b"|")[0] in OURS


def read(reply: Any) -> Spent:
    """The sum over all commands but those we ask for. Raises BadReply.

    >>> read(b"cmdstat_get:calls=4,usec=10,usec_per_call=2.5\\r\\ncmdstat_ping:calls=9,usec=9")
    Spent(calls=4, usec=10)
    """
    if not isinstance(reply, bytes):
        raise BadReply("INFO commandstats", reply)
    lines = reply.split(b"\r\n")
    if len(lines) > MAX_LINES:
        raise BadReply("INFO commandstats", f"{len(lines)} lines")
    calls = usec = 0
    for line in lines:
        name, _, rest = line.partition(b":")
        if not name.startswith(b"cmdstat_") or is_ours(name.removeprefix(b"cmdstat_")):
            continue
        said = dict(part.partition(b"=")[::2] for part in rest.split(b","))
        count, took = integer(said.get(b"calls")), integer(said.get(b"usec"))
        if count is not None and took is not None:
            calls, usec = calls + count, usec + took
    return Spent(calls, usec)


Histogram = dict[int, int]
"""Calls by the microseconds that they took at most; each class begins where the one before it ends."""


def read_histogram(reply: Any) -> Histogram:
    """LATENCY HISTOGRAM (Redis >= 7.0): calls of all commands but ours since the start. Raises BadReply.

    >>> read_histogram([b"get", [b"calls", 5, b"histogram_usec", [1, 3, 4, 5]], b"ping", [b"calls", 1]])
    {1: 3, 4: 2}
    """
    if not isinstance(reply, list) or len(reply) % 2 or len(reply) > 2 * MAX_LINES:
        raise BadReply("LATENCY HISTOGRAM", reply)
    found: Histogram = {}
    for command, said in zip(reply[::2], reply[1::2], strict=True):
        if not isinstance(command, bytes) or not isinstance(said, list):
            raise BadReply("LATENCY HISTOGRAM", said)
        if not is_ours(command):
            _count(_classes(said), found)
    return found


def _classes(said: list[Any]) -> list[Any]:
    """`calls, N, histogram_usec, [...]`."""
    for name, value in zip(said[::2], said[1::2], strict=False):
        if name == b"histogram_usec" and isinstance(value, list):
            return value
    return []


def _count(running: list[Any], found: Histogram) -> None:
    """Adds one command's running totals, as pairs of microseconds and calls up to there."""
    before = 0
    for most, calls in zip(running[::2], running[1::2], strict=False):
        if not isinstance(most, int) or not isinstance(calls, int) or calls < before:
            raise BadReply("LATENCY HISTOGRAM", running)
        found[most] = found.get(most, 0) + calls - before
        before = calls


def percentile(classes: Histogram, share: float) -> float | None:
    """Microseconds that this share of the calls took at most, even within a class; None where there were no calls.

    >>> percentile({100: 50, 200: 50}, 0.5), percentile({100: 50, 200: 50}, 0.99), percentile({}, 0.5)
    (100.0, 198.0, None)
    """
    total = sum(classes.values())
    wanted, passed, below = share * total, 0, 0.0
    for most in sorted(classes):
        if (count := classes[most]) and passed + count >= wanted:
            return max(below, most / 2) + (most - max(below, most / 2)) * (wanted - passed) / count
        passed, below = passed + count, float(most)
    return None


def reduced(name: str, reply: Any) -> Any:
    """A reply to "commandstats" or "latency" (the names in READS) that reads the same and is some bytes long; another,
    or one that cannot be read, as it is.

    >>> reduced("commandstats", b"cmdstat_get:calls=4,usec=10\\r\\ncmdstat_set:calls=1,usec=1")
    b'cmdstat_all:calls=5,usec=11'
    >>> reduced("latency", [b"get", [b"calls", 5, b"histogram_usec", [1, 3, 4, 5]]])
    [b'all', [b'calls', 5, b'histogram_usec', [1, 3, 4, 5]]]
    """
    try:
        if name == "commandstats":
            return b"cmdstat_all:calls=%d,usec=%d" % read(reply)
        return _running(read_histogram(reply)) if name == "latency" else reply
    except BadReply:
        return reply


def _running(classes: Histogram) -> list[Any]:
    totals: list[int] = []
    for most in sorted(classes):
        totals += [most, (totals[-1] if totals else 0) + classes[most]]
    return [b"all", [b"calls", totals[-1] if totals else 0, b"histogram_usec", totals]]
