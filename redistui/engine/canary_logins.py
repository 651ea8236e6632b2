"""As whom a canary logs in: as its own user where the config names one (`canary_user`), else as whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from redistui.engine.logins import Logins
from redistui.model import Access, Address, Fleet, Operator
from redistui.model.canaries import CanaryPlan


class Watching(Protocol):
    """What is asked of an engine."""

    @property
    def logins(self) -> Logins: ...

    def access_of(self, address: Address) -> Access: ...


def canary_users(engine: Watching, fleet: Fleet, groups: Iterable[str]) -> list[Operator]:
    """Whose passwords canaries on these groups need."""
    return [one for address in _members(fleet, groups) if (one := engine.access_of(address).canary) is not None]


def canary_access(engine: Watching, fleet: Fleet, plan: CanaryPlan) -> Callable[[Address], Access]:
    """How it reaches the members of its groups, as they are now; who joins later is reached like the first of them.
    Raises NoPassword."""
    found = {address: _entered(engine, address) for address in _members(fleet, plan.groups)}
    first = next(iter(found.values()), Access())
    return lambda address: found.get(address, first)


def _members(fleet: Fleet, names: Iterable[str]) -> Iterator[Address]:
    groups = map(fleet.group, names)
    return (one.address for group in groups if group is not None for one in group.members)


def _entered(engine: Watching, address: Address) -> Access:
    access = engine.access_of(address)
    return access if access.canary is None else replace(access, data=engine.logins.login(access.canary))
