"""Clusters: slots without an owner or half-way between two, primaries gone, epochs, views."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redistui.demo.servers import Server
from redistui.demo.wire import Wire
from tests.bench.faults.scene import Scene, fault, linked


def id_of(server: Server) -> str:
    return str(server.ask("CLUSTER", "MYID"))


@fault("slots-uncovered", "catalog", "")
def _uncovered(scene: Scene) -> Iterator[None]:
    """DELSLOTS everywhere"""
    for node in scene.group.nodes[:3]:
        node.ask("CLUSTER", "DELSLOTS", 7)
    scene.begins()
    yield
    scene.primary.ask("CLUSTER", "ADDSLOTS", 7)
    scene.begins()


@fault("open-slot", "apart", "")
def _open(scene: Scene) -> Iterator[None]:
    """SETSLOT MIGRATING and IMPORTING"""
    one, other = scene.group.nodes[:2]
    other.ask("CLUSTER", "SETSLOT", 8, "IMPORTING", id_of(one))
    one.ask("CLUSTER", "SETSLOT", 8, "MIGRATING", id_of(other))
    scene.begins()
    yield
    for node in (one, other):
        node.ask("CLUSTER", "SETSLOT", 8, "STABLE")
    scene.begins()


@fault("shard-without-replica", "catalog", "n1")
def _bare(scene: Scene) -> Iterator[None]:
    """kill -9 of the only replica"""
    scene.begins()
    scene.server("n4").kill()
    yield
    scene.server("n4").start()
    scene.server("n4").wait()
    scene.says(lambda: linked(scene) == 1)


@fault("views-differ", "catalog", "", witness="n3", only="valkey")
def _odd(scene: Scene) -> Iterator[None]:
    """SETSLOT NODE at one node only, gossip slow"""
    owner, other, odd = scene.group.nodes[:3]
    with quiet(scene):
        odd.ask("CLUSTER", "SETSLOT", 9, "NODE", id_of(other))
        scene.begins()
        yield
        odd.ask("CLUSTER", "SETSLOT", 9, "NODE", id_of(owner))
        scene.begins()
        ended = scene.since
    scene.since = ended


@contextmanager
def quiet(scene: Scene) -> Iterator[None]:
    """Members hear each other as seldom as can be."""
    for node in scene.group.nodes:
        node.ask("CONFIG", "SET", "cluster-node-timeout", "60000")
        if scene.version.startswith("valkey"):
            node.ask("CONFIG", "SET", "cluster-ping-interval", "600000")
    try:
        yield
    finally:
        for node in scene.group.nodes:
            node.ask("CONFIG", "SET", "cluster-node-timeout", "2000")
            if scene.version.startswith("valkey"):
                node.ask("CONFIG", "SET", "cluster-ping-interval", "1000")


@fault("epoch-conflict", "apart", "", witness="n1")
def _same_epoch(scene: Scene) -> Iterator[None]:
    """a primary whose file says another's epoch, cut off from both others"""
    one, other = scene.group.nodes[:2]
    assert scene.group.cuts is not None
    epoch = own_epoch(other)
    scene.group.cuts.cut(one.port)
    rewritten(one, epoch)
    scene.says(lambda: answers(one))
    yield
    scene.group.cuts.mend()
    scene.says(lambda: own_epoch(one) != own_epoch(other))


@fault("epoch-zero", "catalog", "n3")
def _zero_epoch(scene: Scene) -> Iterator[None]:
    """a primary whose file says epoch 0"""
    one = scene.server("n3")
    rewritten(one, 0)
    one.wait()
    scene.begins()
    yield
    one.ask("CLUSTER", "BUMPEPOCH")
    scene.begins()


def answers(server: Server) -> bool:
    """Also one that is cut off from all others."""
    with Wire(server.inside) as wire:
        return bool(wire.ask("PING") == "PONG")


def own_epoch(server: Server) -> int:
    for line in server.ask("CLUSTER", "NODES").splitlines():
        words = line.split(" ")
        if "myself" in words[2]:
            return int(words[6])
    raise LookupError("it does not list itself")


def rewritten(server: Server, epoch: int) -> None:
    """Begun anew with another config epoch of its own."""
    path = server.directory / "nodes.conf"
    server.stop()
    lines = []
    for line in path.read_text().splitlines():
        words = line.split(" ")
        if "myself" in line:
            words[6] = str(epoch)
        lines.append(" ".join(words))
    path.write_text("".join(f"{line}\n" for line in lines))
    server.start()


@fault("slots-failing", "catalog", "", patience=60.0)
def _dark(scene: Scene) -> Iterator[None]:
    """kill -9 of a primary and its replica"""
    primary, replica = scene.server("n2"), scene.server("n5")
    replica.kill()
    primary.kill()
    scene.says(lambda: int(state(scene)["cluster_slots_fail"]) > 0)
    yield
    primary.start()
    primary.wait()
    replica.start()
    replica.wait()
    scene.says(lambda: state(scene)["cluster_state"] == "ok")


def state(scene: Scene) -> dict[str, str]:
    return dict(line.split(":", 1) for line in scene.primary.ask("CLUSTER", "INFO").splitlines() if ":" in line)
