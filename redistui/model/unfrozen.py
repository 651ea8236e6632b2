"""Unfrozen: frozen values by the thousand, made in a quarter of the time.

A frozen dataclass sets each of its fields by a call that goes around its own lock, which for a node is most of what a
snapshot costs. A twin with the same fields and no lock sets them plainly; then it becomes what it was made for.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def unfrozen(kind: type[T]) -> type[T]:
    """A class that is called as `kind` is; what it makes is to be given its `__class__` before anybody sees it.

    >>> from redistui.model import Site
    >>> Twin = unfrozen(Site)
    >>> site = Twin("ams", ("10.0.0.*",))
    >>> site.__class__ = Site
    >>> site == Site("ams", ("10.0.0.*",)), type(site) is Site
    (True, True)
    """
    rows = [(one.name, object, _like(one)) for one in fields(kind)]  # type: ignore[arg-type]
    return make_dataclass(f"Unfrozen{kind.__name__}", rows, slots=True, eq=False, repr=False)


def _like(one: Field[Any]) -> Any:
    if one.default is not MISSING:
        return field(default=one.default)
    return field() if one.default_factory is MISSING else field(default_factory=one.default_factory)
