"""Herald: which alerts are to be told now. Each is told once at each level, and once more when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from redistui.judge.rules.table import KINDS
from redistui.model import Alert, AlertKey, Fleet, Level
from redistui.view.cells import Tone, show
from redistui.view.standing import lasted

PLACES: Mapping[str, int] = {rule: number for number, rule in enumerate(KINDS)}


class News(NamedTuple):
    """What came about between two snapshots."""

    worse: tuple[Alert, ...] = ()
    """Raised, or bad where it was a warning; bad ones first."""
    over: tuple[Alert, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.worse or self.over)

    def then(self, later: News) -> News:
        """Both together: of an alert that came and went, that it is over."""
        gone = {alert.key for alert in later.over}
        again = {alert.key for alert in later.worse}
        worse = [alert for alert in self.worse if alert.key not in gone | again]
        over = [alert for alert in self.over if alert.key not in again]
        return News(tuple(sorted([*worse, *later.worse], key=_gravity)), (*over, *later.over))


def _gravity(alert: Alert) -> tuple[bool, int]:
    """Bad ones first, and of these in the order of the rules: causes stand before what follows from them."""
    return alert.level != "bad", PLACES.get(alert.rule, len(PLACES))


class Herald:
    """Remembers what was told."""

    def __init__(self) -> None:
        self._told: dict[AlertKey, Level] = {}

    def news(self, fleet: Fleet) -> News:
        """What is new in a snapshot; what is acknowledged or silenced is not told while it is."""
        lasting = {alert.key: alert for alert in fleet.alerts if alert.ended_at is None}
        over = {alert.key: alert for alert in fleet.alerts if alert.ended_at is not None}
        worse = [alert for alert in lasting.values() if alert.told and self._graver(alert)]
        self._told |= {alert.key: alert.level for alert in worse}
        self._told |= {key: lasting[key].level for key in self._told.keys() & lasting.keys()}
        gone = [key for key in self._told if key not in lasting]
        for key in gone:
            del self._told[key]
        ended = [over[key] for key in gone if key in over]
        return News(tuple(sorted(worse, key=_gravity)), tuple(alert for alert in ended if alert.silenced_until is None))

    def _graver(self, alert: Alert) -> bool:
        told = self._told.get(alert.key)
        return told is None or (told == "warn" and alert.level == "bad")


def sentence(news: News) -> tuple[str, Tone]:
    """What to say of it, in one line, the gravest thing first."""
    if not news.worse:
        over = news.over[0]
        more = len(news.over) - 1
        rest = f", and {more} more {'is' if more == 1 else 'are'} over" if more else ""
        return show(f"over: {over.rule} of {place(over)}, after {lasted(over)}{rest}", 300), "ok"
    first = news.worse[0]
    bad = sum(alert.level == "bad" for alert in news.worse)
    rest = _counted(bad - (first.level == "bad"), len(news.worse) - bad - (first.level != "bad"))
    text = f"{first.level.upper()} {first.rule} of {first.group}: {first.message}"
    return show(f"{f'(+{rest}) ' if rest else ''}{text}", 300), first.level


def place(alert: Alert) -> str:
    return alert.group if alert.node is None else alert.node


def _counted(bad: int, warn: int) -> str:
    return ", ".join(f"{count} {word}" for count, word in ((bad, "bad"), (warn, "warn")) if count)
