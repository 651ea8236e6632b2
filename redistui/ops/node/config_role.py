"""WriteRole: a node's new part in replication into its config file; else, what to write there by hand."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address, host_of, port_of
from redistui.ops.steps import Argv, Ask, Lost, Now, Pause, Refused, Reply, Script, Step, Wish
from redistui.replies.words import text

AWAITED = 8.0
"""Seconds for which a node that does not answer is waited for: one that hangs for a moment would be left with its old
part in its config file."""
EVERY = 0.5
UNWRITTEN = ("NOT WRITTEN", "no reply: whether it was written")


@dataclass(frozen=True)
class WriteRole(Step):
    """CONFIG REWRITE. A node restarted with what it was first started with would come back in its old part: a demoted
    primary as a primary."""

    node: Address
    follows: Address | None
    """Its primary from now on; None: it is a primary."""

    @property
    def text(self) -> str:
        return f"Write into its config file that {self._part}"

    @property
    def _part(self) -> str:
        return "it is a primary" if self.follows is None else f"it follows {self.follows}"

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "REWRITE"),)

    def script(self) -> Script:
        yield from self._answers()
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=5.0)
        except Refused as error:
            file = yield from self._file()
            return f"NOT WRITTEN ({error}): {self._by_hand(file)}, or a restart brings back its old part"
        except Lost:
            return f"no reply: whether it was written is not known; {self._by_hand((yield from self._file()))}"
        return "OK"

    def _answers(self) -> Generator[Wish, Reply, None]:
        """Returns once it answers at all, or has not for so long: the command itself goes out once only."""
        begun: float = yield Now()
        while True:
            try:
                yield Ask(self.node, ("PING",), seconds=1.0)
                return
            except Lost:
                pass
            except Refused as error:
                if not str(error).startswith("cannot connect"):
                    return
            if (yield Now()) - begun >= AWAITED:
                return
            yield Pause(EVERY)

    def _file(self) -> Generator[Wish, Reply, str]:
        """The config file by its own words; empty: it has none, or does not say."""
        try:
            said = text((yield Ask(self.node, ("INFO", "server"))))
        except (Refused, Lost):
            return ""
        return next((line.partition(":")[2] for line in said.splitlines() if line.startswith("config_file:")), "")

    def _by_hand(self, file: str) -> str:
        where = file or "what starts it (it has no config file)"
        if self.follows is None:
            return f"take the `replicaof` line out of {where}"
        return f"put `replicaof {host_of(self.follows)} {port_of(self.follows)}` into {where}"


def unwritten(said: str) -> bool:
    """Whether what a step said leaves a config file to be written by hand."""
    return said.startswith(UNWRITTEN)
