"""Key frames: what an engine knows at a moment, told so that another can go on from there.

What follows from the last replies is not told: whoever begins here reads them again.
"""

from __future__ import annotations

from redistui.engine.assemble import Assembler
from redistui.engine.listener import EventLog
from redistui.engine.observation import Joined, Kept, Keyframe


def keyframe(assembler: Assembler, log: EventLog, at: float) -> Keyframe:
    """Without the observations, which whoever records has kept."""
    kept = tuple(
        Kept(Joined(at, one.address, one.target, one.hinted, one.only), (), one.memory())
        for one in assembler.ledgers.values()
    )
    return Keyframe(
        at, kept, dict(assembler.known_as), log.in_order(), assembler.memory(), assembler.views.began,
    )  # fmt: skip


def restore(frame: Keyframe, assembler: Assembler, log: EventLog) -> None:
    """Makes an assembler and a log that know nothing know what was known then."""
    assembler.views.began = frame.views_since
    for one in frame.kept:
        who = one.joined
        assembler.expect(who.address, who.target, who.sentinel, who.only)
        ledger = assembler.ledgers.get(who.address)
        if ledger is None:
            continue
        ledger.recollect(one.memory)
        for seen in one.past:
            ledger.take(seen)
        ledger.recollect(one.memory)
    assembler.known_as.update(frame.known_as)
    if frame.memory:
        assembler.recollect(frame.memory)
    for event in frame.events:
        log.add(event)
