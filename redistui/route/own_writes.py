"""Reading one's own writes from replicas: how far the data must go is remembered with each write.

ROLE in the same burst tells it: after a write the primary's offset covers that write, and what a replica has applied
before a read is in what it reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redistui.replies import BadReply
from redistui.replies.role import Role
from redistui.replies.role import read as read_role
from redistui.route.endpoint import Argv, Endpoint
from redistui.route.failures import Refused, RouteFailed

ROLE: Argv = ("ROLE",)


@dataclass(frozen=True, slots=True)
class Token:
    """How far a replica must be to be read from: in this history, to this offset."""

    replid: str | None
    offset: int


class OwnWrites:
    """`token`: of the last write; may be handed to another route of the same nodes, whose reads then see it, too."""

    def __init__(self) -> None:
        self.token: Token | None = None

    async def write(self, endpoint: Endpoint, argv: Argv, replid: str | None) -> Any:
        """Anything at the primary; `replid`: its history at the last check."""
        value, role_reply = await endpoint.burst((argv, ROLE))
        if isinstance(value, RouteFailed):
            raise value
        role = _role(role_reply)
        if role is not None and role.role == "primary" and role.offset is not None:
            self.token = Token(replid, role.offset)
        return value

    async def read(self, endpoint: Endpoint, argv: Argv, replid: str | None) -> Any:
        """A read at a replica. Raises Refused(BEHIND) where it lacks the last write, or may lack it."""
        token = self.token
        if token is None:
            return await endpoint.ask(*argv)
        role_reply, value = await endpoint.burst((ROLE, argv))
        if isinstance(value, RouteFailed):
            raise value
        role = _role(role_reply)
        if role is None or role.offset is None or role.offset < token.offset or replid != token.replid:
            raise Refused("BEHIND", "it does not have this route's own last write yet", endpoint.address)
        return value


def _role(reply: Any) -> Role | None:
    try:
        return read_role(reply)
    except BadReply:
        return None
