"""How many sites must have taken a write before it counts, and what is said when they have not.

Sites are independent data sets: nothing takes back what one of them took while another did not. So the outcome is told
site by site, and a level counts the sites that are configured, never only those that are well just now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from redistui.model.routes import Answer, Outcome
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown

EVENTUAL, MAJORITY, STRONG = LEVELS = ("eventual", "majority", "strong")
"""eventual: one site is enough. majority: more than half of the configured ones. strong: all of them, and so the
primary one too."""


def checked_level(level: str) -> str:
    """Raises BadRoute for what is none."""
    if level not in LEVELS:
        raise BadRoute(f"there is no consistency {level!r}: use one of {', '.join(LEVELS)}")
    return level


def needed(level: str, sites: int) -> int:
    """Of so many configured sites.

    >>> [(needed(EVENTUAL, n), needed(MAJORITY, n), needed(STRONG, n)) for n in (1, 2, 3, 4)]
    [(1, 1, 1), (1, 2, 2), (1, 2, 3), (1, 3, 4)]
    """
    return {EVENTUAL: 1, MAJORITY: sites // 2 + 1, STRONG: sites}[level]


@dataclass(frozen=True, slots=True)
class SiteOutcome:
    """What became of a call at one site."""

    site: str
    answer: Answer | None
    """None: it did not answer; then `error` says how that ended."""
    error: RouteFailed | None = None

    @property
    def outcome(self) -> Outcome:
        return "acked" if self.error is None else self.error.outcome

    def __str__(self) -> str:
        return f"{self.site} {self.outcome}" + (f" ({self.error})" if self.error is not None else "")


@dataclass(frozen=True, slots=True)
class SitesAnswer(Answer):
    """An answer, and how it stands at every site that was asked.

    `fallback` is not empty where the level was reached without the primary site, or the sites that were read differ:
    then it says so.
    """

    outcomes: tuple[SiteOutcome, ...] = ()
    behind: tuple[str, ...] = ()
    """Of a read at several sites: those with another value than this one."""

    def of(self, outcome: Outcome) -> tuple[str, ...]:
        """Sites with this outcome."""
        return tuple(each.site for each in self.outcomes if each.outcome == outcome)


class WriteIncomplete(RouteFailed):
    """Fewer sites have taken a write than its consistency wants. What was taken stays there.

    Caught as Refused where no site has taken it, else as Unknown.
    """

    def __init__(self, level: str, outcomes: Sequence[SiteOutcome]) -> None:
        self.outcomes = tuple(outcomes)
        failed = next(each for each in self.outcomes if each.error is not None)
        assert failed.error is not None
        wanted = needed(level, len(self.outcomes))
        super().__init__(
            failed.error.kind,
            f"{len(self.acked)} of {len(self.outcomes)} sites took it and {level} wants {wanted}: "
            f"{', '.join(map(str, self.outcomes))}",
        )

    def _sites(self, outcome: Outcome) -> tuple[str, ...]:
        return tuple(each.site for each in self.outcomes if each.outcome == outcome)

    @property
    def acked(self) -> tuple[str, ...]:
        return self._sites("acked")

    @property
    def refused(self) -> tuple[str, ...]:
        return self._sites("refused")

    @property
    def unknown(self) -> tuple[str, ...]:
        return self._sites("unknown")


class PartlyWritten(WriteIncomplete, Unknown):
    """Some sites have taken it, or may have."""

    outcome = "unknown"


class NothingWritten(WriteIncomplete, Refused):
    """Every site refused: nothing was changed anywhere."""

    outcome = "refused"


def judged(level: str, outcomes: Sequence[SiteOutcome], primary: str) -> SitesAnswer:
    """A write's answer: the primary site's where that took it, else the quickest one's, which then says so. Raises
    WriteIncomplete where too few sites took it."""
    acked = [each for each in outcomes if each.answer is not None]
    if len(acked) < needed(level, len(outcomes)):
        nothing = all(each.outcome == "refused" for each in outcomes)
        raise (NothingWritten if nothing else PartlyWritten)(level, outcomes)
    at_primary = next(each for each in outcomes if each.site == primary)
    chosen = at_primary if at_primary.answer is not None else min(acked, key=lambda each: _ms(each.answer))
    said = "" if at_primary.answer is not None else f"without the primary site: {at_primary}"
    return told(chosen, outcomes, said)


def told(
    chosen: SiteOutcome, outcomes: Sequence[SiteOutcome], fallback: str = "", behind: Sequence[str] = ()
) -> SitesAnswer:
    """One site's answer as that of all."""
    answer = chosen.answer
    assert answer is not None
    return SitesAnswer(
        answer.value,
        answer.node,
        answer.ms,
        answer.tried,
        fallback or answer.fallback,
        answer.redirections,
        chosen.site,
        tuple(outcomes),
        tuple(behind),
    )


def _ms(answer: Answer | None) -> float:
    return 0.0 if answer is None else answer.ms
