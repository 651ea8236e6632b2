"""Steps of a plan: frozen values whose `script()` is a generator of asks and pauses, without any I/O.

Whoever drives the script (redistui.engine.driver) does what it yields and sends the answer back; an error reply is
thrown into the generator as `Refused`, a lost one as `Lost`. A step ends by returning a sentence (what was seen), or by
raising `StepFailed`. So a test plays a step by hand, reply by reply, and interrupts it wherever it likes.

Two rules make the plan shown the plan sent, and the driver holds both, whatever a script does:

* Every mutating command that a script sends stands in its step's `commands()`, and is sent at most as often as it
  stands there. What cannot be known before the plan runs (whom the Sentinels elect, the value of an option before we
  changed it) is a `Hole` in it: an argument in angle brackets that says what will stand there. The script finds the
  value out by reading, leaves a `Note` of it, and the driver fills the hole with that note and nothing else, and
  journals both.
* An `Ask` that does not mutate is one of `READS`.

A console that dies in the middle is played again: its successor drives the same script, and a command that is in the
journal already is not sent a second time; the script gets its reply, or `Lost` where none was seen. So a script that
changes something looks first whether the world is still as it wants it, and finds out by reading after `Lost`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

from redistui.model import Address
from redistui.ops.tally import Tally

Argv = tuple[str, ...]
Reply = Any
"""As hiredis gives it, not decoded: bytes, int, None, or a list of these. Within EXEC's list an error is a
`Refused`."""

READS: tuple[Argv, ...] = (
    ("PING",),
    ("ROLE",),
    ("INFO",),
    ("CONFIG", "GET"),
    ("CLIENT", "LIST"),
    ("CLUSTER", "INFO"),
    ("CLUSTER", "NODES"),
    ("CLUSTER", "MYID"),
    ("CLUSTER", "COUNTKEYSINSLOT"),
    ("CLUSTER", "GETKEYSINSLOT"),
    ("CLUSTER", "GETSLOTMIGRATIONS"),
    ("CLUSTER", "MIGRATION", "STATUS"),
    ("CLUSTER", "SLOT-STATS"),
    ("COMMAND", "INFO"),
    ("DBSIZE",),
    ("ASKING",),
    ("DUMP",),
    ("EXISTS",),
    ("PTTL",),
    ("MEMORY", "USAGE"),
    ("SENTINEL", "MASTER"),
    ("SENTINEL", "MASTERS"),
    ("SENTINEL", "REPLICAS"),
    ("SENTINEL", "SENTINELS"),
    ("SENTINEL", "CKQUORUM"),
    ("SENTINEL", "GET-MASTER-ADDR-BY-NAME"),
)
"""What a step may ask without saying so in its plan."""


class Hole(str):
    """An argument that is found out while the plan runs; it says what it stands for.

    >>> print(" ".join(("REPLICAOF", Hole("host of the new primary"), Hole("port of the new primary"))))
    REPLICAOF <host of the new primary> <port of the new primary>
    """

    __slots__ = ()

    def __new__(cls, what: str) -> Hole:
        return super().__new__(cls, f"<{what}>")


class Secret(Hole):
    """A password, or the user it belongs to, of how we ourselves reach a node: filled in as the command goes out.

    It is never noted, shown or journalled, and two plans with the same hole are equal whatever it is.
    """

    __slots__ = ()

    def __new__(cls, what: Literal["user", "password"], node: Address) -> Secret:
        return cast(Secret, super().__new__(cls, f"{what} for {node}"))

    @property
    def part(self) -> Literal["user", "password"]:
        return "user" if self.startswith("<user for ") else "password"

    @property
    def node(self) -> Address:
        """Whose login it is."""
        return self.partition(" for ")[2][:-1]


@dataclass(frozen=True, slots=True)
class Ask:
    """One command to one node. A mutating one goes out on a connection of its own, once, and is journalled around."""

    node: Address
    argv: Argv
    mutates: bool = False
    seconds: float = 2.0
    """Deadline for the reply. A mutating command that misses it has an unknown outcome and is never sent again."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """MULTI ... EXEC to one node in one write on a connection of its own; the reply is EXEC's list."""

    node: Address
    argvs: tuple[Argv, ...]
    seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Together:
    """Reads that are sent at the same moment. The replies come as a list; of one that was refused or lost, None."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Burst:
    """Commands to one node in one write. The reply is a list, one reply each; of one that the server refused, the
    `Refused`, and of one whose reply did not come, `Lost`: nothing is raised.

    Mutating ones (all of a burst, or none) go over one connection that the operation holds to that node; where it was
    cut, the next burst goes over a new one only when the server has none of the old one left: nothing of a lost burst
    can still come to be executed then.
    """

    node: Address
    argvs: tuple[Argv, ...]
    mutates: bool = False
    seconds: float = 5.0
    """Deadline for all replies."""


@dataclass(frozen=True, slots=True)
class Abreast:
    """Scripts that run side by side, each as if it were alone. The reply is a list when all have ended: the sentence
    that a script returned, or the exception that ended it (StepFailed, Refused, Lost)."""

    scripts: tuple[Script, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """The reply is what the operator orders just now (redistui.ops.tally.Orders); only a step that `heeds` asks."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell whoever looks on how far it is."""

    tally: Tally


@dataclass(frozen=True, slots=True)
class Export:
    """All that a node holds, as an RDB, into a new file of the machine that this runs on. The reply tells where it lies
    and what it is (redistui.net.export.Exported). Raises Refused or Lost; there is no file then."""

    node: Address
    path: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next ask."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Now:
    """The reply is the time in seconds, on a clock that never goes back and counts a suspended machine's sleep."""


@dataclass(frozen=True, slots=True)
class Note:
    """Keep a value that was found out: it fills the hole from now on, and stands in the journal."""

    hole: Hole
    value: str


@dataclass(frozen=True, slots=True)
class Recall:
    """The reply is the value of an earlier note, of this step or one before it."""

    hole: Hole


Wish = Ask | Transaction | Together | Burst | Abreast | Ordered | Tell | Export | Pause | Now | Note | Recall
Script = Generator[Wish, Reply, str]


class StepFailed(Exception):
    """The step's condition does not hold; the sentence says what was seen.

    `unchanged`: this step found the fleet as it was before the plan's point of no return, so the fence may be lifted.
    """

    def __init__(self, text: str, *, unchanged: bool = False) -> None:
        self.unchanged = unchanged
        super().__init__(text)


class NotKnown(StepFailed):
    """Whether the step's condition holds could not be found out."""


class Refused(Exception):
    """Nothing was changed by that command: the server answered with an error, or could not be reached to send it."""


class Lost(Exception):
    """No reply: the command may or may not have run. Find out by reading."""


@dataclass(frozen=True)
class Step:
    """What happens at one node. Equal steps send equal commands: a plan is compared by its steps."""

    node: Address | None

    heeds: ClassVar[bool] = False
    """It asks for orders (`Ordered`) and ends by itself, with nothing half-done, when it is told to stop."""
    rereads: ClassVar[bool] = False
    """Played again after a console died, it finds out by reading how far it had come: none of its commands counts as
    spent, and it sends only what it has just seen to be undone."""

    @property
    def text(self) -> str:
        """One line in the operator's words."""
        raise NotImplementedError

    @property
    def reaches(self) -> tuple[Address, ...]:
        """The nodes that its commands go to; what must be known of a plan's nodes before it is gone on with."""
        return () if self.node is None or not self.commands() else (self.node,)

    @property
    def advice(self) -> str:
        """What the operator does when this step fails past the point of no return; empty: look at the fleet first."""
        return ""

    def commands(self) -> Sequence[Argv]:
        """The mutating commands exactly as they will be sent; empty for a step that only reads and waits."""
        return ()

    def script(self) -> Script:
        raise NotImplementedError


_READS = frozenset(READS)


def is_read(argv: Argv) -> bool:
    """Whether a command stands in READS.

    >>> is_read(("ROLE",)), is_read(("CONFIG", "GET", "save")), is_read(("CONFIG", "SET", "save", ""))
    (True, True, False)
    """
    return argv[:2] in _READS or argv[:1] in _READS or argv[:3] in _READS
