"""Alerts by hand, and a timeline with every sort of event in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from redistui.model import Alert, Event, Fleet, Level
from tests import fleets

AT = fleets.AT
DOWN = "10.30.0.3:7000"


def alert(
    rule: str = "node-down", level: Level = "bad", group: str = "cart", node: str | None = DOWN, **more: Any
) -> Alert:
    """One that was found 40 s ago and told at the next poll."""
    facts = {"message": f"{node or group} is not well", "since": AT - 40, "raised_at": AT - 39, "level_since": AT - 39}
    return Alert(rule, level, group, node, **{**facts, **more})


def told(change: str, one: Alert, at: float, text: str = "") -> Event:
    """The event of an alert, in the words of judge.alerts."""
    word = one.level if change == "raised" else change
    about = (change, one.rule, one.group, one.node or "", one.level)
    return Event(at, one.node or "", "alert", one.group, f"{word} {one.rule}: {text or one.message}", about=about)


def alarmed(*more: Alert, at: float = AT) -> Fleet:
    """Two alerts last, one of them acknowledged; one is over."""
    lasting = alert(message=f"{DOWN} hung, was primary: no answer for 1.0 s", value=3.0, threshold=2.0)
    known = alert("tilt", "warn", "orders", "10.20.0.12:26379", acknowledged_at=AT - 20)
    over = alert("link-down", "bad", "orders", "10.20.0.13:6379", since=AT - 90, ended_at=AT - 30)
    deed = Event(AT - 62.0, "", "action", "orders", "failover begun: Fail over orders: away from 10.20.0.12:6379")
    back = Event(
        AT - 33.0, "10.20.0.12:6379", "restart", "orders", "10.20.0.12:6379 was restarted: a new process answers"
    )
    said = (told("raised", lasting, AT - 39), told("raised", known, AT - 38), told("over", over, AT - 30), deed, back)
    events = tuple(sorted((*fleets.events(), *said), key=lambda one: one.at))
    alerts = (lasting, known, *more, over)
    return replace(fleets.troubled(), at=at, events=events, alerts=alerts)
