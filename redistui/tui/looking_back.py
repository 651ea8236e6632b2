"""Looking back: operations that were not finished, by another run of redistui or by this one, as the journal tells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from redistui.ops import repeated
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.engine.newest_deeds import NewestDeeds
    from redistui.engine.unfinished import Unfinished
    from redistui.ops.stored import Past
    from redistui.tui.app import RedistuiApp


class LookingBack:
    """Holds what is unfinished, for the banner, `:unfinished` and `:resume`."""

    def __init__(self, app: RedistuiApp) -> None:
        self._app = app
        self.unfinished: tuple[Unfinished, ...] = ()
        self.deeds: NewestDeeds | None = None
        """None: the journal was not read yet."""
        self.reading = False

    def look_back(self) -> None:
        """After the first paint, and after an operation that stopped part-way or took up another one."""
        self._app.run_worker(self._read_journal, thread=True, exit_on_error=True)

    def glance(self) -> None:
        """Now and then: what others write to this journal meanwhile is told, too. Nothing is read unless it grew."""
        deeds = self.deeds
        if deeds is not None and not self.reading and deeds.grew():
            self.reading = True
            self._app.run_worker(lambda: self._read_on(deeds), thread=True, exit_on_error=True)

    def _read_on(self, deeds: NewestDeeds) -> None:
        try:
            found = deeds.more()
            if found:
                self._app.engine.recount(found)
        finally:
            self.reading = False

    def _read_journal(self) -> None:
        from redistui.engine.journal import Journal, journal_path
        from redistui.engine.newest_deeds import NewestDeeds

        journal = Journal(journal_path(os.environ))
        deeds = NewestDeeds(journal, repeated.SECONDS)
        self._app.engine.recount(deeds.more())
        self.deeds = deeds
        found = journal.unfinished()
        if found != self.unfinished:
            self._app.on_loop(lambda: self._remember(found))

    def _remember(self, found: tuple[Unfinished, ...]) -> None:
        self.unfinished = found
        self._app.house.redraw()

    def dismiss(self, operation: str) -> str:
        """Strikes an unfinished operation off, in the journal too; a sentence on what came of it."""
        if operation not in {one.operation for one in self.unfinished}:
            return f"no unfinished operation {show(operation)!r}"
        from redistui.engine.journal import Journal, JournalError, journal_path

        try:
            Journal(journal_path(os.environ)).dismiss(operation)
        except JournalError as error:
            return str(error)
        self._remember(tuple(one for one in self.unfinished if one.operation != operation))
        return f"operation {operation} is dismissed"

    @property
    def resumable(self) -> tuple[Past, ...]:
        """Operations that can be gone on with, or put back."""
        return tuple(one.past for one in self.unfinished if one.past is not None)

    @property
    def unfinished_words(self) -> tuple[str, ...]:
        """One for each unfinished operation, for the banner."""
        return tuple(f"{one.action} of {one.group}, begun {one.at[:16].replace('T', ' ')}" for one in self.unfinished)
