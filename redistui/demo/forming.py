"""How servers become a group: started in the order in which they need each other, introduced, and waited for.

Everything that can go on at once does: programs start together, and only what rests on another's answer waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import combinations, pairwise

from redistui.demo.ports import HOST
from redistui.demo.problems import StartFailed
from redistui.demo.servers import Server
from redistui.demo.shapes import GroupShape
from redistui.demo.wire import ErrorReply
from redistui.model import SLOTS

HELLO = "__sentinel__:hello"


def run(servers: Sequence[Server], deadline: float) -> None:
    """Starts them all, then waits for each."""
    for server in servers:
        server.start()
    for server in servers:
        server.wait(max(0.1, deadline - time.monotonic()))


def until(done: Callable[[], bool], deadline: float, otherwise: str) -> None:
    """Asks again until it is so (a late answer is none yet); StartFailed(otherwise) when the deadline has passed."""
    while not asked(done):
        if time.monotonic() > deadline:
            raise StartFailed(f"{otherwise} in time")
        time.sleep(0.02)


def asked(done: Callable[[], bool]) -> bool:
    try:
        return done()
    except TimeoutError:
        return False


# -- replication ------------------------------------------------------------------------------------------------------


def levels(nodes: Sequence[Server], shape: GroupShape) -> list[list[Server]]:
    """Primaries, then their replicas, then theirs: a server that finds whom it follows ready attaches at once, one
    that comes too early tries again only after a second."""
    depth: dict[str, int] = {}
    found: list[list[Server]] = []
    for server, node in zip(nodes, shape.nodes, strict=True):
        depth[node.name] = 0 if node.follows is None else depth[node.follows] + 1
        while len(found) <= depth[node.name]:
            found.append([])
        found[depth[node.name]].append(server)
    return found


def linked(node: Server) -> bool:
    """A primary, or a replica whose link is up."""
    role = node.ask("ROLE")
    return bool(role[0] == "master" or role[3] == "connected")


# -- cluster ----------------------------------------------------------------------------------------------------------


def form(nodes: Sequence[Server], shape: GroupShape, deadline: float) -> None:
    """Slots, acquaintances, replicas. Each pair is introduced: gossip alone would need seconds to get round.

    Most of the time goes by because a cluster's primary refuses to serve in its first two seconds, whatever it knows.
    """
    primaries = [server for server, node in zip(nodes, shape.nodes, strict=True) if node.follows is None]
    for number, (server, slots) in enumerate(zip(primaries, shares(len(primaries)), strict=True), 1):
        server.ask("CLUSTER", "SET-CONFIG-EPOCH", number)
        server.ask("CLUSTER", "ADDSLOTS", *slots, seconds=5)
    for one, other in combinations(nodes, 2):
        one.ask("CLUSTER", "MEET", HOST, other.port)
    ids = {server.name: str(server.ask("CLUSTER", "MYID")) for server in nodes}
    for server, node in zip(nodes, shape.nodes, strict=True):
        if node.follows is not None:
            replicate(server, ids[node.follows], deadline)
    replicas = len(nodes) - len(primaries)
    until(lambda: all(whole(node, len(nodes), replicas) for node in nodes), deadline, f"{shape.name}: not whole")


def replicate(node: Server, primary: str, deadline: float) -> None:
    """Makes a node the replica of another, as soon as it knows that one."""

    def follows() -> bool:
        try:
            return bool(node.ask("CLUSTER", "REPLICATE", primary) == "OK")
        except ErrorReply:  # it has not met that primary yet, or does not know yet that it is one
            return False

    until(follows, deadline, f"{node.name} does not find its primary")


def whole(node: Server, members: int, replicas: int) -> bool:
    """This node serves, and knows all members by their final names, connected, and how many of them are replicas."""
    if "cluster_state:ok" not in node.ask("CLUSTER", "INFO"):
        return False
    lines = [line.split(" ") for line in node.ask("CLUSTER", "NODES").splitlines()]
    flags = [set(line[2].split(",")) for line in lines]
    return (
        len(lines) == members
        and sum("slave" in flag for flag in flags) == replicas
        and all(flag <= {"myself", "master", "slave"} for flag in flags)
        and all(line[7] == "connected" for line in lines)
    )


def shares(shards: int) -> list[range]:
    """The slots cut into equal runs, as even as can be.

    >>> [(run[0], run[-1]) for run in shares(3)]
    [(0, 5460), (5461, 10921), (10922, 16383)]
    """
    cuts = [SLOTS * number // shards for number in range(shards + 1)]
    return [range(first, last) for first, last in pairwise(cuts)]


# -- Sentinel ---------------------------------------------------------------------------------------------------------


def watch(sentinels: Sequence[Server], nodes: Sequence[Server], shape: GroupShape, deadline: float) -> None:
    """Waits until the Sentinels know everything. They were started after the replicas had attached: the first INFO
    they read of the primary then names them all; the next would come ten seconds later.

    Their hellos are said for them, through the primary as they do it themselves, but two seconds earlier: once all
    have subscribed there. The eight fields are the same from Redis 2.8 to Valkey 9.1.
    """
    first = nodes[0]
    until(
        lambda: bool(first.ask("PUBSUB", "NUMSUB", HELLO)[1] >= len(sentinels)),
        deadline,
        f"{shape.name}: a Sentinel has not subscribed to {first.name}",
    )
    for sentinel in sentinels:
        myself = sentinel.ask("SENTINEL", "MYID")
        hello = f"{HOST},{sentinel.port},{myself},0,{shape.name},{HOST},{first.port},0"
        first.ask("PUBLISH", HELLO, hello)
    replicas = sum(node.follows == shape.nodes[0].name for node in shape.nodes)
    until(
        lambda: all(sees(sentinel, shape.name, replicas, len(sentinels) - 1) for sentinel in sentinels),
        deadline,
        f"{shape.name}: the Sentinels have not found everything",
    )


def sees(sentinel: Server, name: str, replicas: int, others: int) -> bool:
    """It is connected to the primary, to each replica that follows it directly, and to the other Sentinels."""
    seen = {
        "master": [sentinel.ask("SENTINEL", "MASTER", name)],
        "slave": sentinel.ask("SENTINEL", "REPLICAS", name),
        "sentinel": sentinel.ask("SENTINEL", "SENTINELS", name),
    }
    return (
        [len(entries) for entries in seen.values()] == [1, replicas, others]
        and all(fields(entry)["flags"] == flags for flags, entries in seen.items() for entry in entries)
        and all(fields(replica)["master-link-status"] == "ok" for replica in seen["slave"])
    )


def fields(entry: list[str]) -> dict[str, str]:
    """Sentinel's flat list of names and values.

    >>> fields(["name", "orders", "flags", "master"])
    {'name': 'orders', 'flags': 'master'}
    """
    return dict(zip(entry[::2], entry[1::2], strict=True))
