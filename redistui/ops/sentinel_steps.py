"""Steps of a Sentinel failover: give the order, see who is elected, demote the old primary, and verify.

The order is given to one Sentinel. It answers OK before anything has happened; whom it elected shows in
SENTINEL GET-MASTER-ADDR-BY-NAME once the replica has said of itself that it is a primary, first at that Sentinel and,
over their greetings, at the others: 1 s later, under load up to 7 s. The old primary is demoted as soon as one Sentinel
names the new one and that one's ROLE agrees: to wait for the last Sentinel would outlast the fence, and the new
config-epoch wins in any case.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address, Watch, host_of, port_of
from redistui.ops.steps import (
    Argv,
    Ask,
    Hole,
    Lost,
    Note,
    NotKnown,
    Now,
    Pause,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Together,
    Transaction,
    Wish,
)
from redistui.ops.waiting import Replies, ask_until
from redistui.replies import role
from redistui.replies.sentinel import read_masters
from redistui.replies.words import BadReply, join

NEW = Hole("new primary")
NEW_HOST = Hole("host of the new primary")
NEW_PORT = Hole("port of the new primary")
EVERY = 0.05
BUSY = "failover_in_progress"
Reading = Generator[Wish, Reply, Watch | None]


@dataclass(frozen=True)
class OrderFailover(Step):
    """SENTINEL FAILOVER to one Sentinel."""

    node: Address
    name: str
    primary: Address
    coordinated: bool

    @property
    def text(self) -> str:
        how = ", with the old primary taking part" if self.coordinated else ""
        return f"Order the Sentinels to fail over {self.name}{how}"

    def commands(self) -> tuple[Argv, ...]:
        order = ("SENTINEL", "FAILOVER", self.name)
        return ((*order, "COORDINATED") if self.coordinated else order,)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=1.0)
        except Lost:
            return (yield from self._look())
        return "OK: it has begun"

    def _look(self) -> Script:
        """After a lost reply. A second quiet look: the order may still have waited in the Sentinel's socket at the
        first."""
        for _ in range(2):
            watch = yield from read_watch(self.node, self.name)
            if watch is None:
                raise NotKnown(f"no reply, and {self.node} does not say whether it has begun")
            if BUSY in watch.flags or watch.primary != self.primary:
                return "no reply, but it has begun"
            yield Pause(0.5)
        raise StepFailed("no reply, and it has not begun", unchanged=True)


@dataclass(frozen=True)
class AwaitPromotion(Step):
    """Until a Sentinel names a new primary and that one agrees, or the ordered Sentinel has given up."""

    node: None
    name: str
    old: Address
    ordered: Address
    sentinels: tuple[Address, ...]
    candidates: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until the Sentinels have made {' or '.join(self.candidates)} primary, as its own ROLE says"

    @property
    def advice(self) -> str:
        return (
            f"Look whom the Sentinels name (`redistui status`). While it is {self.old}, nothing has changed; when it "
            f"is another, {self.old} must not take writes until the Sentinels have made it a replica."
        )

    def script(self) -> Script:
        begun: float = yield Now()
        while True:
            new = yield from self._promoted()
            if new is not None:
                yield Note(NEW, new)
                yield Note(NEW_HOST, host_of(new))
                yield Note(NEW_PORT, str(port_of(new)))
                return f"{new} is primary"
            yield from self._still_going()
            if (yield Now()) - begun >= self.seconds:
                raise NotKnown(f"nobody was promoted within {self.seconds:g} s, and the failover goes on")
            yield Pause(EVERY)

    def _promoted(self) -> Generator[Wish, Reply, Address | None]:
        asks = (Ask(each, ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name), seconds=0.5) for each in self.sentinels)
        named: list[Reply] = yield Together(tuple(asks))
        for reply in named:
            new = join(reply[0], reply[1]) if isinstance(reply, list) and len(reply) == 2 else None
            if new is not None and new != self.old and (yield from is_primary(new)):
                return new
        return None

    def _still_going(self) -> Generator[Wish, Reply, None]:
        watch = yield from read_watch(self.ordered, self.name)
        if watch is not None and watch.primary == self.old and BUSY not in watch.flags:
            raise StepFailed(f"{self.ordered} gave the failover up: {self.old} is still primary", unchanged=True)


@dataclass(frozen=True)
class Demote(Step):
    """What a Sentinel does to an old primary some 10 s later, at once: follow the new one, and cut all clients off."""

    node: Address
    seconds: float = 30.0

    @property
    def text(self) -> str:
        return "Make the old primary a replica of the new one, and cut its clients off so that they look for it"

    @property
    def advice(self) -> str:
        return (
            f"The Sentinels make {self.node} a replica by themselves, about 10 s after the promotion. Keep its writes "
            f"held until its ROLE says slave."
        )

    def commands(self) -> tuple[Argv, ...]:
        return (
            ("MULTI",),
            ("REPLICAOF", NEW_HOST, NEW_PORT),
            ("CLIENT", "KILL", "TYPE", "normal"),
            ("CLIENT", "KILL", "TYPE", "pubsub"),
            ("EXEC",),
        )

    def script(self) -> Script:
        said = ""
        try:
            replies: list[Reply] = yield Transaction(self.node, self.commands())
            said = "; ".join(str(reply) for reply in replies if isinstance(reply, Refused))
        except (Refused, Lost) as error:
            said = str(error)

        def missing(replies: Replies) -> str:
            return (
                "" if says(replies[0], "replica") else f"{self.node} did not become a replica ({said or 'it said OK'})"
            )

        # When it would not obey us, it will obey the Sentinels: the fence stays up until it has.
        asks = (Ask(self.node, ("ROLE",), seconds=1.0),)
        replies = yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"it follows {role.read(replies[0]).primary}"


@dataclass(frozen=True)
class WriteConfig(Step):
    """CONFIG REWRITE, as Sentinel does, so that a restarted node comes back in its new role. A node without a config
    file refuses; nothing else depends on it."""

    node: Address

    @property
    def text(self) -> str:
        return "Write the new role into its config file"

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "REWRITE"),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=5.0)
        except Refused as error:
            return f"not written ({error}): restarted, it would come back in its old role until the Sentinels see it"
        except Lost:
            return "no reply: whether it was written is not known"
        return "OK"


def read_watch(sentinel: Address, name: str) -> Reading:
    """SENTINEL MASTER; None when it does not answer, or not with that."""
    try:
        reply: Reply = yield Ask(sentinel, ("SENTINEL", "MASTER", name), seconds=0.5)
        return read_masters([reply])[0]
    except (Refused, Lost, BadReply):
        return None


def is_primary(address: Address) -> Generator[Wish, Reply, bool]:
    try:
        return says((yield Ask(address, ("ROLE",), seconds=0.5)), "primary")
    except (Refused, Lost):
        return False


def says(reply: Reply, wanted: str) -> bool:
    """A ROLE reply of that role."""
    try:
        return role.read(reply).role == wanted
    except BadReply:
        return False
