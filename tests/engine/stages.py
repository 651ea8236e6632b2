"""Stages of the tests on real servers: made on a group when a test asks for one, closed when it has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, TypeVar

from redistui.demo.groups import RunningGroup


class Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)


def staged(stage: Callable[[RunningGroup, Path], S], folder: Path) -> Iterator[Callable[[RunningGroup], S]]:
    """What a fixture yields from: makes a stage for each group that it is called with."""
    made: list[S] = []

    def make(group: RunningGroup) -> S:
        made.append(stage(group, folder))
        return made[-1]

    yield make
    for each in made:
        each.close()
