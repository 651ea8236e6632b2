"""A farm of real, idle servers in groups of one primary and some replicas, on loopback and in one folder.

The demo's keeper process starts them and ends them by their pids, whatever becomes of us: ctrl+c, SIGTERM or kill -9.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from redistui.demo.binaries import engine_path
from redistui.demo.keeper import Keeper
from redistui.demo.ports import HOST, Ports
from redistui.demo.problems import StartFailed
from redistui.demo.wire import ErrorReply, Wire

UP_SECONDS = 120.0
"""For all servers of a farm together."""
SETTINGS = (
    "--bind", HOST, "--save", "", "--appendonly", "no", "--loglevel", "warning", "--daemonize", "no",
    "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0", "--repl-diskless-load", "on-empty-db",
    "--repl-backlog-size", "1mb",
)  # fmt: skip
"""Nothing on disk, and quick to attach."""
SAMPLE = 50
"""Servers that are looked at to tell how often all are asked."""


@dataclass(frozen=True, slots=True)
class Served:
    """One server of a farm."""

    port: int
    pid: int

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"


class Farm:
    """`with Farm(nodes, size)`: up, every replica linked, when it is entered; gone when it is left."""

    def __init__(self, nodes: int, size: int = 4) -> None:
        """`nodes` servers in groups of `size`, the last group smaller where it does not come out even."""
        self.size = size
        self.groups: list[list[Served]] = []
        self._nodes = nodes
        self._binary = engine_path()
        self._ports = Ports()
        self._keeper: Keeper | None = None

    @property
    def servers(self) -> list[Served]:
        return [server for group in self.groups for server in group]

    @property
    def addresses(self) -> list[str]:
        return [server.address for server in self.servers]

    @property
    def primaries(self) -> list[Served]:
        return [group[0] for group in self.groups]

    @property
    def targets(self) -> list[str]:
        """A URL for each group, as the command line takes it: its primary, which leads to the rest."""
        return [f"redis://{primary.address}" for primary in self.primaries]

    def asked(self) -> float:
        """How often a server was asked for its role so far: once a poll. A mean over some of them."""
        servers = self.servers
        sample = servers[:: max(1, len(servers) // SAMPLE)]
        return sum(_roles(server) for server in sample) / len(sample)

    def kill(self, server: Served) -> None:
        """kill -9."""
        assert self._keeper is not None
        self._keeper.signal(server.pid, 9)

    def __enter__(self) -> Farm:
        self._keeper = Keeper()
        try:
            self._start(self._keeper)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        if self._keeper is not None:
            self._keeper.end()
            self._keeper = None
        self._ports.release()

    def _start(self, keeper: Keeper) -> None:
        """All primaries first, so that no replica has to try twice."""
        deadline = time.monotonic() + UP_SECONDS
        counts = [min(self.size, self._nodes - first) for first in range(0, self._nodes, self.size)]
        self.groups = [[self._serve(keeper)] for _ in counts]
        self._wait(lambda wire: wire.ask("PING") == "PONG", deadline)
        for group, count in zip(self.groups, counts, strict=True):
            group += [self._serve(keeper, group[0].port) for _ in range(count - 1)]
        self._wait(_linked, deadline)

    def _serve(self, keeper: Keeper, primary: int | None = None) -> Served:
        port = self._ports.take()
        follows = () if primary is None else ("--replicaof", f"{HOST} {primary}")
        argv = (self._binary, "--port", str(port), *SETTINGS, "--dir", str(keeper.directory), *follows)
        return Served(port, keeper.start(argv, keeper.directory))

    def _wait(self, ready: Callable[[Wire], bool], deadline: float) -> None:
        for server in self.servers:
            while not _says(server, ready):
                if time.monotonic() > deadline:
                    raise StartFailed(f"{server.address} was not ready within {UP_SECONDS:g} s")
                time.sleep(0.02)


def _says(server: Served, ready: Callable[[Wire], bool]) -> bool:
    try:
        with Wire(server.address) as wire:
            return ready(wire)
    except (OSError, EOFError, ErrorReply):
        return False


def _roles(server: Served) -> int:
    with Wire(server.address) as wire:
        found = re.search(r"cmdstat_role:calls=(\d+)", wire.ask("INFO", "commandstats"))
    return int(found[1]) if found else 0


def _linked(wire: Wire) -> bool:
    role = wire.ask("ROLE")
    return bool(role[0] == "master" or role[3] == "connected")
