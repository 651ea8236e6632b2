"""CLUSTER LINKS: a node's links to the other members, both ways (Redis >= 7.0, Valkey).

Of a thousand nodes each has two thousand links: only what is out of the ordinary is kept.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from redistui.replies.words import BadReply, integer, rows, text

FULLEST = 3
"""Links whose waiting bytes are kept."""


class Links(NamedTuple):
    """One reading."""

    total: int
    """Links, two for each member."""
    one_way: tuple[tuple[str, Literal["to", "from"]], ...]
    """Node ids, by id, to (from) which alone there is a link. A new link has one direction for a moment."""
    waiting: tuple[tuple[str, int], ...]
    """Node ids with the bytes that wait to be sent to them, above 0, the most first."""


def read_links(reply: Any) -> Links:
    """Reads the reply; a link without a node's id or a direction makes it bad, other fields may be missing."""
    ways: dict[str, dict[Literal["to", "from"], int]] = {}
    total = 0
    for link in rows("CLUSTER LINKS", reply):
        total += 1
        node, way = text(link.get("node", b"")), _way(link.get("direction"))
        if not node or way is None:
            raise BadReply("CLUSTER LINKS", link.get("direction", b"a link without a direction, or a node"))
        ways.setdefault(node, {})[way] = integer(link.get("send-buffer-used")) or 0
    one_way = tuple((node, next(iter(found))) for node, found in sorted(ways.items()) if len(found) == 1)
    waiting = [(node, used) for node, found in ways.items() if (used := max(found.values())) > 0]
    waiting.sort(key=lambda pair: (-pair[1], pair[0]))
    return Links(total, one_way, tuple(waiting[:FULLEST]))


def _way(word: bytes | None) -> Literal["to", "from"] | None:
    return "to" if word == b"to" else "from" if word == b"from" else None


def reduced(reply: Any) -> Any:
    """A reply that reads the same, in which all links that are as they should be are those of one node; one that cannot
    be read, as it is.

    >>> row = [b"direction", b"to", b"node", b"n", b"create-time", 7, b"send-buffer-used", 0]
    >>> reduced([row])
    [[b'direction', b'to', b'node', b'n', b'send-buffer-used', 0]]
    """
    try:
        links = read_links(reply)
    except BadReply:
        return reply
    odd = {node for node, _ in (*links.one_way, *links.waiting)}
    told = [(link["node"], link["direction"], link.get("send-buffer-used")) for link in rows("CLUSTER LINKS", reply)]
    kept = [(node, way, integer(used) or 0) for node, way, used in told if text(node) in odd]
    quiet = next((node for node, _, _ in told if text(node) not in odd), None)
    if quiet is not None:
        kept += [(quiet, (b"to", b"from")[number % 2], 0) for number in range(links.total - len(kept))]
    return [[b"direction", way, b"node", node, b"send-buffer-used", used] for node, way, used in kept]
