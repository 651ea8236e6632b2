"""Pilots here wait until the dashboard's event loop has nothing to do, and not 20 ms and more after every key."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import process_time

import pytest
import textual.app
import textual.pilot

TURN = 0.01
"""Seconds: what a thread of the dashboard hands over has this long to arrive."""
IDLE = TURN / 10
"""Seconds of CPU within a turn that count as none."""


async def idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Stands in for Textual's own, which goes by CPU time only: on a busy machine that is little though work waits."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    while True:
        spent = process_time()
        await asyncio.sleep(TURN)
        waits = bool(loop._ready)  # type: ignore[attr-defined]
        passed = loop.time() - since
        if passed >= max_sleep or (passed > min_sleep and not waits and process_time() - spent < IDLE):
            return


@pytest.fixture(autouse=True)
def _waits_for_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textual.pilot, "wait_for_idle", idle)
    monkeypatch.setattr(textual.app, "wait_for_idle", idle)


@pytest.fixture(autouse=True)
def _own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the operator's own: no config, no themes, and colours whatever the terminal of the tests is told."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
