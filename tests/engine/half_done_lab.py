"""A laboratory for half-done slots: a real cluster, the states that `fix` knows, and what must hold after it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from redistui.demo.fleet import DemoFleet
from redistui.demo.servers import Server
from redistui.demo.shapes import NodeShape, cluster
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Fleet, Login, Target
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.aiming import again, aim_at
from redistui.ops.fix import FIX
from redistui.ops.run import Run
from redistui.replies.slot import slot_of
from tests.waiting import eventually, settling

KEYS = 20
"""In each slot of a state, at first."""
Make = Callable[["Lab", int], None]


SHAPE = replace(cluster("catalog", 3, replicas=0), nodes=(
    *cluster("catalog", 3, replicas=0).nodes, NodeShape("catalog-4", follows="catalog-2"),
))  # fmt: skip


class Lab:
    """A cluster of primaries a, b and c, and d, a replica of b; a owns slots 0-5460, b 5461-10921, c the rest."""

    def __init__(self, fleet: DemoFleet, folder: Path) -> None:
        group = fleet.groups["catalog"]
        self.a, self.b, self.c, self.d = group.nodes
        self.nodes = [self.a, self.b, self.c]
        """The primaries."""
        self.ids = {node.address: str(node.ask("CLUSTER", "MYID")) for node in group.nodes}
        self.written: dict[str, str] = {}
        target = Target((self.a.address,), wanted="cluster", access=Access(data=Login(None, None)))
        self.engine = Engine([target], period=0.25)
        self.engine.start()
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))
        eventually(lambda: [len(one.nodes) for one in self.engine.fleet.groups] == [len(group.nodes)])

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()

    # -- making things -------------------------------------------------------------------------------------------------

    def setslot(self, node: Server, slot: int, *words: str | Server) -> None:
        argv = [self.ids[word.address] if isinstance(word, Server) else word for word in words]
        assert node.ask("CLUSTER", "SETSLOT", slot, *argv) == "OK"

    def write(self, slot: int, number: int = KEYS) -> list[str]:
        """New keys, at whoever takes them."""
        keys = [f"{{{tag_of(slot)}}}:{len(self.written) + n}" for n in range(number)]
        for key in keys:
            assert self.owner(slot).ask("SET", key, key[::-1]) == "OK"
            self.written[key] = key[::-1]
        return keys

    def hand_over(self, source: Server, target: Server, keys: Sequence[str], *words: str) -> None:
        host, _, port = target.address.rpartition(":")
        assert source.ask("MIGRATE", host, port, "", 0, 2000, *words, "KEYS", *keys) == "OK"

    def put(self, node: Server, key: str, value: str) -> None:
        """A key at a node that takes its slot in."""
        with node.connect() as wire:
            wire.ask("ASKING")
            assert wire.ask("SET", key, value) == "OK"

    def owner(self, slot: int) -> Server:
        return next(node for node in self.nodes if any(a <= slot <= b for a, b in self.owned(node)))

    def owned(self, node: Server) -> list[tuple[int, int]]:
        words = next(line for line in node.ask("CLUSTER", "NODES").splitlines() if "myself" in line).split(" ")[8:]
        cuts = [word.split("-") for word in words if not word.startswith("[")]
        return [(int(cut[0]), int(cut[-1])) for cut in cuts]

    def flags(self, node: Server) -> str:
        line = next(line for line in node.ask("CLUSTER", "NODES").splitlines() if "myself" in line)
        return str(line.partition("[")[2])

    # -- fixing them ---------------------------------------------------------------------------------------------------

    def prepared(self, **options: str) -> tuple[Aim, Fleet]:
        words = {name.replace("_", "-"): value for name, value in options.items()}
        eventually(lambda: self.engine.fleet.complete and self.engine.fleet.groups)
        blank = aim_at(FIX, self.engine.fleet, (), words, group=self.engine.fleet.groups[0].name)
        self.engine.call(self.engine.fresh(blank.group)).result(10)
        self.engine.call(self.engine.survey(blank.group)).result(10)
        fleet = self.engine.call(self.engine.fresh(blank.group)).result(10)
        return again(FIX, fleet, Aim(blank.group, options=blank.options)), fleet

    def plan(self, **options: str) -> tuple[Aim, Plan]:
        def allowed() -> tuple[Aim, Plan]:
            aim, fleet = self.prepared(**options)
            against = refusals(FIX, fleet, aim)
            assert not against, against
            return aim, FIX.plan(fleet, aim)

        return eventually(allowed)

    def refused(self, **options: str) -> str:
        def against() -> str:
            aim, fleet = self.prepared(**options)
            return "; ".join(refusals(FIX, fleet, aim))

        return eventually(against)

    def run(self, **options: str) -> Run:
        """Planned anew when the cluster was still settling."""

        def ran() -> Run | None:
            aim, plan = self.plan(**options)
            run = self.engine.call(self.runner.run(FIX, aim, plan, armed=True)).result(60)
            return None if settling(run) else run

        return eventually(ran)

    def fixed(self, **options: str) -> Run:
        run = self.run(**options)
        assert run.outcome == "verified", (run.message, run.refusals, run.steps)
        return run

    def is_whole(self) -> None:
        """Every key is where clients look for it, and nowhere else; no slot is open; redis-cli has nothing to say."""
        for key, value in self.written.items():
            assert self.owner(slot_of(key.encode())).ask("GET", key) == value, key
        assert sum(node.ask("DBSIZE") for node in self.nodes) == len(self.written)
        assert [self.flags(node) for node in (*self.nodes, self.d)] == [""] * 4
        said = subprocess.run(
            ["redis-cli", "--cluster", "check", self.a.address], capture_output=True, text=True, timeout=20, check=False
        )
        assert said.returncode == 0, said.stdout
        assert "[ERR]" not in said.stdout + said.stderr
        assert "[WARNING]" not in said.stdout + said.stderr


@cache
def tags() -> dict[int, str]:
    """A hash tag for each of the slots that are used here."""
    found: dict[int, str] = {}
    for number in range(200_000):
        slot = slot_of(str(number).encode())
        if slot < 400:
            found.setdefault(slot, str(number))
        if len(found) == 400:
            return found
    raise AssertionError("not enough numbers")


def tag_of(slot: int) -> str:
    return tags()[slot]


# -- states -----------------------------------------------------------------------------------------------------------


def announced(lab: Lab, slot: int) -> None:
    lab.setslot(lab.b, slot, "IMPORTING", lab.a)


def cut_off(lab: Lab, slot: int) -> None:
    """Whoever orders it is gone at once: Valkey's replica has it by then, and its primary does not do it any more."""
    words = ("CLUSTER", "SETSLOT", str(slot), "IMPORTING", lab.ids[lab.a.address])
    host, port = lab.b.address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w.encode()) for w in words))
    eventually(lambda: str(slot) in lab.flags(lab.d) + lab.flags(lab.b))


def announced_with_keys(lab: Lab, slot: int) -> None:
    moving(lab, slot)
    lab.setslot(lab.a, slot, "STABLE")


def leaving(lab: Lab, slot: int) -> None:
    lab.setslot(lab.a, slot, "MIGRATING", lab.b)


def leaving_with_keys(lab: Lab, slot: int) -> None:
    moving(lab, slot)
    lab.setslot(lab.b, slot, "STABLE")


def moving(lab: Lab, slot: int) -> None:
    lab.setslot(lab.b, slot, "IMPORTING", lab.a)
    lab.setslot(lab.a, slot, "MIGRATING", lab.b)
    lab.hand_over(lab.a, lab.b, [key for key in lab.written if slot_of(key.encode()) == slot][:7])


def moving_with_copies(lab: Lab, slot: int) -> None:
    moving(lab, slot)
    left = [key for key in lab.written if slot_of(key.encode()) == slot][7:]
    lab.hand_over(lab.a, lab.b, left[:3], "COPY")


def moving_nothing_moved(lab: Lab, slot: int) -> None:
    lab.setslot(lab.b, slot, "IMPORTING", lab.a)
    lab.setslot(lab.a, slot, "MIGRATING", lab.b)


def moving_all_moved(lab: Lab, slot: int) -> None:
    moving_nothing_moved(lab, slot)
    lab.hand_over(lab.a, lab.b, [key for key in lab.written if slot_of(key.encode()) == slot])


def two_operators(lab: Lab, slot: int) -> None:
    """The second one's MIGRATING overwrote the first one's; keys are at all three."""
    moving(lab, slot)
    lab.setslot(lab.c, slot, "IMPORTING", lab.a)
    lab.setslot(lab.a, slot, "MIGRATING", lab.c)
    lab.hand_over(lab.a, lab.c, [key for key in lab.written if slot_of(key.encode()) == slot][7:10])


def given_up(lab: Lab, slot: int) -> None:
    moving_all_moved(lab, slot)
    lab.setslot(lab.a, slot, "NODE", lab.b)


def taken(lab: Lab, slot: int) -> None:
    """NODE at the target only: the source keeps its mark (6.2, 7.0), and gives the slot up when it hears of it."""
    moving_all_moved(lab, slot)
    lab.setslot(lab.b, slot, "NODE", lab.b)


def told_some(lab: Lab, slot: int) -> None:
    lab.setslot(lab.c, slot, "NODE", lab.b)


def orphaned(lab: Lab, slot: int) -> None:
    moving(lab, slot)
    lab.setslot(lab.a, slot, "STABLE")
    lab.setslot(lab.b, slot, "STABLE")


STATES: tuple[tuple[Make, bool, str], ...] = (
    (announced, False, "a"),
    (cut_off, False, "a"),
    (announced_with_keys, False, "b"),
    (announced_with_keys, True, "a"),
    (leaving, False, "b"),
    (leaving, True, "a"),
    (leaving_with_keys, False, "b"),
    (leaving_with_keys, True, "a"),
    (moving, False, "b"),
    (moving, True, "a"),
    (moving_with_copies, False, "b"),
    (moving_nothing_moved, True, "a"),
    (moving_all_moved, False, "b"),
    (two_operators, False, "c"),
    (two_operators, True, "a"),
    (given_up, False, "b"),
    (taken, False, "b"),
    (told_some, False, "a"),
    (orphaned, False, "a"),
)
