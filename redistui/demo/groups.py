"""A group of a demo as it runs: its servers, and who of them is what just now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from redistui.demo.binaries import Binary
from redistui.demo.cuts import Cuts
from redistui.demo.forming import form, levels, linked, run, until, watch
from redistui.demo.keeper import Keeper
from redistui.demo.ports import BUS, HOST, Ports
from redistui.demo.problems import StartFailed
from redistui.demo.servers import Server
from redistui.demo.shapes import GroupShape, NodeShape
from redistui.demo.wire import ErrorReply
from redistui.model import Kind

UP_SECONDS = 15.0


class RunningGroup:
    """The servers of one group, data nodes and Sentinels in the order of its shape."""

    def __init__(self, shape: GroupShape, binary: Binary, keeper: Keeper, ports: Ports) -> None:
        self.shape = shape
        self.name = shape.name
        self.kind: Kind = shape.kind
        port = {node.name: ports.take() for node in shape.nodes}
        listens = {node.name: ports.take() if shape.cuttable else port[node.name] for node in shape.nodes}
        self.nodes = [self._node(node, port, listens[node.name], binary, keeper) for node in shape.nodes]
        self.cuts = cuts_of(self.nodes) if shape.cuttable else None
        first = self.nodes[0].port
        self.sentinels = [
            self._sentinel(number, ports.take(), first, binary, keeper) for number in range(1, len(shape.sentinels) + 1)
        ]

    def _node(self, node: NodeShape, port: dict[str, int], listens: int, binary: Binary, keeper: Keeper) -> Server:
        clustered = self.kind == "cluster"
        settings = dict(self.shape.settings)
        if "requirepass" in settings:
            settings.setdefault("masterauth", settings["requirepass"])
        lines = () if node.follows is None or clustered else (f"replicaof {HOST} {port[node.follows]}",)
        return Server(
            node.name,
            port[node.name],
            binary=binary,
            keeper=keeper,
            kind="cluster" if clustered else "data",
            settings=settings,
            lines=lines,
            listens=listens,
            source=source_of(list(port).index(node.name)) if self.shape.cuttable and clustered else None,
        )

    def _sentinel(self, number: int, port: int, watched: int, binary: Binary, keeper: Keeper) -> Server:
        name, shape = self.name, self.shape
        lines = [
            f"sentinel monitor {name} {HOST} {watched} {shape.quorum}",
            f"sentinel down-after-milliseconds {name} {shape.down_after_ms}",
            f"sentinel failover-timeout {name} {shape.failover_timeout_ms}",
            f"sentinel parallel-syncs {name} 1",
        ]
        if "requirepass" in shape.settings:
            lines.append(f"sentinel auth-pass {name} {shape.settings['requirepass']}")
        return Server(
            f"{name}-sentinel-{number}",
            port,
            binary=binary,
            keeper=keeper,
            kind="sentinel",
            settings=shape.sentinel_settings,
            lines=tuple(lines),
        )

    # -- looking things up --------------------------------------------------------------------------------------------

    @property
    def servers(self) -> list[Server]:
        return [*self.nodes, *self.sentinels]

    @property
    def addresses(self) -> list[str]:
        return [node.address for node in self.nodes]

    @property
    def seeds(self) -> list[Server]:
        """Where to start looking for this group, while all of it is up."""
        return self.sentinels or (self.nodes if self.kind == "cluster" else self.nodes[:1])

    @property
    def target(self) -> str:
        """The URL to hand to redistui: it names enough servers that the group is found whichever of them is dead."""
        scheme = {"sentinel": "sentinel", "cluster": "cluster", "replication": "redis"}[self.kind]
        name = f"/{self.name}" if self.kind == "sentinel" else ""
        return f"{scheme}://{','.join(one.address for one in self.sentinels or self.nodes)}{name}"

    def server(self, name_or_address: str) -> Server:
        """A server by its name, its address or its port."""
        for server in self.servers:
            if name_or_address in (server.name, server.address, str(server.port)):
                return server
        raise KeyError(name_or_address)

    @property
    def primary(self) -> Server:
        """The one node that now says ROLE master (of a cluster: the first that does); StartFailed when none does."""
        for node in self.nodes:
            if role_of(node) == "master":
                return node
        raise StartFailed(f"{self.name} has no primary now")

    @property
    def replicas(self) -> list[Server]:
        """The nodes that now say ROLE slave."""
        return [node for node in self.nodes if role_of(node) == "slave"]

    def sites(self) -> dict[str, list[str]]:
        """Site -> addresses of the servers that stand there."""
        places = [node.site for node in self.shape.nodes] + list(self.shape.sentinels)
        found: dict[str, list[str]] = {}
        for server, site in zip(self.servers, places, strict=True):
            if site is not None:
                found.setdefault(site, []).append(server.address)
        return found

    # -- coming up ----------------------------------------------------------------------------------------------------

    def start(self, seconds: float = UP_SECONDS) -> None:
        """Brings the group up: every link up, every Sentinel agreed, every slot served by a cluster that says ok."""
        deadline = time.monotonic() + seconds
        try:
            if self.cuts is not None:
                self.cuts.start()
            if self.kind == "cluster":
                run(self.nodes, deadline)
                form(self.nodes, self.shape, deadline)
            for level in levels(self.nodes, self.shape):
                run([node for node in level if node.pid is None], deadline)
                for node in level:
                    until(partial(linked, node), deadline, f"{self.name}: the link of {node.name} is not up")
            if self.sentinels:
                run(self.sentinels, deadline)
                watch(self.sentinels, self.nodes, self.shape, deadline)
        except (OSError, EOFError, ErrorReply) as error:
            raise StartFailed(f"{self.name} did not come up: {error}") from error


def source_of(number: int) -> str:
    """A loopback address for each node of a cluster.

    >>> source_of(0), source_of(300)
    ('127.0.1.1', '127.0.2.51')
    """
    high, low = divmod(number, 250)
    return f"127.0.{high + 1}.{low + 1}"


def cuts_of(nodes: Sequence[Server]) -> Cuts:
    """The go-between of these servers: for clients, and of a cluster also for its bus."""
    ways = [(node, extra) for node in nodes for extra in ((0, BUS) if node.kind == "cluster" else (0,))]
    sources = {node.source: node.port for node in nodes if node.source is not None}
    return Cuts({node.port + extra: node.listens + extra for node, extra in ways}, sources)


def role_of(node: Server) -> str | None:
    """ROLE's first word, or None when the node does not answer."""
    try:
        return str(node.ask("ROLE", seconds=1.0)[0])
    except (OSError, EOFError, ErrorReply):
        return None
