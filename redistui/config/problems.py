"""Problem: one thing that is wrong in a file or on the command line, in a sentence. All of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from redistui.view.cells import show


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where. `key` is dotted as in TOML: `fleets.orders.user`."""

    text: str
    file: str = ""
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (show(place), show(self.key), show(self.text, 800)) if part)


class ConfigErrors(Exception):
    """The config, or a target, cannot be used. Holds every problem that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that names what was probably meant; empty when nothing comes near.

    >>> nearest("enviroment", ["environment", "user"])
    "; did you mean 'environment'?"
    >>> nearest("zzz", ["environment"])
    ''
    """
    near = get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
