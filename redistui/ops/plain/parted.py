"""Steps that heal a split: what only the one that gives way holds is read, kept in a file, and then it follows.

It is fenced before that (redistui.ops.node.fence), so that no write comes in behind the copy.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.loss import amount
from redistui.judge.split import parted
from redistui.model import Address, Node, Replication
from redistui.ops.checks import names
from redistui.ops.node.follow_verify import EVERY
from redistui.ops.node.replication_info import ask_info, info_of, role_in
from redistui.ops.node.roles import read_role
from redistui.ops.steps import (
    Ask,
    Export,
    Hole,
    Lost,
    Note,
    NotKnown,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Together,
)
from redistui.ops.waiting import Replies, ask_until

ALONE = Hole("bytes that only it holds")
COPY = Hole("copy of what it holds")


@dataclass(frozen=True)
class MeasureSplit(Step):
    """How much of its history the other one lacks, now that it takes no more writes."""

    node: Address
    keeps: Address
    history: str
    since: int
    most: int | None
    """More than so many bytes are not given up: that was not agreed to. None: a copy is kept of them all."""

    @property
    def text(self) -> str:
        more = "" if self.most is None else f", no more than {amount(self.most)}"
        return f"See what only it holds since it parted from {self.keeps} at offset {self.since}{more}"

    def script(self) -> Script:
        replies: list[Reply] = yield Together((ask_info(self.node, seconds=1.0), ask_info(self.keeps, seconds=1.0)))
        node, keeps = (_seen(who, reply) for who, reply in zip((self.node, self.keeps), replies, strict=True))
        found = parted(node, keeps)
        if found is None or (found.history, found.since) != (self.history, self.since):
            raise StepFailed(f"{self.node} and {self.keeps} have not parted at offset {self.since} any more")
        if self.most is not None and found.alone > self.most:
            raise StepFailed(f"only {self.node} holds {found.alone} bytes by now, more than agreed to; look again")
        yield Note(ALONE, str(found.alone))
        return f"{found.alone} bytes of writes are only there; {self.keeps} has written {found.others} bytes since"


def _seen(address: Address, reply: Reply) -> Node:
    """A primary, by its own INFO."""
    info = info_of(reply)
    if reply is None or role_in(info) is None:
        raise NotKnown(f"{address} does not say what it is")
    if role_in(info) != "primary":
        raise StepFailed(f"{address} is no primary any more: somebody has healed it already")
    said = Replication(
        info.text("master_replid"),
        info.text("master_replid2"),
        info.integer("master_repl_offset"),
        None,
        info.integer("second_repl_offset"),
    )
    return Node(address, replication=said)


@dataclass(frozen=True)
class KeepCopy(Step):
    """All that it holds, as an RDB, into a new file of the machine that this console runs on."""

    node: Address
    path: str

    @property
    def text(self) -> str:
        return f"Copy all that it holds into the new file {self.path} here (an RDB, mode 600), and see that it is whole"

    @property
    def advice(self) -> str:
        return f"Nothing of {self.node} was given up: name another file, or mend what kept it from being written."

    def script(self) -> Script:
        yield Note(COPY, self.path)
        try:
            done = yield Export(self.node, self.path)
        except (Refused, Lost) as error:
            raise StepFailed(f"no copy was made: {error}", unchanged=True) from None
        own = yield from read_role(self.node, 2.0)
        if own is None or own.role != "primary":  # by Sentinels, say: what was copied may be the other one's data
            raise StepFailed(
                f"{self.node} was made a replica, or fell silent, while it was copied: whether {done.path} holds what "
                f"only it had is not known",
                unchanged=True,
            )
        how = "whole, by its checksum" if done.whole.checked else "whole to its end (that server writes no checksum)"
        yield Note(COPY, f"{done.path}, {done.whole.size} bytes")
        torn = f"; {', '.join(done.torsos)}: part of an earlier try, to be deleted" if done.torsos else ""
        return f"{done.path}: {amount(done.whole.size)}, {done.whole.version}, {how}{torn}"


@dataclass(frozen=True)
class OneHistory(Step):
    """The replication id of all of them is the primary's, as INFO says."""

    node: None
    primary: Address
    nodes: tuple[Address, ...]
    seconds: float = 30.0

    @property
    def text(self) -> str:
        return f"{names(list(self.nodes))} {'is' if len(self.nodes) == 1 else 'are'} of the history of {self.primary}"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            first, *others = (info_of(reply).text("master_replid") for reply in replies)
            astray = [who for who, replid in zip(self.nodes, others, strict=True) if first is None or replid != first]
            return f"{names(astray)} had another history than {self.primary}" if astray else ""

        asks: list[Ask] = [ask_info(each, seconds=1.0) for each in (self.primary, *self.nodes)]
        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"all of the history of {self.primary}"
