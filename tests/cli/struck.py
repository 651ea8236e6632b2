"""redistui that sends itself a signal at a line of its journal: `struck.py SIGNAL MOMENT COMMAND WORDS...`.

MOMENT is one in the life of the first command that begins with COMMAND: `sending` (that it goes out is on disk, and it
has not gone out), `answered` (it was done, and the journal does not know) or `done` (the journal knows). A killer that
watches the journal from outside may be late: a quick operation has ended by then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from redistui.__main__ import main
from redistui.engine.journal import Journal, Line


def strike_at(number: int, moment: str, command: str) -> None:
    write = Journal.write
    state = "sending" if moment == "sending" else "done"
    struck: list[int] = []

    def strike() -> None:
        struck.append(number)
        os.kill(os.getpid(), number)

    def written(self: Journal, lines: Sequence[Line]) -> None:
        now = not struck and any(
            line.get("state") == state and " ".join(line.get("command") or ()).startswith(command) for line in lines
        )
        if now and moment == "answered":
            strike()
        write(self, lines)
        if now and moment != "answered":
            strike()

    Journal.write = written  # type: ignore[method-assign]


if __name__ == "__main__":
    _, signal, moment, command, *sys.argv[1:] = sys.argv
    strike_at(int(signal), moment, command)
    main()
