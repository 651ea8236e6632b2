"""`redistui demo --headless`: a fleet for scripts and tests, told in one line of JSON and kept until interrupted."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from redistui.demo.fleet import DemoFleet
from redistui.demo.problems import DemoError, StartFailed

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """One of ENDING came."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)

    @property
    def code(self) -> int:
        """The exit code: 130 for ctrl+c, 128 + n for a signal n."""
        return 128 + self.number


@contextmanager
def interruptible() -> Iterator[None]:
    """Raises Interrupted here at the first of those signals; further ones are ignored, so that the clean-up is whole.

    A signal that is ignored already (nohup) stays so.
    """

    def raise_it(number: int, frame: FrameType | None) -> None:
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        raise Interrupted(number)

    before = {number: signal.getsignal(number) for number in ENDING}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, raise_it)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def headless(shape: str = "all", engine: str | None = None) -> int:
    """Runs a demo until SIGINT, SIGTERM or SIGHUP; gives the exit code. Must be called on the main thread."""
    try:
        with interruptible():
            return _keep(shape, engine)
    except Interrupted as interrupted:
        return interrupted.code
    except StartFailed as error:
        print(f"redistui demo: {error}", file=sys.stderr)
        return 3
    except DemoError as error:
        print(f"redistui demo: {error}", file=sys.stderr)
        return 2


def _keep(shape: str, engine: str | None) -> int:
    began = time.monotonic()
    with DemoFleet(shape, engine) as fleet:
        print(json.dumps(fleet.document()), flush=True)
        print(f"redistui demo: up after {time.monotonic() - began:.1f} s; ctrl+c ends it", file=sys.stderr, flush=True)
        forever = threading.Event()
        while fleet.alive:
            forever.wait(1.0)
    print("redistui demo: the keeper process was ended from outside, and the servers with it", file=sys.stderr)
    return 6
