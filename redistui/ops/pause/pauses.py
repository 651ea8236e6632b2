"""What can be seen of a pause at a node: writes that are held, by whom, and for how long.

Only Valkey since 8.1 says so (INFO clients, `paused_actions`). Of an older server one thing can be seen: in CLIENT LIST
a client that is made to wait has the flag `b` and stands at its command, SET for instance. A Sentinel publishes
through its own connection every 2 s, and is made to wait as well: where one watches, a pause shows. Where nobody
writes, nothing does.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.steps import Ask, Reply, Together, Wish
from redistui.ops.waiting import Replies

WAITING = frozenset(
    {"blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "xread", "xreadgroup"}
    | {"wait", "waitaof"}
)
"""Commands that block by themselves: a client that stands at one of these tells nothing of a pause."""
SENTINEL = re.compile(r"sentinel-([0-9a-f]{8})-cmd")
"""What a Sentinel calls its connection."""


@dataclass(frozen=True)
class Held:
    """What a node shows of a pause. `held`: None where nothing shows it either way."""

    held: bool | None
    reason: str = ""
    """`client_pause`, `failover` ... (Valkey >= 8.1)."""
    seconds: float | None = None
    """Until it ends by itself."""
    waits: tuple[str, ...] = ()
    """Commands that clients wait with."""
    sentinels: int = 0
    """How many Sentinels are connected."""


def look(nodes: tuple[Address, ...]) -> tuple[Ask, ...]:
    """The reads of which `seen` makes something."""
    return tuple(Ask(node, argv) for node in nodes for argv in (("INFO", "clients"), ("CLIENT", "LIST")))


def seen(replies: Replies) -> list[Held | None]:
    """One for each node; None where it did not answer."""
    return [held_of(info, clients) for info, clients in zip(replies[::2], replies[1::2], strict=True)]


def held_of(info: Reply, clients: Reply) -> Held | None:
    if not isinstance(info, bytes) or not isinstance(clients, bytes):
        return None
    fields = dict(line.partition(":")[::2] for line in info.decode("utf-8", "backslashreplace").splitlines())
    rows = [
        dict(word.partition("=")[::2] for word in line.split())
        for line in clients.decode("utf-8", "backslashreplace").splitlines()
    ]
    waits = tuple(sorted({row.get("cmd", "?") for row in rows if _waits(row)}))
    found = {match[1] for row in rows if (match := SENTINEL.fullmatch(row.get("name", "")))}
    if "paused_actions" not in fields:
        return Held(True if waits else None, waits=waits, sentinels=len(found))
    left = fields.get("paused_timeout_milliseconds", "")
    return Held(
        fields["paused_actions"] != "none",
        fields.get("paused_reason", ""),
        int(left) / 1000 if left.isdecimal() else None,
        waits,
        len(found),
    )


def _waits(row: dict[str, str]) -> bool:
    return "b" in row.get("flags", "") and row.get("cmd", "").partition("|")[0] not in WAITING


def look_at(node: Address) -> Generator[Wish, Reply, Held | None]:
    replies: Replies = yield Together(look((node,)))
    return seen(replies)[0]


def why(held: Held) -> str:
    parts = [held.reason.replace("_", " ")] if held.reason else []
    parts += [f"for {held.seconds:.1f} s more"] if held.seconds is not None else []
    parts += [f"a client waits with {', '.join(held.waits).upper()}"] if held.waits and not held.reason else []
    return f" ({', '.join(parts)})" if parts else ""
