"""CLUSTER INFO and CLUSTER NODES: one node's own view of its cluster (Redis >= 3.0)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from redistui.model import SLOTS, Address, Belief, OpenSlot, Peer
from redistui.replies.words import BadReply, flags, integer, text

_HEX = b"0123456789abcdef"


class ClusterInfo(NamedTuple):
    """What CLUSTER INFO says; None where a server does not say it."""

    state: Literal["ok", "fail"] | None = None
    epoch: int | None = None
    my_epoch: int | None = None
    slots_assigned: int | None = None
    slots_ok: int | None = None
    slots_pfail: int | None = None
    slots_fail: int | None = None
    known_nodes: int | None = None


class ClusterNodes(NamedTuple):
    """What CLUSTER NODES says: every member, and the open slots of the asked node."""

    myself: str | None
    peers: tuple[Peer, ...]
    open_slots: tuple[OpenSlot, ...]
    belief: Belief | None = None
    """The same, shared by all nodes that say it (redistui.replies.cluster_views)."""


def read_info(reply: Any) -> ClusterInfo:
    """Reads CLUSTER INFO; unknown fields are ignored."""
    if not isinstance(reply, bytes):
        raise BadReply("CLUSTER INFO", reply)
    found: dict[bytes, bytes] = {}
    for line in reply.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found.setdefault(name, value)
    states: dict[bytes, Literal["ok", "fail"]] = {b"ok": "ok", b"fail": "fail"}
    names = (
        b"current_epoch",
        b"my_epoch",
        b"slots_assigned",
        b"slots_ok",
        b"slots_pfail",
        b"slots_fail",
        b"known_nodes",
    )
    numbers = [integer(found.get(b"cluster_" + name)) for name in names]
    return ClusterInfo(states.get(found.get(b"cluster_state", b"")), *numbers)


def read_nodes(reply: Any) -> ClusterNodes:
    """Reads CLUSTER NODES: a broken line makes the whole reply bad, since half a map is worse than an old one.

    So do two lines that say `myself`, and two lines of one id: whoever sends these is no node of a cluster.
    """
    if not isinstance(reply, bytes):
        raise BadReply("CLUSTER NODES", reply)
    myself: str | None = None
    peers: list[Peer] = []
    open_slots: list[OpenSlot] = []
    for line in reply.split(b"\n"):
        if not line:
            continue
        peer, opened = read_line(line)
        peers.append(peer)
        if "myself" in peer.flags:
            if myself is not None:
                raise BadReply("CLUSTER NODES", "two lines of the node itself")
            myself, open_slots = peer.id, opened
    if len({peer.id for peer in peers}) < len(peers):
        raise BadReply("CLUSTER NODES", "two lines of one node")
    return ClusterNodes(myself, tuple(peers), tuple(open_slots))


def read_line(line: bytes) -> tuple[Peer, list[OpenSlot]]:
    """One member, and the slots its line says are open (of the asked node's own line alone)."""
    fields = line.rstrip(b"\r").split(b" ")
    if len(fields) < 8 or len(fields[0]) != 40 or fields[0].strip(_HEX):
        raise BadReply("CLUSTER NODES", text(line))
    id_, where, words, primary, _ping, _pong, epoch, link, *slots = fields
    address, bus_port, hostname = _address(where)
    ranges: list[tuple[int, int]] = []
    opened: list[OpenSlot] = []
    for item in slots:
        if item.startswith(b"["):
            opened.append(_open_slot(item, text(id_)))
        elif item:
            ranges.append(_range(item, ranges[-1][1] if ranges else -1))
    return Peer(
        id=text(id_),
        address=address,
        flags=flags(words),
        primary=None if primary == b"-" else text(primary),
        epoch=integer(epoch) or 0,
        link_up=link == b"connected",
        slots=tuple(ranges),
        hostname=hostname,
        bus_port=bus_port,
    ), opened


def _address(field: bytes) -> tuple[Address, int | None, str | None]:
    """`ip:port@cport[,hostname[,aux=..]]`: empty ip for oneself before the first MEET, many colons in IPv6."""
    place, _, rest = text(field).partition(",")
    hostname = rest.partition(",")[0]
    address, _, bus_port = place.rpartition("@")
    port = integer(bus_port.encode("utf-8", "backslashreplace")) if address else None
    return address or place, port, hostname if hostname and "=" not in hostname else None


def _range(item: bytes, last_before: int) -> tuple[int, int]:
    """`5` or `7-9`. They come in rising order, so that a reply of a million ranges over everything is no map."""
    first, dash, last = item.partition(b"-")
    low = integer(first)
    high = integer(last) if dash else low
    if low is None or high is None or not last_before < low <= high < SLOTS:
        raise BadReply("CLUSTER NODES", text(item))
    return low, high


def _open_slot(item: bytes, node: str) -> OpenSlot:
    """`[93->-ID]` moves away, `[77-<-ID]` moves in."""
    body = item.strip(b"[]")
    for arrow, kind in ((b"->-", "migrating"), (b"-<-", "importing")):
        slot, found, peer = body.partition(arrow)
        number = integer(slot)
        if found and number is not None and 0 <= number < SLOTS:
            return OpenSlot(number, "migrating" if kind == "migrating" else "importing", node, text(peer))
    raise BadReply("CLUSTER NODES", text(item))
