"""Dialling: opens the connection to a watched server, and says that it is there, or why there is none.

A server that could not be connected to before is knocked at first, which costs a third.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from redistui.engine.watched import Watched
from redistui.model import FaultKind
from redistui.net.faults import WireFault, fault_of_opening
from redistui.net.knock import knock
from redistui.net.tls import context_of
from redistui.net.watch import Intake, Wire, dial

AWAY: frozenset[FaultKind] = frozenset({"refused", "unreachable", "tls"})
"""Faults of those who could not be connected to."""


class Dialling:
    """On the loop. Of each attempt one of the two is called, unless `Watched.connecting` is cancelled; never before
    `begin` has returned."""

    def __init__(
        self, opened: Callable[[Watched], None], failed: Callable[[Watched, FaultKind, str], None], seconds: float
    ) -> None:
        """`seconds` for an attempt. Once `opened`, the connection is `Watched.wire`."""
        self._opened = opened
        self._failed = failed
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._intake = Intake()

    def begin(self, watched: Watched) -> None:
        watched.connecting = None
        if was_away(watched):
            watched.connecting = knock(watched.reachable, self._seconds, lambda answer: self._knocked(watched, answer))
        if watched.connecting is None:
            watched.connecting = self._loop.create_task(self._connect(watched))

    def _knocked(self, watched: Watched, answer: socket.socket | OSError) -> None:
        watched.connecting = None
        if isinstance(answer, OSError):
            why = fault_of_opening(answer, tls=False)
            self._failed(watched, why.kind, why.text)
            return
        task = watched.connecting = self._loop.create_task(self._connect(watched, answer))
        task.add_done_callback(lambda task: answer.close() if task.cancelled() else None)  # it may not have begun

    async def _connect(self, watched: Watched, opened: socket.socket | None = None) -> None:
        try:
            context = context_of(watched.access.tls)
            wire = await dial(
                watched.reachable, context, lambda: Wire(watched, intake=self._intake), self._seconds, opened
            )
        except Exception as error:
            if opened is not None and not isinstance(error, WireFault):  # `dial` was not begun
                opened.close()
            watched.connecting = None
            self._failed(watched, *why_not(error))
            return
        watched.connecting, watched.wire = None, wire
        self._opened(watched)
        if wire.ended is not None:  # over TLS the end may come together with the beginning
            watched.lost(wire, wire.ended)


def was_away(watched: Watched) -> bool:
    """It could not be connected to, and for no fault of our own files of TLS: with those it is left in peace."""
    if watched.fault is None or watched.fault.kind not in AWAY:
        return False
    try:
        context_of(watched.access.tls)
    except OSError:
        return False
    return True


def why_not(error: Exception) -> tuple[FaultKind, str]:
    """Why no connection could be made: what the server did, what is wrong with the files of TLS, or an address that no
    socket takes, since a stranger's name or number may be anything."""
    if isinstance(error, WireFault):
        return error.kind, error.text
    if isinstance(error, OSError):
        return "tls", f"certificate files cannot be used: {error.strerror or error}"
    return "unreachable", f"cannot connect to such an address ({type(error).__name__})"
