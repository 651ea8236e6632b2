"""Clients that a server holds because somebody told it to (CLIENT PAUSE), and for how long still.

Only Valkey says so, since 8.1 (INFO clients: `paused_reason`, `paused_actions`, `paused_timeout_milliseconds`), and
only of a pause of writes; Redis 6.2 and 7.0 tell of none. Under a pause of everything no server answers anybody: that
is told as one that hangs, with the reason: a wrong command is refused all the same (redistui.engine.rounds.KNOCK).
What an operator holds from here is no finding: whoever knows of deeds leaves it out (redistui.ops.pause.memory).
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.rules.kinds import Case, Kind
from redistui.model import Finding

PAUSED = "clients-paused"
BY_CLIENT = "client_pause"
"""The reason of a pause that a client asked for; a server also pauses by itself, for a failover, say."""
KINDS_PAUSED = (
    Kind(PAUSED, "A server holds its clients, since somebody sent it CLIENT PAUSE; it was not done from here. Under "
         "Sentinels a pause that outlasts down-after ends in a failover.",
         "Find out who did it and why; `unpause` lets the clients go on at once.", True),
)  # fmt: skip


def paused(case: Case) -> Iterator[Finding]:
    for node in case.group.nodes:
        left = node.metrics.get("pause_left")
        if left and node.up and node.facts.get("paused_reason") == BY_CLIENT:
            whom = "clients that write" if node.facts.get("paused_actions") == "write" else "all clients"
            text = f"{node.address} holds {whom} for {left:.0f} s more: somebody sent it CLIENT PAUSE"
            yield case.finding(PAUSED, "warn", text, node, left)
