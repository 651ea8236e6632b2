"""Items as plain values (what JSON knows) and back: what is seldom, and so may be long-winded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from redistui.engine.observation import Drawn, Joined, Keyframe, Left
from redistui.model import Alert, Event, Fault, Site, Target

_EVENT = tuple(field.name for field in fields(Event))
FRAME = ("kept", "known_as", "events", "memory", "views_since")
"""What a key frame says, beside what the servers said."""
_TARGET = ("wanted", "only", "title", "environment", "text")


def event_out(event: Event) -> dict[str, Any]:
    """Without what has its usual value."""
    told: dict[str, Any] = {}
    for field in fields(Event):
        value = getattr(event, field.name)
        if value or field.name in ("at", "source", "kind", "group", "text"):
            told[field.name] = alert_out(value) if isinstance(value, Alert) else value
    return told


def event_in(told: Mapping[str, Any]) -> Event:
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in told.items() if name in _EVENT
    }
    if isinstance(known.get("alert"), dict):
        known["alert"] = Alert(**known["alert"])
    return Event(**known)


def alert_out(alert: Alert) -> dict[str, Any]:
    return {field.name: getattr(alert, field.name) for field in fields(Alert)}


def target_out(target: Target) -> list[Any]:
    """Without what is needed to log in."""
    return [list(target.addresses), *(getattr(target, name) for name in _TARGET)]


def target_in(told: Sequence[Any]) -> Target:
    addresses, wanted, only, title, environment, text = told
    return Target(tuple(map(str, addresses)), wanted, only, title, environment, text=text)


def site_out(site: Site) -> list[Any]:
    """Without the commands that are run before and after it takes over."""
    return [site.name, list(site.members), site.primary]


def site_in(told: Sequence[Any]) -> Site:
    name, members, primary = told
    return Site(name, tuple(members), primary)


def fault_out(fault: Fault | None) -> list[Any] | None:
    return None if fault is None else [fault.kind, fault.text, fault.since]


def fault_in(told: Sequence[Any] | None) -> Fault | None:
    return None if told is None else Fault(*told)


class Targets:
    """Targets by their number in the head of a recording; one that joined later by its own words."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.known = list(targets)

    def joined_out(self, item: Joined) -> list[Any]:
        number = next((n for n, one in enumerate(self.known) if one is item.target), -1)
        target = number if number >= 0 else target_out(item.target)
        return [item.at, item.address, target, item.sentinel, item.only]

    def joined_in(self, told: Sequence[Any]) -> Joined:
        at, address, target, sentinel, only = told
        found = self.known[target] if isinstance(target, int) else target_in(target)
        return Joined(at, address, found, sentinel, only)


def frame_out(frame: Keyframe, targets: Targets) -> dict[str, Any]:
    """Without what the servers said, and when."""
    return {
        "kept": {one.joined.address: [targets.joined_out(one.joined)[2:], one.memory] for one in frame.kept},
        "known_as": dict(frame.known_as),
        "events": [event_out(event) for event in frame.events],
        "memory": frame.memory,
        "views_since": frame.views_since,
    }


def drawn_out(item: Drawn) -> list[Any]:
    return [item.at, item.period, *([True] if item.stalled else [])]


def drawn_in(told: Sequence[Any]) -> Drawn:
    return Drawn(*told)


def left_out(item: Left) -> list[Any]:
    return [item.at, item.address]


def left_in(told: Sequence[Any]) -> Left:
    return Left(*told)
