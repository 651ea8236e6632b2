"""Until when writes are held, as far as what was done from here tells: most servers do not tell it themselves.

The deeds of this console, and those of the journal, are events of the fleet (redistui.ops.repeated.begun). A pause that
somebody else ended is taken for standing until its time is up: `unpause` settles that.
"""

from __future__ import annotations

import re

from redistui.model import Address, Event, Fleet
from redistui.ops.repeated import begun
from redistui.ops.run import IN_VAIN

PAUSE, UNPAUSE = "pause-writes", "unpause"
HOLD = re.compile(rf"{re.escape(begun(PAUSE, ''))}Hold writes of (.*) for ([0-9.]{{1,7}}) s")
LET_GO = re.compile(rf"{re.escape(begun(UNPAUSE, ''))}Let writes of (.*) go on")


def hold_title(whose: str, seconds: str) -> str:
    return f"Hold writes of {whose} for {seconds} s"


def let_go_title(whose: str) -> str:
    return f"Let writes of {whose} go on"


def whose(group: str, node: Address | None) -> str:
    """A group, or one node of it.

    >>> whose("cart", None), whose("cart", "10.0.0.1:7000")
    ('cart', 'cart at 10.0.0.1:7000')
    """
    return group if node is None else f"{group} at {node}"


def held_for(fleet: Fleet, group: str, nodes: tuple[Address, ...] = ()) -> float:
    """Seconds for which writes of a group are held still; with `nodes`, at any of these. 0: they are not."""
    until = _standing([event for event in fleet.events if event.kind == "action" and event.group == group], group)
    wanted = {whose(group, None), *(whose(group, node) for node in nodes)} if nodes else set(until)
    return max((at - fleet.at for name, at in until.items() if name in wanted and at > fleet.at), default=0.0)


def _standing(deeds: list[Event], group: str) -> dict[str, float]:
    """What is held -> until when."""
    until: dict[str, float] = {}
    last = ""
    for event in deeds:
        if match := HOLD.match(event.text):
            last = match[1]
            until[last] = event.at + float(match[2])
        elif match := LET_GO.match(event.text):
            if match[1] == whose(group, None):
                until.clear()
            until.pop(match[1], None)
        elif event.text.startswith(IN_VAIN):
            until.pop(last, None)
    return until
