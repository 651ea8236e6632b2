"""Half-done slots in the model of cluster nodes (tests.ops.slot_world), and what `fix` asks and sends beside a move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from redistui.model import SLOTS as ALL_SLOTS
from redistui.model import Stray, Survey
from redistui.net.client import ClientRefused
from redistui.ops.templates import raw
from redistui.replies.slot import slot_of
from tests.ops.slot_world import ID, P1, P2, P3, SLOTS, Keys, Server, World, key

SLOT = 1
"""Of P1; the one that is half-done."""


NOBODY = "0" * 40


class FixWorld(World):
    """Whoever does not own a slot answers for its keys only where it takes it in, behind ASKING."""

    asking: str = ""
    """Whom the last command was ASKING to."""

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        asked, self.asking = self.asking == node, node if argv == ("ASKING",) else ""
        server = self.servers[node]
        if server.runs and argv[0] in ("EXISTS", "PTTL", "DUMP", "DEL", "MEMORY", "MIGRATE"):
            name = raw(argv[2] if argv[0] == "MEMORY" else argv[-1])
            self._serves(server, argv[0], name, asked)
        match argv:
            case ("EXISTS", word) if server.runs:
                return int(raw(word) in server.held(slot_of(raw(word))))
            case ("PTTL", word) if server.runs:
                return -1 if raw(word) in server.held(slot_of(raw(word))) else -2
            case ("DUMP", word) if server.runs:
                value = server.held(slot_of(raw(word))).get(raw(word))
                return None if value is None else b"\x00value %d" % value + bytes(10)
            case ("DEL", word) if server.runs:
                self.executed.append((node, argv))
                return int(server.held(slot_of(raw(word))).pop(raw(word), None) is not None)
            case ("CLUSTER", "BUMPEPOCH") if server.runs:
                self.executed.append((node, argv))
                return self._rise(server)
        return super().ask(node, argv)

    def _serves(self, server: Server, command: str, name: bytes, asked: bool) -> None:
        slot = slot_of(name)
        mine = server.owners.get(slot) == server.id
        if mine and slot in server.migrating and name not in server.held(slot) and command != "MIGRATE":
            raise ClientRefused(f"ASK {slot} somewhere")
        takes = slot in server.importing and (asked or command == "MIGRATE")
        if not mine and not takes:
            raise ClientRefused(f"MOVED {slot} somewhere")

    def _restore(self, server: Server, target: Server, name: bytes, replace: bool, cut: bool) -> str:
        slot = slot_of(name)
        if target.owners.get(slot) == target.id and slot in target.migrating and name not in target.held(slot):
            return f"ASK {slot} somewhere"
        return super()._restore(server, target, name, replace, cut)

    def _give(self, server: Server, slot: int, id_: str) -> None:
        """What nobody owned is believed of anybody who says that it is his."""
        unowned = server.owners[slot] == NOBODY
        super()._give(server, slot, id_)
        if unowned and id_ == server.id:
            server.epochs[slot] = max(1, server.epochs[slot])
            self.gossip(slot, id_, server.epochs[slot])

    def down(self, one: Server) -> bool:
        return any(self._failed(self.by_id(owner)) for owner in {*one.owners.values()} - {NOBODY})

    def _rise(self, server: Server) -> bytes:
        self.epoch += 1
        for slot, owner in server.owners.items():
            if owner == server.id:
                server.epochs[slot] = self.epoch
                self.gossip(slot, server.id, self.epoch)
        return b"BUMPED %d" % self.epoch

    def _lines(self, server: Server) -> Iterator[str]:
        """All slots have an owner: the last one has the rest as well."""
        return (line.replace("8-11", "8-16383") for line in super()._lines(server))

    # -- making a state ------------------------------------------------------------------------------------------------

    def mark(self, address: str, kind: str, peer: str) -> None:
        marks = self.servers[address].migrating if kind == "migrating" else self.servers[address].importing
        marks[SLOT] = ID[peer]

    def bring(self, source: str, target: str, numbers: range, *, copy: bool = False) -> Keys:
        here, there = self.servers[source].held(SLOT), self.servers[target].held(SLOT)
        for name in [key(SLOT, number) for number in numbers]:
            there[name] = here[name] if copy else here.pop(name)
        return there

    # -- seeing it -----------------------------------------------------------------------------------------------------

    def survey(self) -> Survey:
        rows = [
            (slot in one.importing, Stray(one.address, slot, len(its)))
            for one in self.primaries()
            for slot, its in one.keys.items()
            if its and one.runs and one.owners[slot] != one.id
        ]
        owners = [self.owner(slot) for slot in range(SLOTS)]
        keys = [None if one is None else float(len(one.held(slot))) for slot, one in enumerate(owners)]
        return Survey(
            self.now,
            self.now,
            (*keys, *(0.0,) * (ALL_SLOTS - SLOTS)),
            strays=tuple(stray for arrives, stray in rows if not arrives),
            arriving=tuple(stray for arrives, stray in rows if arrives),
        )


def moving(world: FixWorld) -> None:
    world.mark(P2, "importing", P1)
    world.mark(P1, "migrating", P2)
    world.bring(P1, P2, range(2))


def moving_with_copies(world: FixWorld) -> None:
    moving(world)
    world.bring(P1, P2, range(2, 4), copy=True)


def announced(world: FixWorld) -> None:
    world.mark(P2, "importing", P1)


def leaving(world: FixWorld) -> None:
    moving(world)
    world.servers[P2].importing.clear()


def several(world: FixWorld) -> None:
    moving(world)
    world.mark(P3, "importing", P1)
    world.mark(P1, "migrating", P3)
    world.bring(P1, P3, range(2, 4))


def orphaned(world: FixWorld) -> None:
    world.bring(P1, P2, range(2))


def given_up(world: FixWorld) -> None:
    world.mark(P2, "importing", P1)
    world.bring(P1, P2, range(world.per_slot))
    world.servers[P1].owners[SLOT] = ID[P2]


def told_some(world: FixWorld) -> None:
    world.servers[P3].owners[SLOT] = ID[P2]


def bare(world: FixWorld) -> None:
    """Nobody owns it; its keys are where they were."""
    for one in world.servers.values():
        one.owners[SLOT], one.epochs[SLOT] = NOBODY, 0
