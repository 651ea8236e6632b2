"""Until when writes are held, as far as what was done from here tells: most servers do not tell it themselves.

The deeds of this console, and those of the journal, are events of the fleet (redistui.ops.deed_words). A pause that
somebody else ended is taken for standing until its time is up: `unpause` settles that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from redistui.model import Address, Event, Finding, Fleet
from redistui.ops.deed_words import IN_VAIN, begun

PAUSE, UNPAUSE = "pause-writes", "unpause"
HOLD = re.compile(rf"{re.escape(begun(PAUSE, ''))}Hold writes of (.*) for ([0-9.]{{1,7}}) s")
LET_GO = re.compile(rf"{re.escape(begun(UNPAUSE, ''))}Let writes of (.*) go on")

OF_PAUSES = (begun(PAUSE, ""), begun(UNPAUSE, ""), "Hold writes of ", "Let writes of ")
"""How the deeds of these two actions begin, and what is told when they have ended."""
LATE = 5.0
"""Seconds between a deed's beginning and the pause itself, at most: what goes before it takes its time."""
AT_WORK, DONE = 600.0, 20.0
"""Seconds for which an operation that was begun may fence a primary off by a pause, and for which the longest of these
lasts when its operation has ended."""


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


def strangers(findings: Iterable[Finding], deeds: Sequence[Event], at: float) -> tuple[Finding, ...]:
    """The findings without the pauses that were begun from here; `deeds`: events of kind "action", oldest first."""
    from redistui.judge.rules.paused import PAUSED  # not at the top: the header needs no verdicts to be painted

    return tuple(one for one in findings if one.rule != PAUSED or not _ours(one, deeds, at))


def _ours(finding: Finding, deeds: Sequence[Event], at: float) -> bool:
    """Writes are held there by `pause-writes`, or an operation of another sort is at work, or was a moment ago."""
    own = [deed for deed in deeds if deed.group == finding.group and deed.at <= at]
    names = {whose(finding.group, None), whose(finding.group, finding.node)}
    if any(name in names and until + LATE > at for name, until in _standing(own, finding.group).items()):
        return True
    others = [deed for deed in own if not deed.text.startswith(OF_PAUSES)]
    if not others:
        return False
    return at - others[-1].at <= (AT_WORK if " begun: " in others[-1].text else DONE)


def _standing(deeds: Sequence[Event], group: str) -> dict[str, float]:
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
