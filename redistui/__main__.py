"""`redistui` and `python -m redistui`: picks the command line or the screens. Nothing heavy is imported here."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redistui.cli.dashboard import Look
    from redistui.engine.engine import Engine
    from redistui.engine.late import LateEngine
    from redistui.engine.playback import Playback


def main() -> None:
    """Ends the process with the exit code of the command line."""
    from redistui.cli.main import run

    _no_core_dumps()
    gc.set_threshold(50_000, 20, 100)  # snapshots of a thousand nodes are many small values and no circles
    sys.exit(run(sys.argv[1:], screens))


def screens() -> Callable[[Engine | LateEngine | Playback, Look], int]:
    """Imports Textual, and returns what shows the dashboard on an engine."""
    if not os.environ.get("NO_COLOR"):
        os.environ.pop("NO_COLOR", None)  # Set but empty means nothing; Textual, as it is imported, takes it for a yes.
    from redistui.tui import Settings, app, run

    assert app

    def show(engine: Engine | LateEngine | Playback, look: Look) -> int:
        return run(
            engine,
            Settings(
                theme=look.theme,
                ascii=look.ascii,
                mouse=look.mouse,
                bell=look.config.bell is not False,
                keymap=look.config.keymap,
                armed=look.armed,
                replay=look.replay,
                group=look.group,
                thresholds=look.thresholds,
                notes=look.notes,
                secrets=look.secrets,
                wants_password=look.wants_password,
            ),
        )

    return show


def _no_core_dumps() -> None:
    """A core file would hold every password we were given."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
