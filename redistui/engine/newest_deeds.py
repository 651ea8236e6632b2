"""NewestDeeds: what operators did lately, and do meanwhile from any console of this machine, as the journal has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redistui.engine.journal import Journal
from redistui.engine.unfinished import Deed
from redistui.model import Address

if TYPE_CHECKING:
    from redistui.engine.engine import Engine


class NewestDeeds:
    """Those of one journal. It is blocking, but for `grew`, which hardly is."""

    def __init__(self, journal: Journal, seconds: float) -> None:
        """`seconds`: how far back it looks."""
        self._journal, self._seconds = journal, seconds
        self._read_to: int | None = None
        """Bytes of the journal that were read; None: it was not looked at yet."""
        self._size = 0
        """Bytes it had at the last look."""
        self._named: dict[str, frozenset[Address]] = {}
        """By operation the servers that its plan names."""

    def grew(self) -> bool:
        """There may be something new."""
        return self._read_to is None or self._journal.size() != self._size

    def more(self) -> tuple[Deed, ...]:
        """What was written since the last time, oldest first; at first what the last seconds brought."""
        self._size = self._journal.size()
        if self._read_to is None:
            self._read_to = self._size
            return self._journal.deeds(self._seconds, self._named)
        found, self._read_to = self._journal.deeds_from(self._read_to, self._seconds, self._named)
        return found

    def tell(self, engine: Engine) -> None:
        """What is new, as events of a fleet that is watched."""
        if self.grew():
            engine.recount(self.more())
