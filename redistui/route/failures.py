"""How a routed call can end without an answer, and what may be tried again.

Only two ways matter to whoever called: nothing was changed (`Refused`), or nobody knows (`Unknown`). A refused call may
be sent again as its kind allows (KINDS); of those of unknown outcome only a read may be, never a write.
"""

from __future__ import annotations

import re
from typing import Literal

from redistui.model import Address

Cure = Literal["later", "elsewhere", "redirect", "never"]
"""later: the same node may take it in a moment. elsewhere: another node may. redirect: the reply says where. never: it
is the same everywhere."""

KINDS: tuple[tuple[str, Cure], ...] = (
    ("connect", "elsewhere"),  # not reached: nothing was sent
    ("MOVED", "redirect"),
    ("ASK", "redirect"),
    ("TRYAGAIN", "later"),
    ("CLUSTERDOWN", "later"),
    ("LOADING", "elsewhere"),
    ("MASTERDOWN", "elsewhere"),
    ("READONLY", "elsewhere"),
    ("BUSY", "elsewhere"),
    ("NOREPLICAS", "later"),
    ("UNHEALTHY", "elsewhere"),  # ours: nobody fit to be asked
    ("BEHIND", "elsewhere"),  # ours: a replica that has not got our own last write yet
    ("OOM", "never"),
    ("MISCONF", "never"),
    ("CLOSED", "never"),  # ours: the route was closed
    ("NOPERM", "never"),
    ("NOAUTH", "never"),
    ("WRONGPASS", "never"),
)
CURES: dict[str, Cure] = dict(KINDS)


class RouteFailed(Exception):
    """A call that got no answer. `node` is who was asked last; None: nobody was."""

    outcome: Literal["refused", "unknown"]

    def __init__(self, kind: str, text: str, node: Address | None = None) -> None:
        self.kind = kind
        self.text = text
        self.node = node
        super().__init__(text if node is None else f"{node}: {text}")


class Refused(RouteFailed):
    """Nothing was changed: an error reply, or nobody could be reached. `kind`: its first word, or `connect`."""

    outcome: Literal["refused"] = "refused"

    @property
    def cure(self) -> Cure:
        """An error that is not in KINDS is about the command itself: the same everywhere."""
        return CURES.get(self.kind, "never")


class Unknown(RouteFailed):
    """It went out, and no reply came: it may or may not have run. `kind`: timeout, or closed."""

    outcome: Literal["unknown"] = "unknown"


def is_shut_out(why: str) -> bool:
    """Whether a server did not take our user and password, be it one of several that were asked.

    >>> is_shut_out("no node can be asked (a:1: cannot connect: WRONGPASS invalid username-password pair)")
    True
    """
    return re.search(r"\b(WRONGPASS|NOAUTH)\b", why) is not None


class BadRoute(ValueError):
    """What a route was given does not fit: a sentence that says what, and what to do."""


def kind_of(error: str) -> str:
    """An error reply's kind: its first word.

    >>> kind_of("MOVED 866 127.0.0.1:7001"), kind_of("READONLY You can't write against a read only replica.")
    ('MOVED', 'READONLY')
    """
    return error.split(" ", 1)[0] or "ERR"
