"""Logins of whoever acts, where that is another user than the one that watches.

A password that a person gave is held here and nowhere else: for ten minutes after it was last given, or until actions
are disarmed. One that is kept in a file or the environment is read each time an operation begins. An operation that has
begun keeps what it began with: it must not be locked out half-way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from redistui.engine.clock import clock as system_clock
from redistui.model import Login, Operator

if TYPE_CHECKING:
    from redistui.engine.house import House

HELD_SECONDS = 600.0


class NoPassword(Exception):
    """An operator's password is not known, or cannot be read; a whole sentence."""


class Logins:
    """The passwords that were given. Any thread."""

    def __init__(
        self,
        kept: Callable[[Operator], str | None] = lambda _: None,
        *,
        clock: Callable[[], float] = system_clock,
        seconds: float = HELD_SECONDS,
    ) -> None:
        """`kept` reads the password from where it is kept, None where that is nowhere; it may raise NoPassword."""
        self._kept = kept
        self._clock = clock
        self._seconds = seconds
        self._given: dict[Operator, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def give(self, operator: Operator, password: str) -> None:
        """What a person said. It counts from now."""
        with self._lock:
            self._given[operator] = (password, self._clock() + self._seconds)

    def login(self, operator: Operator) -> Login:
        """Raises NoPassword."""
        self.sweep()
        given = self._given.get(operator)
        password = given[0] if given is not None else self._kept(operator)
        if password is None:
            raise NoPassword(f"the password of {operator.user}, who acts on {operator.place}, is not known")
        return Login(operator.user, password)

    def wanted(self, operators: Iterable[Operator]) -> tuple[Operator, ...]:
        """Those whose password a person has to be asked for, each once. What is kept but cannot be read is none."""
        return tuple(one for one in dict.fromkeys(operators) if self._is_wanted(one))

    def _is_wanted(self, operator: Operator) -> bool:
        self.sweep()
        try:
            return operator not in self._given and self._kept(operator) is None
        except NoPassword:
            return False

    def wrong(self, operator: Operator) -> None:
        """A server did not take it: it is asked for again."""
        with self._lock:
            self._given.pop(operator, None)

    def drop(self) -> bool:
        """Forgets all that was given; whether there was anything."""
        with self._lock:
            had = bool(self._given)
            self._given.clear()
        return had

    def sweep(self) -> None:
        """Forgets what was given too long ago."""
        now = self._clock()
        with self._lock:
            for operator in [one for one, (_, until) in self._given.items() if until <= now]:
                del self._given[operator]

    def held(self) -> tuple[str, float] | None:
        """Users whose passwords are held, and the seconds until the last of them is forgotten; None: none is."""
        self.sweep()
        with self._lock:
            given = dict(self._given)
        if not given:
            return None
        users = ", ".join(dict.fromkeys(operator.user for operator in given))
        return users, max(until for _, until in given.values()) - self._clock()

    def secrets(self) -> tuple[str, ...]:
        """The passwords themselves, for whoever takes them out of a text."""
        with self._lock:
            return tuple(password for password, _ in self._given.values())


def operators_of(house: House, groups: Iterable[str]) -> Iterator[Operator]:
    """Who acts on the members of these groups, where that is not whoever watches them."""
    names = tuple(groups)
    for group in house.fleet.groups:
        if group.name in names:
            yield from (one for node in group.nodes if (one := house.access_of(node.address).operator))
            sentinels = (house.access_of(sentinel.address).sentinel_operator for sentinel in group.sentinels)
            yield from (one for one in sentinels if one)
