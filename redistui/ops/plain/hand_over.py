"""HandOver: FAILOVER TO host port TIMEOUT ms, by which a primary makes one of its replicas primary (Redis >= 6.2).

The server holds its own writes, waits until the replica has acknowledged all of them (it does so once a second),
becomes its replica and has it promoted. Always with TO: without it the first replica that has caught up wins. Always
with TIMEOUT: without it writes are held for ever. Never with FORCE: it gives writes up. When this console dies, the
server finishes, or goes back, alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address, host_of, port_of
from redistui.ops.node.replication_info import ask_info, info_of, primary_in, role_in
from redistui.ops.node.roles import role_of, says
from redistui.ops.steps import (
    Argv,
    Ask,
    Lost,
    NotKnown,
    Now,
    Pause,
    Reply,
    Script,
    Step,
    StepFailed,
    Together,
)

EVERY, LATER = 0.02, 0.1
"""Seconds between two looks, in the first one or two seconds, and then."""
GOES_ON = 10.0
"""Seconds that the last part, which the server does not time, may take on top of the timeout."""
IDLE = "no-failover"


@dataclass(frozen=True)
class HandOver(Step):
    """Done when the target says primary and the old one is its replica, or is gone."""

    node: Address
    target: Address
    timeout_ms: int

    @property
    def text(self) -> str:
        seconds = self.timeout_ms / 1000
        return f"Hand over to {self.target}: the server holds writes until that has them all, for at most {seconds:g} s"

    @property
    def advice(self) -> str:
        return (
            f"Look at both (`redistui status`). While {self.node} waits for a {self.target} that is gone for good, it "
            f"takes no writes: FAILOVER ABORT at {self.node} makes it primary again, once {self.target} is stopped for "
            f"certain. When {self.node} is gone and {self.target} is a replica: `promote {self.target}` once more. "
            f"When both are replicas, one was restarted in its old part, perhaps without its data: `detach NODE "
            f"--writable`, of the one that holds the data, ends that."
        )

    def commands(self) -> tuple[Argv, ...]:
        to = ("TO", host_of(self.target), str(port_of(self.target)))
        return (("FAILOVER", *to, "TIMEOUT", str(self.timeout_ms)),)

    def script(self) -> Script:
        if (said := self._done((yield self._look()))) is not None:
            return said
        lost = ""
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            lost = f"{error}; and "
            yield Pause(0.5)  # it may still wait in the server's socket
        begun: float = yield Now()
        while True:
            replies: list[Reply] = yield self._look()
            if (said := self._done(replies)) is not None:
                return said
            if self._as_before(replies):
                why = (
                    "it was not begun"
                    if lost
                    else f"{self.target} did not have all writes in time, and it was given up"
                )
                raise StepFailed(f"{lost}{why}: {self.node} is still primary", unchanged=True)
            waited = (yield Now()) - begun
            if waited >= self.timeout_ms / 1000 + GOES_ON:
                raise NotKnown(f"{lost}{self._stuck(replies)}")
            yield Pause(EVERY if waited < 2 else LATER)

    def _look(self) -> Together:
        """INFO of the old one, because that tells its role and how far it is at one and the same instant."""
        return Together((Ask(self.target, ("ROLE",), seconds=0.5), ask_info(self.node)))

    def _done(self, replies: list[Reply]) -> str | None:
        if not says(replies[0], "primary"):
            return None
        if replies[1] is None:
            return f"{self.target} is primary; {self.node} does not answer any more"
        follows = primary_in(info_of(replies[1])) == self.target
        return f"{self.target} is primary, {self.node} follows it" if follows else None

    def _as_before(self, replies: list[Reply]) -> bool:
        """It is over, and nobody was promoted: a primary that hands over becomes a replica first."""
        info = info_of(replies[1])
        return role_in(info) == "primary" and info.text("master_failover_state") == IDLE

    def _stuck(self, replies: list[Reply]) -> str:
        new, info = role_of(replies[0]), info_of(replies[1])
        if primary_in(info) == self.target:
            return f"{self.node} follows {self.target}, which does not say that it is a primary"
        roles = ((self.node, role_in(info)), (self.target, None if new is None else new.role))
        said = [f"{who} {f'says {role}' if role else 'does not answer'}" for who, role in roles]
        return f"{' and '.join(said)}, in the middle of a FAILOVER"
