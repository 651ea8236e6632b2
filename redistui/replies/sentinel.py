"""SENTINEL MASTERS, REPLICAS, SENTINELS, CKQUORUM and the events a Sentinel publishes (Redis >= 6.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.model import Address, Watch, WatchedReplica, WatchedSentinel
from redistui.replies.words import BadReply, flags, integer, join, rows, text


def read_masters(reply: Any) -> tuple[Watch, ...]:
    """Every name a Sentinel watches, without replicas, other Sentinels and CKQUORUM, which are asked by name."""
    return tuple(_watch(row) for row in rows("SENTINEL MASTERS", reply))


def _watch(row: dict[str, bytes]) -> Watch:
    name, primary = row.get("name"), join(row.get("ip", b""), row.get("port", b""))
    if name is None or primary is None:
        raise BadReply("SENTINEL MASTERS", row)
    return Watch(
        name=text(name),
        primary=primary,
        flags=flags(row.get("flags", b"")),
        epoch=integer(row.get("config-epoch")),
        quorum=integer(row.get("quorum")),
        other_sentinels=integer(row.get("num-other-sentinels")),
        known_replicas=integer(row.get("num-slaves")),
        down_after_ms=integer(row.get("down-after-milliseconds")),
        failover_timeout_ms=integer(row.get("failover-timeout")),
        parallel_syncs=integer(row.get("parallel-syncs")),
        failover_state=text(row["failover-state"]) if "failover-state" in row else None,
        run_id=text(row["runid"]) if row.get("runid") else None,
        ckquorum=None,
        last_ok_ping_ms=integer(row.get("last-ok-ping-reply")),
    )


def read_replicas(reply: Any) -> tuple[WatchedReplica, ...]:
    """SENTINEL REPLICAS; a replica without an address is left out."""
    found = []
    for row in rows("SENTINEL REPLICAS", reply):
        address = join(row.get("ip", b""), row.get("port", b""))
        if address is not None:
            found.append(_replica(address, row))
    return tuple(found)


def _replica(address: Address, row: dict[str, bytes]) -> WatchedReplica:
    link = row.get("master-link-status")
    return WatchedReplica(
        address=address,
        flags=flags(row.get("flags", b"")),
        run_id=text(row["runid"]) if row.get("runid") else None,
        link_up=None if link is None else link == b"ok",
        priority=integer(row.get("slave-priority")),
        offset=integer(row.get("slave-repl-offset")),
        primary=join(row.get("master-host", b""), row.get("master-port", b"")),
        last_ok_ping_ms=integer(row.get("last-ok-ping-reply")),
        info_refresh_ms=integer(row.get("info-refresh")),
        link_down_ms=integer(row.get("master-link-down-time")),
    )


def read_sentinels(reply: Any) -> tuple[WatchedSentinel, ...]:
    """SENTINEL SENTINELS: the others, dead and ghost ones included, since the majority is counted over all of them."""
    found = []
    for row in rows("SENTINEL SENTINELS", reply):
        address = join(row.get("ip", b""), row.get("port", b""))
        if address is None:
            continue
        leader = row.get("voted-leader", b"?")
        found.append(
            WatchedSentinel(
                address=address,
                flags=flags(row.get("flags", b"")),
                run_id=text(row["runid"]) if row.get("runid") else None,
                voted_leader=None if leader == b"?" else text(leader),
                voted_epoch=integer(row.get("voted-leader-epoch")),
                last_hello_ms=integer(row.get("last-hello-message")),
            )
        )
    return tuple(found)


def read_ckquorum(reply: Any) -> str | None:
    """ "ok", or the server's words: CKQUORUM answers NOQUORUM as an error reply, whose text is the finding.

    None when it said neither, as to a user who may not ask: that is no verdict.
    """
    words = text(reply)
    return "ok" if words.startswith("OK") else words if words.startswith("NOQUORUM") else None


class Said(NamedTuple):
    """One published event, taken apart."""

    kind: str
    group: str | None
    text: str


_KINDS = frozenset(("master", "slave", "sentinel"))


def read_event(channel: bytes, payload: bytes) -> Said:
    """An event of `PSUBSCRIBE +* -*`, with the group it is about where it names one.

    >>> read_event(b"+switch-master", b"orders 10.0.0.1 6379 10.0.0.2 6379")
    Said(kind='+switch-master', group='orders', text='10.0.0.1:6379 -> 10.0.0.2:6379')
    >>> read_event(b"+sdown", b"slave 10.0.0.2:6379 10.0.0.2 6379 @ orders 10.0.0.1 6379")
    Said(kind='+sdown', group='orders', text='replica 10.0.0.2:6379')
    >>> read_event(b"+new-epoch", b"7")
    Said(kind='+new-epoch', group=None, text='7')
    """
    kind, words = text(channel), text(payload).split(" ")
    if kind == "+switch-master" and len(words) == 5:
        return Said(kind, words[0], f"{words[1]}:{words[2]} -> {words[3]}:{words[4]}")
    if words[0] not in _KINDS or len(words) < 4:
        return Said(kind, None, " ".join(words))
    who = {"master": "primary", "slave": "replica"}.get(words[0], words[0])
    at = words.index("@") if "@" in words else -1
    group = words[at + 1] if 0 <= at < len(words) - 1 else words[1] if words[0] == "master" else None
    rest = " ".join(words[at + 4 :] if at >= 0 else words[4:])
    return Said(kind, group, f"{who} {words[2]}:{words[3]} {rest}".rstrip())


class Hello(NamedTuple):
    """A Sentinel's greeting on `__sentinel__:hello` of a data node: how a data node leads to its Sentinels."""

    sentinel: Address
    name: str
    primary: Address


def read_hello(payload: bytes) -> Hello:
    """`ip,port,runid,epoch,name,primary ip,primary port,config epoch`; anybody may publish there, so it is only a hint.

    >>> read_hello(b"10.0.0.9,26379,abc,3,orders,10.0.0.1,6379,3").sentinel
    '10.0.0.9:26379'
    """
    fields = payload.split(b",")
    if len(fields) == 8:
        sentinel, primary = join(fields[0], fields[1]), join(fields[5], fields[6])
        if sentinel is not None and primary is not None:
            return Hello(sentinel, text(fields[4]), primary)
    raise BadReply("__sentinel__:hello", text(payload))
