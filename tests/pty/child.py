"""The program on the pty: the dashboard on a hand-built fleet. `python -m tests.pty.child HOW`.

HOW: plain, screens (the real ones), hostile (names full of control characters), busy (a new snapshot every 10 ms),
crash (`x` breaks it, with a password in a local and in the error's text).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType

from redistui.model import Alert, Fleet
from redistui.tui import Settings, run
from tests import fleets
from tests.tui.stand_in import PANELS, Blank, StandIn, renamed

PASSWORD = "hunter2-correct-horse"
NASTY = "n\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\u200b[@click=app.quit]x[/]"
"""A group's name as a Sentinel of version 7.0 lets one choose it, with everything in it that could hurt."""


class Breaks(Blank):
    """Breaks on `x`."""

    BINDINGS: ClassVar[list[BindingType]] = [("x", "break")]

    def action_break(self) -> None:
        password = PASSWORD
        raise RuntimeError(f"could not log in with {password!r}\x1b]0;owned\x07")


def hostile() -> Fleet:
    """Every text that a server may choose, chosen badly."""
    fleet = renamed(fleets.troubled(), "orders", NASTY)
    groups = []
    for group in fleet.groups:
        nodes = tuple(replace(node, address=f"{NASTY}{number}:6379") for number, node in enumerate(group.nodes))
        groups.append(replace(group, nodes=nodes, environment=NASTY))
    findings = tuple(replace(finding, message=NASTY, group=NASTY) for finding in fleet.findings)
    events = tuple(replace(event, text=NASTY, source=NASTY) for event in fleet.events)
    alert = Alert(NASTY, "bad", NASTY, NASTY, NASTY, fleet.at, fleet.at, fleet.at)
    return replace(fleet, groups=tuple(groups), findings=findings, events=events, alerts=(alert,))


def now(fleet: Fleet) -> Fleet:
    return replace(fleet, at=time.time())


def main(how: str) -> int:
    import redistui.tui.screens as screens

    if how == "crash":
        screens.SCREENS = (Breaks, *PANELS[1:])
    elif how not in ("hostile", "screens"):
        screens.SCREENS = PANELS
    engine = StandIn(now(hostile() if how == "hostile" else fleets.quiet()))
    if how == "busy":
        threading.Thread(target=lambda: _publish(engine), daemon=True).start()
    settings = Settings(
        theme=os.environ.get("CHILD_THEME"), secrets=(PASSWORD,), mouse=bool(os.environ.get("CHILD_MOUSE")), armed=True
    )
    try:
        return run(engine, settings)  # type: ignore[arg-type]
    finally:
        engine.stop()


def _publish(engine: StandIn) -> None:
    pause = threading.Event()
    while not pause.wait(0.01):
        engine.publish(now(fleets.troubled() if int(time.time() * 100) % 2 else fleets.quiet()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
