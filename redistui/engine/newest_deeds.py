"""NewestDeeds: what operators did lately, and do meanwhile from any console of this machine, as the journal has it."""

from __future__ import annotations

from redistui.engine.journal import Journal
from redistui.engine.unfinished import Deed


class NewestDeeds:
    """Those of one journal. It is blocking, but for `grew`, which hardly is."""

    def __init__(self, journal: Journal, seconds: float) -> None:
        """`seconds`: how far back it looks."""
        self._journal, self._seconds = journal, seconds
        self._read_to: int | None = None
        """Bytes of the journal that were read; None: it was not looked at yet."""
        self._size = 0
        """Bytes it had at the last look."""

    def grew(self) -> bool:
        """There may be something new."""
        return self._read_to is None or self._journal.size() != self._size

    def more(self) -> tuple[Deed, ...]:
        """What was written since the last time, oldest first; at first what the last seconds brought."""
        self._size = self._journal.size()
        if self._read_to is None:
            self._read_to = self._size
            return self._journal.deeds(self._seconds)
        found, self._read_to = self._journal.deeds_from(self._read_to, self._seconds)
        return found
