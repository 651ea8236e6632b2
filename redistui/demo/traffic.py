"""Light traffic on a demo's groups, so that there is something to see: about 200 commands a second in all.

It follows failovers as a simple client would, and never gives up: what cannot be served now is tried again later.
Keys expire, and there are only so many of them, so memory stays small however long a demo runs.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Sequence

import hiredis

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply, Wire

PER_SECOND = 200.0
TICK = 0.05
WAVE_SECONDS = 90.0
"""The rate swings by half around its mean in this time, so that the curves have a shape."""
KEYS = 2000
TTL = 600
FORGET_SECONDS = 5.0
"""A plain client looks for the primary anew this often: a demoted one may stay writable for seconds."""
TROUBLE = (OSError, EOFError, ErrorReply, hiredis.HiredisError)

Words = tuple[str | int, ...]


class Traffic:
    """One daemon thread a group: a group that hangs holds up only itself."""

    def __init__(self, groups: Sequence[RunningGroup], per_second: float = PER_SECOND) -> None:
        self._stopped = threading.Event()
        self._clients = [client_of(group) for group in groups]
        rate = per_second / max(1, len(groups))
        self._threads = [
            threading.Thread(target=self._run, args=(client, rate), name=f"traffic {client.group.name}", daemon=True)
            for client in self._clients
        ]

    @property
    def done(self) -> dict[str, int]:
        """Commands acknowledged so far, by group."""
        return {client.group.name: client.done for client in self._clients}

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(5.0)

    def _run(self, client: Client, rate: float) -> None:
        dice, owed = random.Random(), 0.0
        while not self._stopped.wait(TICK):
            wave = 1 + 0.5 * math.sin(time.monotonic() / WAVE_SECONDS * math.tau)
            owed = min(owed + rate * TICK * wave, rate)
            try:
                while owed >= 1 and not self._stopped.is_set():
                    owed -= 1
                    client.run(command(client.group.name, dice))
                    client.done += 1
            except TROUBLE:
                self._stopped.wait(0.1)
        client.close()


def command(group: str, dice: random.Random) -> Words:
    """One command of the mix; the key is always its second word."""
    key = f"{group}:{dice.randrange(KEYS)}"
    draw = dice.random()
    if draw < 0.5:
        return ("SET", key, "x" * dice.randint(20, 400), "EX", TTL)
    if draw < 0.9:
        return ("GET", key)
    return ("EXPIRE", key, TTL)


class Client:
    """Sends to the primary of a plain or Sentinel group, wherever it is now."""

    def __init__(self, group: RunningGroup) -> None:
        self.group = group
        self.done = 0
        self._wires: dict[str, Wire] = {}
        self._since = 0.0
        self._primary: Server | None = None

    def run(self, words: Words) -> None:
        if time.monotonic() - self._since > FORGET_SECONDS:
            self._primary, self._since = self._find(), time.monotonic()
        if self._primary is None:
            self._since = 0.0
            raise OSError("no primary")
        self.ask(self._primary, *words)

    def _find(self) -> Server | None:
        """The node that the Sentinels name, if it says so itself; else the one that says ROLE master."""
        for sentinel in self.group.sentinels:
            try:
                named = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.group.name, seconds=0.5)
                node = self.group.server(f"{named[0]}:{named[1]}")
            except (*TROUBLE, KeyError, TypeError):
                continue
            if role_of(node) == "master":
                return node
        return next((node for node in self.group.nodes if role_of(node) == "master"), None)

    def ask(self, server: Server, *words: str | int) -> None:
        """Asks on the one connection to that server, and forgets the server when that goes wrong."""
        try:
            if server.address not in self._wires:
                self._wires[server.address] = server.connect(0.5)
            self._wires[server.address].ask(*words)
        except TROUBLE as error:
            self.forget(server, error)
            raise

    def forget(self, server: Server, error: Exception) -> None:
        """Drops the connection, and looks for the primary again at the next command."""
        self._close(server)
        self._since = 0.0

    def _close(self, server: Server) -> None:
        if wire := self._wires.pop(server.address, None):
            wire.close()

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()
        self._wires.clear()


class ClusterClient(Client):
    """Asks any node for a key it does not know, and remembers where it was sent (MOVED): no slot arithmetic needed."""

    def __init__(self, group: RunningGroup) -> None:
        super().__init__(group)
        self._where: dict[str, Server] = {}
        self._silent: dict[str, float] = {}

    def run(self, words: Words) -> None:
        key = str(words[1])
        server = self._where.get(key) or self._any()
        for _ in range(5):
            try:
                self.ask(server, *words)
                return
            except ErrorReply as error:
                kind, _, rest = str(error).partition(" ")
                if kind not in ("MOVED", "ASK"):
                    raise
                server = self.group.server(rest.rpartition(" ")[2])
                if kind == "MOVED":
                    self._where[key] = server
                else:
                    self.ask(server, "ASKING")

    def _any(self) -> Server:
        """Any node, but rather not one that was silent a moment ago."""
        since = time.monotonic() - FORGET_SECONDS
        spoken = [node for node in self.group.nodes if self._silent.get(node.address, 0.0) < since]
        return random.choice(spoken or self.group.nodes)

    def forget(self, server: Server, error: Exception) -> None:
        """An error reply says nothing against the node; silence does: its keys are asked for elsewhere."""
        if not isinstance(error, ErrorReply):
            self._close(server)
            self._silent[server.address] = time.monotonic()
            self._where = {key: where for key, where in self._where.items() if where is not server}


def client_of(group: RunningGroup) -> Client:
    return ClusterClient(group) if group.kind == "cluster" else Client(group)
