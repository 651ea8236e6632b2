"""Faults, as deeds of a drill: at servers of a demo fleet that the drill has started itself, and at no others."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Literal

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.drill.drill import Done
from redistui.drill.flock import Flock

PATIENCE_SECONDS = 40.0
"""For so long somebody may take to stand in for the struck."""
ALONE_SECONDS = 5.0
"""Where nobody will (a plain group), and at least, so that everybody has noticed."""
LINGER_SECONDS = 1.0
"""Between the first write that goes on and the return of the struck."""
LOOK_SECONDS = 0.02
How = Literal["kill", "hang"]


class BadFault(Exception):
    """There is no such server to be struck; a sentence."""


class Strike:
    """Kills a server (SIGKILL) or makes it hang (SIGSTOP), waits until the canaries write again, and brings it back."""

    def __init__(self, group: RunningGroup, how: How, whom: str, dice: random.Random) -> None:
        """`whom`: primary, replica, or the name or address of a server of the group. Raises BadFault."""
        self.name = f"{how} {whom}"
        self._group = group
        self._how = how
        self._server = chosen(group, whom, dice)

    def do(self, flock: Flock) -> Done:
        server = self._server
        was = role_of(server) if server in self._group.nodes else "sentinel"
        began = time.monotonic()
        server.kill() if self._how == "kill" else server.hang()
        succeeded = wait_for_writes(self._group, flock, time.monotonic())
        away = 1000 * (time.monotonic() - began)
        server.restart() if self._how == "kill" else server.resume()
        words = {"master": "the primary", "slave": "a replica", "sentinel": "a Sentinel"}.get(was or "", "a server")
        did = "killed" if self._how == "kill" else "hung"
        went = "writes went on" if succeeded else "nobody took its place"
        steps = ((f"{words} {server.name} ({server.address}) {did}; {went}", "done", round(away, 1)),)
        return Done("struck", f"{server.name} ({server.address}) was {did} and came back.", steps)


class Partition:
    """Cuts a primary, and the plain client with it, off from all others, waits until the others write again, and mends
    the network."""

    name = "partition"

    def __init__(self, group: RunningGroup, dice: random.Random) -> None:
        if group.cuts is None:
            raise BadFault(f"the network of {group.name} cannot be cut")
        self._group, self._cuts = group, group.cuts
        self._server = chosen(group, "primary", dice)

    def do(self, flock: Flock) -> Done:
        began = time.monotonic()
        self._cuts.cut(self._server.port)
        try:
            succeeded = wait_for_writes(self._group, flock, time.monotonic())
        finally:
            self._cuts.mend()
        away = round(1000 * (time.monotonic() - began), 1)
        who = f"the primary {self._server.name} ({self._server.address}) and the plain client"
        went = "the others write again" if succeeded else "nobody took its place"
        steps = ((f"{who} cut off from the rest; {went}", "done", away),)
        return Done("struck", f"{self._server.name} ({self._server.address}) was cut off, and came back.", steps)


class PlainSentinelFailover:
    """SENTINEL FAILOVER as the manuals have it, without a fence: it shows what that loses, some ten seconds of the
    writes of clients that stay with the old primary. It is no action on a fleet that serves anybody."""

    name = "plain-sentinel-failover"

    def __init__(self, group: RunningGroup) -> None:
        if not group.sentinels:
            raise BadFault(f"{group.name} has no Sentinels: take --shape sentinel")
        self._group = group

    def do(self, flock: Flock) -> Done:
        group, before = self._group, self._group.primary.address
        began = time.monotonic()
        group.sentinels[0].ask("SENTINEL", "FAILOVER", group.name)
        moved = until(lambda: all(named(one, group.name) not in (None, before) for one in group.sentinels), flock)
        took = round(1000 * (time.monotonic() - began), 1)
        new = named(group.sentinels[0], group.name)
        steps = ((f"SENTINEL FAILOVER {group.name} at {group.sentinels[0].address}", "done", took),)
        text = f"The Sentinels name {new}, before {before}." if moved else "The Sentinels named nobody new."
        return Done("struck", text, steps)


def chosen(group: RunningGroup, whom: str, dice: random.Random) -> Server:
    """The server that is meant; of several primaries or replicas one that the dice choose. Raises BadFault."""
    wanted = {"primary": "master", "replica": "slave"}.get(whom)
    if wanted is None:
        try:
            return group.server(whom)
        except KeyError:
            names = ", ".join(["primary", "replica", *(server.name for server in group.servers)])
            raise BadFault(f"{group.name} has no server called {whom}: use one of {names}") from None
    fitting = [node for node in group.nodes if role_of(node) == wanted]
    if not fitting:
        raise BadFault(f"{group.name} has no {whom} now")
    return dice.choice(fitting)


def wait_for_writes(group: RunningGroup, flock: Flock, since: float) -> bool:
    """Whether the aware canary writes at every shard again. Whoever was struck stays away for some seconds at least."""
    patience = ALONE_SECONDS if group.kind == "replication" else PATIENCE_SECONDS
    moment = since + LINGER_SECONDS
    goes_on = until(lambda: flock.goes_on(max(since, moment)), flock, patience)
    until(lambda: time.monotonic() - since > ALONE_SECONDS, flock, ALONE_SECONDS + 1)
    return goes_on


def until(so: Callable[[], bool], flock: Flock, seconds: float = PATIENCE_SECONDS) -> bool:
    """Whether it came to be so in time."""
    deadline = time.monotonic() + seconds
    while not so():
        flock.check()
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def named(sentinel: Server, name: str) -> str | None:
    """Whom a Sentinel names as primary."""
    try:
        reply = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
    except (OSError, EOFError):
        return None
    return f"{reply[0]}:{reply[1]}" if reply else None
