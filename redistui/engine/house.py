"""What somebody who acts needs of the engine, and of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from redistui.engine.journal import Line
from redistui.engine.logins import Logins
from redistui.model import Access, Address, Fleet


class House(Protocol):
    """What the engine offers to whoever acts (redistui.engine.engine)."""

    @property
    def fleet(self) -> Fleet:
        """The latest snapshot."""

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        """The fleet, made of answers that began after this call."""

    def happened(self, group: str, text: str) -> None:
        """Something was done by us: an event of kind "action". On the engine's loop."""

    @property
    def logins(self) -> Logins:
        """Passwords of those who act, where they are others than those who watch."""

    def access_of(self, address: Address) -> Access: ...

    def dial_of(self, address: Address) -> Address: ...


class Writer(Protocol):
    """Puts lines of the operation on disk, all at once. Raises JournalError.

    A line that brings its own time (`at`, `monotonic`) keeps it.
    """

    async def __call__(self, lines: Sequence[Line]) -> None: ...
