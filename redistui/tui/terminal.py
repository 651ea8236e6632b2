"""Runs the app so that the terminal is given back as it was: after a signal, a crash, or when it no longer reads."""

from __future__ import annotations

import codecs
import os
import signal
import sys
import termios
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING, Any

from rich.text import Text

from redistui.tui import Settings
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.engine.engine import Engine
    from redistui.engine.late import LateEngine
    from redistui.engine.playback import Playback
    from redistui.tui.app import RedistuiApp

PATIENCE = 4.0
"""Seconds a signal waits for the app to end by itself: a terminal that does not read blocks it for ever."""
OPERATION_PATIENCE = 120.0
"""Seconds that a running operation is given to come to a safe point before the process ends."""
RESTORE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)
"""What the driver would write: paste, wrap, mouse and keyboard modes off, the first screen and the cursor back."""
_FATAL = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


def utf8_terminal(environ: Mapping[str, str], encoding: str | None) -> bool:
    """Whether signs beyond ASCII come out as themselves: what the locale says, and what stderr is opened with.

    Python itself puts LC_CTYPE=C.UTF-8 into the environment where the locale is C: that is not the operator's word.
    Without any locale it is the encoding alone that decides.
    """
    mine = environ.get("LC_CTYPE", "")
    if mine == "C.UTF-8" and environ.get("LANG") in ("C", "POSIX"):
        mine = ""
    name = environ.get("LC_ALL") or mine or environ.get("LANG", "")
    try:
        written = codecs.lookup(encoding or "ascii").name
    except LookupError:
        return False
    return written == "utf-8" and (not name or "utf8" in name.lower().replace("-", ""))


def run_app(engine: Engine | LateEngine | Playback, settings: Settings) -> int:
    """The dashboard, from its first byte on the terminal to the last."""
    if not os.environ.get("NO_COLOR"):
        os.environ.pop("NO_COLOR", None)  # Set but empty means nothing, and Textual would take it for a yes.
    from redistui.tui.app import RedistuiApp

    ascii_signs = not utf8_terminal(os.environ, sys.stderr.encoding) if settings.ascii is None else settings.ascii
    app = RedistuiApp(engine, replace(settings, ascii=ascii_signs))
    before = _attributes()
    with _Signals(app, engine, before):
        app.run(mouse=settings.mouse)
    app.canaries.close()
    if app.acting.busy is not None:
        print("redistui: an operation still runs; stopping it at the next safe point", file=sys.stderr)
        app.acting.settle(OPERATION_PATIENCE)
    return app.return_code or 0


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


class _Signals:
    """While it is entered, SIGTERM, SIGHUP and SIGINT end the app in order, with 128+n.

    Plain handlers and not the loop's own: the loop of a terminal that does not read stands still, a handler still runs.
    """

    def __init__(self, app: RedistuiApp, engine: Engine | LateEngine | Playback, before: list[Any] | None) -> None:
        self._app, self._engine, self._before = app, engine, before
        self._old: dict[int, Any] = {}
        self._over = threading.Event()
        self._begun = False

    def __enter__(self) -> None:
        for number in _FATAL:
            self._old[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for number, old in self._old.items():
            signal.signal(number, old)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self._begun:
            return
        self._begun = True
        threading.Thread(target=self._insist, args=(128 + number,), daemon=True, name="redistui-leave").start()
        self._app.end_from_signal(128 + number)

    def _insist(self, code: int) -> None:
        """When the app has not ended in time: the terminal is restored, what is half done stops at a safe point."""
        if self._over.wait(PATIENCE):
            return
        restore(self._before)
        try:
            self._app.acting.settle(OPERATION_PATIENCE)
            self._engine.stop()
        finally:
            os._exit(code)


def heed_only_real_continues() -> None:
    """SIGCONT makes Textual enter the terminal again, also when it never left; it then forgets how that was."""
    resume, suspend = signal.getsignal(signal.SIGCONT), signal.getsignal(signal.SIGTSTP)
    left = False

    def on_stop(number: int, frame: FrameType | None) -> None:
        nonlocal left
        left = True
        if callable(suspend):
            suspend(number, frame)

    def on_continue(number: int, frame: FrameType | None) -> None:
        nonlocal left
        if left and callable(resume):
            left = False
            resume(number, frame)

    if callable(resume) and callable(suspend):  # A pilot has no terminal, and no handlers.
        signal.signal(signal.SIGTSTP, on_stop)
        signal.signal(signal.SIGCONT, on_continue)


def restore(before: list[Any] | None) -> None:
    """Without waiting: the terminal may be gone, or may not read."""
    with suppress(OSError):
        os.set_blocking(2, False)
        os.write(2, RESTORE)
    if before is not None:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, before)


def crash_report(error: BaseException | None, secrets: Sequence[str], hide: Callable[[str], str] = show) -> Text:
    """Where it broke, without locals; known secrets are masked in the error's own words, too."""
    frames = [] if error is None else traceback.extract_tb(error.__traceback__)
    lines = [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    words = "unknown error" if error is None else f"{type(error).__name__}: {error}"
    text = "\n".join(["redistui crashed; this is a bug.", *lines, hide(_masked(words, secrets))])
    return Text(text, no_wrap=True, overflow="ignore")


def _masked(text: str, secrets: Sequence[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
