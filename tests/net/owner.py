"""Whoever is told what happens on a wire, in tests."""

from __future__ import annotations

import asyncio
from typing import Any

from redistui.net.faults import WireFault
from redistui.net.watch import Wire


class Owner:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.faults: list[WireFault] = []
        self.heard = asyncio.Event()

    def answered(self, wire: Wire, replies: list[Any]) -> None:
        self.replies += replies
        self.heard.set()

    def lost(self, wire: Wire, why: WireFault) -> None:
        self.faults.append(why)
        self.heard.set()
