"""Clusters: members and their bus, two that own the same, copies that are missing, keys left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from redistui.demo.ports import HOST, Ports
from redistui.demo.servers import Server
from redistui.demo.wire import Wire
from redistui.engine.views import PAUSE
from redistui.judge.consensus import MEETING, SETTLE
from redistui.model import SLOTS
from redistui.replies.slot import slot_of
from tests.bench.faults.clusters import id_of, quiet
from tests.bench.faults.scene import MB, Scene, fault

LEFT = 10
"""The slot of keys that are left behind; the first primary owns it."""


@fault("bus-link", "catalog", "n6", witness="n1")
def _wrong_bus_port(scene: Scene) -> Iterator[None]:
    """a bus port announced on which nobody answers"""
    one, others = scene.server("n6"), scene.group.nodes[:5]
    with nowhere() as port:
        one.ask("CONFIG", "SET", "cluster-announce-bus-port", port)
        scene.says(lambda: not any("connected" in line_of(node, one) for node in others))
        scene.since += SETTLE  # news has so long to get round
        yield
        one.ask("CONFIG", "SET", "cluster-announce-bus-port", 0)
        scene.says(lambda: all("connected" in line_of(node, one) for node in others))
        ended = scene.since
    scene.since = ended


@fault("bus-buffer", "catalog", "n1", witness="n1", patience=60.0, only="valkey")
def _does_not_read(scene: Scene) -> Iterator[None]:
    """SIGSTOP of a member, and messages for all"""
    with quiet(scene), publishing(scene.primary):
        scene.server("n6").hang()
        try:
            scene.says(lambda: int(scene.primary.info("memory")["mem_cluster_links"]) > 2 * MB)
            yield
        finally:
            scene.server("n6").resume()
        scene.says(lambda: int(scene.primary.info("memory")["mem_cluster_links"]) < MB / 2)
        ended = scene.since
    scene.since = ended


@fault("ghost-member", "catalog", "", witness="n1", patience=60.0)
def _forgotten(scene: Scene) -> Iterator[None]:
    """CLUSTER FORGET at all others, gossip slow"""
    ghost, others = scene.server("n6"), scene.group.nodes[:5]
    with quiet(scene):
        for node in others:
            node.ask("CLUSTER", "FORGET", id_of(ghost))
        scene.begins()
        scene.since += SETTLE
        yield
        for node in others:
            node.ask("CLUSTER", "MEET", *ghost.address.split(":"))
    scene.says(lambda: all("connected" in line_of(node, ghost) for node in others), 90.0)


@fault("handshake-stuck", "catalog", "n3", patience=60.0)
def _nobody_there(scene: Scene) -> Iterator[None]:
    """CLUSTER MEET where nobody is"""
    one = scene.server("n3")
    with quiet(scene), nowhere() as port:
        one.ask("CLUSTER", "MEET", HOST, port)
        scene.begins()
        scene.since += MEETING
        yield
        one.ask("CONFIG", "SET", "cluster-node-timeout", "2000")
        scene.says(lambda: "handshake" not in str(one.ask("CLUSTER", "NODES")))
        ended = scene.since + PAUSE
    scene.since = ended


@fault("slots-claimed-twice", "halves", "n1", witness="n4")
def _taken_over(scene: Scene) -> Iterator[None]:
    """a primary cut off from all others, whose replica takes over"""
    one, heir = scene.primary, scene.server("n4")
    assert scene.group.cuts is not None
    scene.group.cuts.cut(one.port)
    scene.says(lambda: role(heir) == "master")
    yield
    scene.group.cuts.mend()
    scene.says(lambda: role(one) == "slave")


@fault("replicas-missing", "wide", "n1")
def _one_of_two(scene: Scene) -> Iterator[None]:
    """kill -9 of one of two replicas"""
    scene.begins()
    scene.server("n4").kill()
    yield
    scene.server("n4").start()
    scene.server("n4").wait()
    scene.begins()


@fault("cluster-state", "catalog", "", witness="n2", only="valkey")
def _not_told(scene: Scene) -> Iterator[None]:
    """DELSLOTS everywhere but at the owner, gossip slow"""
    owner, *others = (node for node in scene.group.nodes if node is not scene.server("n4"))
    with quiet(scene):
        for node in others:
            node.ask("CLUSTER", "DELSLOTS", 7)
        scene.begins()
        yield
        for node in others[:2]:  # their replicas hear it from them
            node.ask("CLUSTER", "SETSLOT", 7, "NODE", id_of(owner))
        scene.says(lambda: all("cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in others))
        ended = scene.since
    scene.since = ended


@fault("orphan-keys", "catalog", "n2")
def _left_behind(scene: Scene) -> Iterator[None]:
    """a move given up while a key was on its way"""
    home, away = scene.group.nodes[:2]
    key = next(key for key in map(str, range(SLOTS)) if slot_of(key.encode()) == LEFT)
    away.ask("CLUSTER", "SETSLOT", LEFT, "IMPORTING", id_of(home))
    asking(away, "SET", key, "x")
    away.ask("CLUSTER", "SETSLOT", LEFT, "STABLE")
    scene.begins()
    yield
    away.ask("CLUSTER", "SETSLOT", LEFT, "IMPORTING", id_of(home))
    asking(away, "DEL", key)
    away.ask("CLUSTER", "SETSLOT", LEFT, "STABLE")
    scene.begins()


def asking(server: Server, *words: str) -> None:
    with server.connect(5.0) as wire:
        wire.ask("ASKING")
        wire.ask(*words)


@contextmanager
def nowhere() -> Iterator[int]:
    """A port of ours on which nobody answers."""
    ports = Ports()
    try:
        yield ports.take()
    finally:
        ports.release()


@contextmanager
def publishing(server: Server) -> Iterator[None]:
    """What is published goes to every member over the bus."""
    over = threading.Event()

    def publish() -> None:
        with server.connect(30.0) as wire:
            while not over.wait(0.1):
                wire.ask("PUBLISH", "news", b"x" * MB)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def line_of(server: Server, member: Server) -> str:
    """How a node lists another one: its words after the address."""
    port = f":{member.port}@"
    lines = [line for line in str(server.ask("CLUSTER", "NODES")).splitlines() if port in line]
    return "" if not lines or " disconnected" in lines[0] else lines[0]


def role(server: Server) -> str:
    with Wire(server.inside) as wire:
        return str(wire.ask("ROLE")[0])
