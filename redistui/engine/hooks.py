"""Hooks: a program of the operator's own, before and after a site failover.

No shell; nothing on its stdin; of our environment only what a program cannot do without, so that no password gets to
it; a deadline, after which it and whatever it started are killed. What it says is kept in part, for the journal.
"""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from redistui.ops.action import Hook

SECONDS = 60.0
KEPT = 2000
"""Bytes of the end of its output."""
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SSH_AUTH_SOCK")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a hook ended. `wrong` is empty when it ended well."""

    wrong: str
    said: str

    @property
    def text(self) -> str:
        return f"{self.wrong}: {self.said}" if self.wrong and self.said else self.wrong or self.said


def environment(hook: Hook, environ: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """What it finds in its environment.

    >>> sorted(environment(Hook("after", "/x", (("REDISTUI_SITE", "west"),)), {"PATH": "/bin", "SECRET": "s"}, {}))
    ['PATH', 'REDISTUI_PHASE', 'REDISTUI_SITE']
    """
    kept = {name: value for name, value in environ.items() if name in PASSED_ON or name.startswith("LC_")}
    told = {name: value.replace("\0", "") for name, value in (*hook.told, *more.items())}
    return {**kept, **told, "REDISTUI_PHASE": hook.phase}


async def run(
    hook: Hook, environ: Mapping[str, str], stopping: asyncio.Event | None = None, seconds: float = SECONDS
) -> Ended:
    """Runs it to its end; killed when the time is up, or when `stopping` is set. Raises nothing."""
    try:
        process = await _begun(hook.path, environ)
    except (OSError, ValueError) as error:
        return Ended(f"it could not be started: {getattr(error, 'strerror', None) or error}", "")
    said = bytearray()
    reading = asyncio.ensure_future(_read(process, said))
    stopped = asyncio.ensure_future((stopping or asyncio.Event()).wait())
    try:
        await asyncio.wait((reading, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        done = reading.done()
    finally:
        stopped.cancel()
        await _end(process, reading)
    text = said.decode("utf-8", "backslashreplace").strip()
    if stopping is not None and stopping.is_set() and not done:
        return Ended("stopped on request", text)
    if not done:
        return Ended(f"it was not done within {seconds:g} s, and was killed", text)
    return Ended(_ending(process.returncode), text)


async def _begun(path: str, environ: Mapping[str, str]) -> Process:
    """Whoever is cancelled meanwhile waits until it has begun, since what has not can not be ended."""
    beginning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            path, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, env=dict(environ), start_new_session=True
        )
    )
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        while not beginning.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((beginning,))
        with suppress(asyncio.CancelledError, OSError, ValueError):
            process = beginning.result()
            await _end(process, asyncio.ensure_future(_read(process, bytearray())))
        raise


def _ending(code: int | None) -> str:
    if code == 0:
        return ""
    return f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"


async def _read(process: Process, said: bytearray) -> None:
    """To the end of its output and of itself; what is too much is dropped from the front."""
    assert process.stdout is not None
    while piece := await process.stdout.read(4096):
        said += piece
        del said[:-KEPT]
    await process.wait()


async def _end(process: Process, reading: asyncio.Future[None]) -> None:
    """Nothing of it is left: what it put into the background goes with it, where it overran its time."""
    if not reading.done():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(asyncio.CancelledError, TimeoutError):
        await asyncio.wait_for(reading, 5.0)
    for _ in range(3):  # a loop that ends cancels us once more, and its pipes would stay open
        with suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(process.communicate(), 5.0)
            break
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # whoever cancelled us meanwhile waits for that
        raise asyncio.CancelledError
