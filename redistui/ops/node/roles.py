"""What a ROLE reply says, for scripts that wait for it."""

from __future__ import annotations

from collections.abc import Generator

from redistui.model import Address, Role
from redistui.ops.steps import Ask, Lost, Refused, Reply, Wish
from redistui.replies import role
from redistui.replies.words import BadReply


def role_of(reply: Reply) -> role.Role | None:
    """None for no reply, or one that is not understood."""
    try:
        return role.read(reply)
    except BadReply:
        return None


def says(reply: Reply, wanted: Role) -> bool:
    """A ROLE reply of that role."""
    found = role_of(reply)
    return found is not None and found.role == wanted


def follows(reply: Reply, primary: Address) -> bool:
    """A replica of that primary, with its link up."""
    found = role_of(reply)
    return found is not None and found.primary == primary and found.link_state == "connected"


def read_role(node: Address, seconds: float = 0.5) -> Generator[Wish, Reply, role.Role | None]:
    """ROLE; None when it does not answer, or not with that."""
    try:
        return role_of((yield Ask(node, ("ROLE",), seconds=seconds)))
    except (Refused, Lost):
        return None


def is_primary(node: Address) -> Generator[Wish, Reply, bool]:
    found = yield from read_role(node)
    return found is not None and found.role == "primary"
