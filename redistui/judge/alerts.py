"""AlertBook: which findings have lasted, who knows of them, and what is to be told. Pure: time is the snapshot's.

A finding is told once it was still there at the next poll, and over once it was gone for as long: within two polls of
its cause either way, and one lost answer tells nothing. What comes and goes is one alert that says so. While a server
is silent, what it said last of itself (its memory, say) is not over: nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from redistui.judge.rules.table import KINDS
from redistui.model import Alert, AlertKey, Event, Finding, Fleet, Level, Silence

LASTS = 0.75
"""Periods for which a finding is there before it is told: seen at two polls, since these are one period apart."""
GONE = 1.5
"""Periods for which it is not before it is over."""
FLIPS = 4
"""So many times within RESTLESS seconds it came, and it counts as lasting."""
RESTLESS = 120.0
CALM = 30.0
"""Seconds for which what came and went has to be away before it is over."""
SHOWN = 60.0
"""Seconds for which an alert that is over is still in the snapshot."""
MOST = 2000
"""Alerts at once; more are left out, bad ones last."""
_SOON = 1e-3
"""Times of snapshots are not exact to the last digit."""


class Known(NamedTuple):
    """An acknowledgement, by whoever said it."""

    at: float
    level: Level
    """Of the alert then: one that is worse is another matter."""
    until: float
    """Where the alert does not last yet: until then it may be raised and counts as the same."""


@dataclass(slots=True)
class Case:
    """One alert in the book, or a finding that may become one."""

    finding: Finding
    since: float
    seen_at: float
    spells: list[float]
    """When it came, the last times."""
    away: bool = False
    """The last snapshot did not show it."""
    raised_at: float | None = None
    level: Level = "warn"
    level_since: float = 0.0
    other_since: float | None = None
    """Since when its finding has another level than it."""
    ended_at: float | None = None
    acknowledged_at: float | None = None
    flaps: bool = False

    @property
    def lasts(self) -> bool:
        return self.raised_at is not None and self.ended_at is None


@dataclass(slots=True)
class AlertBook:
    """All alerts of a fleet. In the hands of one thread."""

    news: tuple[Event, ...] = ()
    """What the last snapshot brought: events of kind "alert"."""
    silences: tuple[Silence, ...] = ()
    _cases: dict[AlertKey, Case] = field(default_factory=dict)
    _known: dict[AlertKey, Known] = field(default_factory=dict)
    """Acknowledgements of alerts that are not raised yet: said before this book began."""
    _told: list[Event] = field(default_factory=list)

    # -- snapshots ------------------------------------------------------------------------------------------------

    def judge(self, fleet: Fleet) -> tuple[Alert, ...]:
        """The alerts of a new snapshot; `news` is what changed. While we stand still ourselves nothing changes."""
        self._told = []
        if not fleet.stalled:
            if self._known:
                self._known = {key: one for key, one in self._known.items() if one.until > fleet.at}
            found = _by_key(fleet.findings)
            for key, finding in found.items():
                self._see(key, finding, fleet.at, fleet.period)
            silent = _silent(fleet)
            for key, case in list(self._cases.items()):
                if key not in found:
                    self._miss(key, case, fleet.at, fleet.period, key[2] in silent and _of_itself(key[0]))
            self.silences = tuple(one for one in self.silences if one.until > fleet.at)
        self.news = tuple(self._told)
        return self._alerts(fleet.at)

    def _see(self, key: AlertKey, finding: Finding, at: float, period: float) -> None:
        case = self._cases.get(key)
        if case is None:
            if len(self._cases) >= MOST:
                return
            case = self._cases[key] = Case(finding, at, at, [at])
        elif not case.lasts and _elsewhere(finding, case.finding):
            case.since, case.spells = at, [at]
        elif case.away:
            case.spells = [*_lately(case.spells, at), at]
            if not case.lasts:
                case.since = at
        case.finding, case.seen_at, case.away = finding, at, False
        if not case.lasts:
            if at - case.since >= _patience(key[0]) * period - _SOON or _restless(case, at):
                self._raise(key, case, at)
        else:
            self._weigh(key, case, at, period)

    def _raise(self, key: AlertKey, case: Case, at: float) -> None:
        again = case.ended_at is not None and at - case.ended_at <= RESTLESS
        if not (again and case.level == case.finding.level):
            case.acknowledged_at = None
        case.raised_at, case.ended_at, case.other_since = at, None, None
        case.level, case.level_since = case.finding.level, at
        self._apply(key, case)
        case.flaps = _restless(case, at)
        self._tell("flaps" if case.flaps else "raised", key, case, at)

    def _weigh(self, key: AlertKey, case: Case, at: float, period: float) -> None:
        """Another level, once it has lasted; and whether it comes and goes."""
        flaps, case.flaps = case.flaps, _restless(case, at)
        if case.flaps and not flaps:
            self._tell("flaps", key, case, at)
        if case.finding.level == case.level:
            case.other_since = None
            return
        if case.other_since is None:
            case.other_since = at
        worse = case.finding.level == "bad"
        if at - case.other_since >= (LASTS if worse else GONE) * period - _SOON:
            case.level, case.level_since, case.other_since = case.finding.level, at, None
            case.acknowledged_at = None if worse else case.acknowledged_at
            self._tell("worse" if worse else "better", key, case, at)

    def _miss(self, key: AlertKey, case: Case, at: float, period: float, unknown: bool) -> None:
        """It was not found this time. `unknown`: nobody can say whether it still is so."""
        if unknown and case.lasts:
            return
        case.away = True
        if not case.lasts:
            if at - case.seen_at > RESTLESS:
                del self._cases[key]
        elif at - case.seen_at >= (CALM if case.flaps else GONE * period) - _SOON:
            case.ended_at, case.flaps = case.seen_at, False
            self._tell("over", key, case, at)

    # -- what operators say ---------------------------------------------------------------------------------------

    def acknowledge(self, key: AlertKey, at: float) -> bool:
        """Somebody knows of it; False where there is no such alert any more."""
        case = self._cases.get(key)
        if case is None or not case.lasts:
            return False
        case.acknowledged_at = at
        return True

    def know(self, key: AlertKey, known: Known) -> None:
        """The same, said elsewhere or before this book began: also of an alert that is still to be raised."""
        self._known[key] = known
        case = self._cases.get(key)
        if case is not None and case.lasts:
            self._apply(key, case)

    def _apply(self, key: AlertKey, case: Case) -> None:
        known = self._known.pop(key, None)
        if known is not None and case.acknowledged_at is None and (known.level == "bad" or case.level == "warn"):
            case.acknowledged_at = known.at

    @property
    def acknowledged(self) -> dict[AlertKey, tuple[float, Level]]:
        """When each was, and how grave it is: those that last or are over since a moment, and those still to come."""
        found = {key: (one.at, one.level) for key, one in self._known.items()}
        for key, case in self._cases.items():
            if case.acknowledged_at is not None:
                found[key] = case.acknowledged_at, case.level
        return found

    def silence(self, silence: Silence, at: float) -> None:
        """The same patterns again move the end. An end that is over lifts every silence that the patterns cover."""
        if silence.until > at:
            others = [one for one in self.silences if one.patterns != silence.patterns]
            self.silences = (*others, silence)
        else:
            self.silences = tuple(one for one in self.silences if not fits(silence.patterns, one.patterns))

    # -- giving out -----------------------------------------------------------------------------------------------

    def _alerts(self, at: float) -> tuple[Alert, ...]:
        """Bad ones first, then the oldest; those that are over at the end, the newest first."""
        lasting, over = [], []
        for key, case in self._cases.items():
            if case.lasts:
                lasting.append(self._alert(key, case, at))
            elif case.ended_at is not None and at - case.ended_at <= SHOWN:
                over.append(self._alert(key, case, at))
        lasting.sort(key=lambda one: (one.level != "bad", one.raised_at, one.rule, one.group, one.node or ""))
        over.sort(key=lambda one: -(one.ended_at or 0.0))
        return (*lasting, *over)

    def _alert(self, key: AlertKey, case: Case, at: float) -> Alert:
        finding = case.finding
        assert case.raised_at is not None
        return Alert(
            rule=finding.rule,
            level=case.level,
            group=finding.group,
            node=finding.node,
            message=finding.message,
            since=case.since,
            raised_at=case.raised_at,
            level_since=case.level_since,
            ended_at=case.ended_at,
            value=finding.value,
            threshold=finding.threshold,
            acknowledged_at=case.acknowledged_at,
            silenced_until=self._silenced(key),
            flips=len(_lately(case.spells, at)) if case.flaps else 0,
        )

    def _silenced(self, key: AlertKey) -> float | None:
        if not self.silences:
            return None
        said = (key[0], key[1], key[2] or "")
        return max((one.until for one in self.silences if fits(one.patterns, said)), default=None)

    def _tell(self, change: str, key: AlertKey, case: Case, at: float) -> None:
        rule, group, node = key
        text = f"{case.level if change == 'raised' else change} {rule}: {case.finding.message}"
        if change == "over":
            text += f" (lasted {_lasted(case)})"
        elif change == "flaps":
            text += f" (came and went {len(_lately(case.spells, at))} times in {RESTLESS:.0f} s)"
        about: tuple[str, ...] = (change, rule, group, node or "", case.level)
        if case.finding.value is not None:
            limit = case.finding.threshold
            about = (*about, repr(case.finding.value), "" if limit is None else repr(limit))
        self._told.append(Event(at, node or "", "alert", group, text, about=about))

    # -- recordings -----------------------------------------------------------------------------------------------

    def memory(self) -> dict[str, Any]:
        """All of it as plain values, for the beginning of a piece of a recording."""
        return {
            "cases": [asdict(case) for case in self._cases.values()],
            "silences": [[*one.patterns, one.until] for one in self.silences],
            "known": [[*key, *one] for key, one in self._known.items()],
        }

    def recollect(self, memory: Mapping[str, Any]) -> None:
        """Knows what another book did; the opposite of `memory`."""
        self.silences = tuple(Silence(*row) for row in memory["silences"])
        self._known = {tuple(row[:3]): Known(*row[3:]) for row in memory.get("known", ())}
        self._cases = {}
        for row in memory["cases"]:
            case = Case(**{**row, "finding": _finding(row["finding"])})
            self._cases[_key(case.finding)] = case


def _finding(told: Mapping[str, Any]) -> Finding:
    """As a recording has it, which knows no tuples."""
    return Finding(**{**told, "slots": tuple(told.get("slots", ()))})


def fits(patterns: Sequence[str], said: Sequence[str]) -> bool:
    """Whether rule, group and node fit their patterns, in which `*` and `?` stand for anything and nothing else does.

    >>> fits(("lag-*", "*", "[::1]:*"), ("lag-bytes", "orders", "[::1]:6379"))
    True
    """
    return all(fnmatchcase(text, one.replace("[", "[[]")) for text, one in zip(said, patterns, strict=True))


def _key(finding: Finding) -> AlertKey:
    return finding.rule, finding.group, finding.node


def _by_key(findings: Iterable[Finding]) -> dict[AlertKey, Finding]:
    """Several that share a key are one alert: the worst, with the number of the others."""
    found: dict[AlertKey, list[Finding]] = {}
    for finding in findings:
        found.setdefault(_key(finding), []).append(finding)
    return {key: _joined(alike) for key, alike in found.items()}


def _joined(alike: Sequence[Finding]) -> Finding:
    worst = next((one for one in alike if one.level == "bad"), alike[0])
    others = len(alike) - 1
    if not others:
        return worst
    slots = tuple(sorted({slot for one in alike for slot in one.slots}))
    return replace(worst, message=f"{worst.message} (and {others} more of the kind)", slots=slots)


def _elsewhere(finding: Finding, before: Finding) -> bool:
    """It is about slots, and about none that it was about before: those of then are well again."""
    return bool(before.slots) and not set(before.slots) & set(finding.slots)


def _silent(fleet: Fleet) -> frozenset[str | None]:
    """Servers that cannot say anything now: those that are down, and those not heard of for five periods."""
    return frozenset(
        member.address
        for group in fleet.groups
        for member in group.members
        if not member.up or fleet.freshness(member.seen_at) == "unknown"
    )


def _patience(rule: str) -> float:
    """Periods for which a finding of that rule has to be there before it is told."""
    kind = KINDS.get(rule)
    return 0.0 if kind is not None and kind.settled else LASTS


def _of_itself(rule: str) -> bool:
    kind = KINDS.get(rule)
    return kind is not None and kind.of_itself


def _lately(spells: Sequence[float], at: float) -> list[float]:
    return [one for one in spells if at - one <= RESTLESS]


def _restless(case: Case, at: float) -> bool:
    return len(case.spells) >= FLIPS and len(_lately(case.spells, at)) >= FLIPS


def _lasted(case: Case) -> str:
    """Hours and minutes, or seconds."""
    seconds = max(0.0, (case.ended_at or case.since) - case.since)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
