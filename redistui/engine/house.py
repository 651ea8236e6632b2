"""What somebody who acts needs of the engine, and of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from redistui.engine.journal import Line
from redistui.model import Access, Address, Fleet


class House(Protocol):
    """What the engine offers to whoever acts (redistui.engine.engine)."""

    @property
    def fleet(self) -> Fleet:
        """The latest snapshot."""

    async def fresh(self, group: str, seconds: float = 3.0) -> Fleet:
        """The fleet, made of answers that began after this call."""

    def access_of(self, address: Address) -> Access: ...

    def dial_of(self, address: Address) -> Address: ...


class Writer(Protocol):
    """Puts lines of the operation on disk, all at once. Raises JournalError."""

    async def __call__(self, lines: Sequence[Line]) -> None: ...
