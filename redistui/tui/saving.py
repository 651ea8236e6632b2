"""Saving what the engine has seen in the last minutes, as a recording."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.view.cells import Tone, show
from redistui.view.figures import span

if TYPE_CHECKING:
    from redistui.engine.recording import Recorder
    from redistui.tui.house import House


def save(house: House, name: str = "") -> None:
    """Into a file of that name, else into a new one in the folder of recordings. The house tells where, or why not."""
    recorder = house.dashboard.engine.recorder
    if house.watching.newest.replayed:
        house.tell("this is a recording already: copy its file", "warn")
    elif recorder is None:
        house.tell("nothing has been seen yet", "warn")
    else:
        threading.Thread(target=_save, args=(house, recorder, name), name="redistui-save", daemon=True).start()


def _save(house: House, recorder: Recorder, name: str) -> None:
    from redistui.engine.recording import BadRecording, open_recording
    from redistui.engine.recording.places import saved_at

    tone: Tone = "ok"
    try:
        path = Path(name).expanduser() if name else saved_at(house.dashboard.clock(), recorder.folder)
        if name and not path.parent.is_dir():
            raise BadRecording(f"there is no folder {path.parent}: nothing is saved")
        recorder.save(path)
        saved = open_recording(path)
        text = f"saved {_short(path)}: {span(saved.last_at - saved.first_at)}"
    except (BadRecording, OSError) as error:
        text, tone = str(error), "bad"
    except RuntimeError:
        text, tone = f"there is no home folder for {name}: nothing is saved", "bad"
    house.dashboard.on_loop(lambda: house.tell(show(text, 1000), tone))


def _short(path: Path) -> str:
    """As a shell takes it, and short enough to be read whole on a narrow terminal."""
    return f"~/{path.relative_to(Path.home())}" if path.is_relative_to(Path.home()) else str(path)
