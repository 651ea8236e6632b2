"""Alerting: tells of alerts once (a toast, the bell), and does what the operator says about them.

Neither an acknowledgement nor a silence touches a server: both work read-only. In a recording there is nobody to tell.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.timer import Timer

from redistui.judge.alerts import fits
from redistui.model import Alert, Event, Fleet
from redistui.tui.header import BannerLine
from redistui.tui.toast import Toast, pop_over
from redistui.view.cells import show
from redistui.view.figures import plural, span
from redistui.view.herald import Herald, News, sentence
from redistui.view.moments import seconds_of
from redistui.view.standing import fitting

if TYPE_CHECKING:
    from redistui.tui.app import RedistuiApp
    from redistui.tui.screens.events import Events

GATHERED = 5.0
"""Seconds between two toasts at least: what comes about meanwhile is told in one."""
LONGEST = 30 * 86_400.0
"""Seconds that a silence may last: one that nobody remembers hides what it was not meant to."""
HOW_LONG = ("10m", "1h", "4h", "1d")
SILENCE_USAGE = "RULE [GROUP [NODE]] HOW-LONG"
Pattern = tuple[str, str, str]
"""Rule, group and node, each with `*` and `?` as in file names."""


class Alerting:
    """On Textual's thread, all of it."""

    def __init__(self, app: RedistuiApp) -> None:
        self._app = app
        self._herald = Herald()
        self._waiting = News()
        self._told_at: float | None = None
        """When something was told last."""
        self._rang_at: float | None = None
        """When something that got worse was."""
        self._timer: Timer | None = None

    # Telling

    def take(self, fleet: Fleet) -> None:
        """A new snapshot: what is new in it is told, at once or together with what comes in the next seconds. What got
        worse waits for no toast that only said what is over."""
        if fleet.replayed:
            return
        self._waiting = self._waiting.then(self._herald.news(fleet))
        if not self._waiting:
            return
        before = self._rang_at if self._waiting.worse else self._told_at
        left = 0.0 if before is None else before + GATHERED - self._app.clock()
        if left <= 0:
            self._tell()
        elif self._timer is None:
            self._timer = self._app.set_timer(min(left, GATHERED), self._tell)

    def _tell(self) -> None:
        news, self._waiting = self._waiting, News()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if not news:
            return
        self._told_at = self._app.clock()
        house = self._app.house
        banner = sum(line.display for line in house.query(BannerLine))
        for toast in house.query(Toast):
            toast.pop(*sentence(news), self._app.dress, self._app.signs, 1 + banner)
        if self._app.screen is not house:
            pop_over(self._app.screen, *sentence(news), self._app.dress, self._app.signs)
        if news.worse:
            self._rang_at = self._told_at
            if self._app.settings.bell:
                self._app.bell()

    # What the operator says

    def acknowledge(self, alerts: Sequence[Alert]) -> None:
        """Somebody sees to them: they are told no more until they get worse."""
        if self._refused():
            return
        for alert in alerts:
            self._app.engine.acknowledge(alert.key)
        what = f"{alerts[0].rule} of {alerts[0].group}" if len(alerts) == 1 else plural(len(alerts), "alert")
        self._app.house.tell(f"acknowledged: {show(what)}")

    def acknowledge_line(self, rest: str) -> None:
        """`:ack [RULE [GROUP [NODE]]]`; without words, all that nobody has acknowledged."""
        pattern = pattern_of(rest.split())
        if pattern is None:
            self._app.house.tell("usage: ack [RULE [GROUP [NODE]]], each with * and ? as in file names", "bad")
            return
        found = [one for one in self.lasting if one.acknowledged_at is None and matches(pattern, one)]
        if found:
            self.acknowledge(found)
        else:
            self._app.house.tell("no such alert lasts that nobody has acknowledged", "dim")

    def silence_line(self, rest: str) -> None:
        """`:silence RULE [GROUP [NODE]] HOW-LONG`."""
        *words, length = rest.split()
        seconds, pattern = seconds_of(length), pattern_of(words) if words else None
        if seconds is None or pattern is None:
            self._app.house.tell(f"usage: silence {SILENCE_USAGE}, as in: silence lag-* orders * 1h", "bad")
        elif not 1 <= seconds <= LONGEST:
            self._app.house.tell(f"{length} is no time to be silent for: from 1s to {span(LONGEST)}", "bad")
        elif not self._refused():
            self._app.engine.silence(*pattern, until=self._app.clock() + seconds)
            count = sum(matches(pattern, one) for one in self.lasting)
            self._app.house.tell(f"silent for {span(seconds)}: {fitting(*pattern)}; {plural(count, 'alert')} of now")

    def unsilence_line(self, rest: str) -> None:
        """`:unsilence RULE [GROUP [NODE]]`; without words everything."""
        pattern = pattern_of(rest.split())
        if pattern is None:
            self._app.house.tell("usage: unsilence [RULE [GROUP [NODE]]]", "bad")
        elif not self._refused():
            self._app.engine.silence(*pattern, until=0.0)
            self._app.house.tell(f"no longer silent: {fitting(*pattern)}")

    def candidates(self, words: Sequence[str], lengths: bool) -> Iterator[str]:
        """What may stand next on one of these lines."""
        pattern = pattern_of(words)
        if len(words) < 3 and pattern is not None:
            fits = [one for one in self.lasting if matches(pattern, one)]
            yield from dict.fromkeys((one.rule, one.group, one.node or "*")[len(words)] for one in fits)
        if lengths and words:
            yield from HOW_LONG

    def _refused(self) -> bool:
        if self._app.watching.newest.replayed:
            self._app.house.tell("this is a recording: nothing can be said about its alerts", "warn")
            return True
        return False

    @property
    def lasting(self) -> list[Alert]:
        return [one for one in self._app.watching.newest.alerts if one.ended_at is None]

    # Deeds

    def look_up(self, event: Event, panel: Events) -> None:
        """Reads what the journal has of an operator's deed, on a thread of its own, and hands it to the panel."""
        self._app.run_worker(lambda: self._read(event, panel), thread=True, exit_on_error=True)

    def _read(self, event: Event, panel: Events) -> None:
        from redistui.engine.journal import Journal, journal_path

        found = Journal(journal_path(os.environ)).logged(event.group or "", event.text, event.at)
        if found is not None:
            self._app.on_loop(lambda: panel.know(event, found))


def silence_line_of(alert: Alert) -> str:
    """The beginning of the line that silences an alert; how long is still to be said."""
    return f"silence {alert.rule} {alert.group} {alert.node or '*'} "


def pattern_of(words: Sequence[str]) -> Pattern | None:
    """At most three words; what is not said may be anything.

    >>> pattern_of(["lag-*", "orders"]), pattern_of([]), pattern_of(["a", "b", "c", "d"])
    (('lag-*', 'orders', '*'), ('*', '*', '*'), None)
    """
    if len(words) > 3:
        return None
    rule, group, node = (*words, "*", "*", "*")[:3]
    return rule, group, node


def matches(pattern: Pattern, alert: Alert) -> bool:
    return fits(pattern, (alert.rule, alert.group, alert.node or ""))
