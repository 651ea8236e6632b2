"""Recordings of a few items, written by hand: what the tests of recordings read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import hiredis

from redistui.engine.observation import Drawn, Item, Joined, Left, Observation
from redistui.engine.recording import Recorder
from redistui.model import Access, Event, Fault, Login, Site, Target

AT = 1_760_000_000.0
PLAIN = Target(("a:1",), "any", None, "orders", "PROD", Access(Login("me", "hunter2")), "redis://a:1")
SITES = (Site("east", ("a:1",), hook_before="/opt/secret-hook"),)


def poll(
    address: str, at: float, *, used: int = 5, offset: int = 7, more: Mapping[str, Any] | None = None
) -> Observation:
    """What a recording gives back as it was: replies that hold nothing but what is kept."""
    info = b"role:master\r\nused_memory:%d\r\nredis_version:7.0.15" % used
    answers: dict[str, Any] = {"ping": b"PONG", "role": [b"master", offset, []], "info": info}
    return Observation(address, at, at - 0.25, "data", {**answers, **(more or {})})


ITEMS: tuple[Item, ...] = (
    Joined(AT, "a:1", PLAIN),
    Joined(AT, "b:2", Target(("b:2",), text="b:2"), sentinel=True, only="orders"),
    poll("a:1", AT + 1),
    replace(poll("b:2", AT + 1.5, more={"role": hiredis.ReplyError("NOPERM no")}), ping_ms=0.125),
    Drawn(AT + 2, 1.0),
    Event(AT + 2, "s:1", "+odown", "orders", "primary a:1", ("s:1", "s:2"), heard=(AT + 1, AT + 2)),
    poll("a:1", AT + 2.3000000001, used=6, offset=9),
    Observation("b:2", AT + 3, AT + 3, "unknown", {}, Fault("hung", "silent", AT + 2.7)),
    Drawn(AT + 4, 1.0, stalled=True),
    Left(AT + 4, "b:2"),
    Event(AT + 4, "", "alert", "orders", "bad node-down: b:2", about=("raised", "node-down", "orders", "b:2", "bad")),
    Drawn(AT + 5, 0.5),
)


def alike(one: Item, other: Item) -> bool:
    """Errors are compared by their words, targets without what is needed to log in."""
    if isinstance(one, Joined) and isinstance(other, Joined):
        return replace(one, target=replace(one.target, access=Access())) == other
    if not isinstance(one, Observation) or not isinstance(other, Observation):
        return one == other
    said = {name: repr(reply) for name, reply in one.answers.items()}
    heard = {name: repr(reply) for name, reply in other.answers.items()}
    return said == heard and replace(one, answers={}) == replace(other, answers={})


def recorded(path: Path, *items: Item, **how: Any) -> Path:
    made = Recorder((PLAIN,), SITES, path, **how)
    for item in items or ITEMS:
        made.take(item)
    made.close()
    assert made.trouble is None
    return path
