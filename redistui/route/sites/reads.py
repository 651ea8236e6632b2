"""Reads over several sites: the nearest that answers, or several of them, compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from redistui.route.calls import may_repeat_read
from redistui.route.failures import Refused
from redistui.route.sites.consistency import SiteOutcome, SitesAnswer, needed, told
from redistui.route.sites.versions import read_stamp

Ask = Callable[[str], Awaitable[SiteOutcome]]
"""Asks a site by its name."""


async def nearest(order: Sequence[str], ask: Ask) -> SitesAnswer:
    """Site by site until one answers, and says whom it stands in for. An error that is the same everywhere, such as
    WRONGTYPE, ends it. Raises Refused and Unknown."""
    outcomes: list[SiteOutcome] = []
    for name in order:
        outcome = await ask(name)
        outcomes.append(outcome)
        if outcome.error is None:
            said = "; ".join(map(str, outcomes[:-1]))
            return told(outcome, outcomes, f"instead of {said}" if said else "")
        if not may_repeat_read(outcome.error):
            raise outcome.error
    raise too_few(1, outcomes)


def compared(level: str, outcomes: Sequence[SiteOutcome], sites: int, primary: str) -> SitesAnswer:
    """The newest of the values that some sites gave, and who has another one. Values without versions cannot be told
    apart by age: then the primary site's counts, and where it did not answer the one that most sites have. Raises
    Refused where fewer answered than the level wants."""
    answered = [each for each in outcomes if each.answer is not None]
    wanted = needed(level, sites)
    if len(answered) < wanted:
        raise too_few(wanted, outcomes)
    values = [_value(each) for each in answered]
    newest = max(answered, key=lambda each: (*_age(each), each.site == primary, values.count(_value(each))))
    behind = [each.site for each in answered if _value(each) != _value(newest)]
    return told(newest, outcomes, f"another value at {', '.join(behind)}" if behind else "", behind)


def undecided(outcomes: Sequence[SiteOutcome], primary: str) -> bool:
    """Whether sites gave different values of one age, or none, and the primary one has not had its say: others have to
    be heard then, since one of these may be of a write that came too late to count."""
    answered = [each for each in outcomes if each.answer is not None]
    if any(each.site == primary for each in outcomes) or len(answered) < 2:
        return False
    newest = max(map(_age, answered))
    values = [_value(each) for each in answered if _age(each) == newest]
    return any(value != values[0] for value in values)


def too_few(wanted: int, outcomes: Sequence[SiteOutcome]) -> Refused:
    """A read that changed nothing anywhere."""
    answered = sum(each.answer is not None for each in outcomes)
    said = "; ".join(str(each) for each in outcomes if each.answer is None)
    return Refused("UNHEALTHY", f"{answered} of {len(outcomes)} sites answered and {wanted} must: {said}")


def _age(outcome: SiteOutcome) -> tuple[int, str]:
    stamp = read_stamp(_value(outcome))
    return (-1, "") if stamp is None else (stamp.version, stamp.origin)


def _value(outcome: SiteOutcome) -> object:
    return None if outcome.answer is None else outcome.answer.value
