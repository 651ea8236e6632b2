"""Came: what many commands that stand for one line of a plan have come to, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Came:
    """Replies counted by their sort."""

    done: int = 0
    refused: int = 0
    lost: int = 0
    error: str = ""
    """The first refusal, in the server's words."""

    def join(self, other: Came) -> None:
        self.done += other.done
        self.refused += other.refused
        self.lost += other.lost
        self.error = self.error or other.error

    @property
    def state(self) -> Literal["done", "refused", "lost"]:
        """lost, where of one of them nobody knows whether it ran; refused, where none did."""
        return "lost" if self.lost else "done" if self.done else "refused"

    def __str__(self) -> str:
        """
        >>> print(Came(30, 1, 1, "ERR no"))
        30 done, 1 refused (ERR no), 1 without a reply
        """
        said = f" ({self.error})" if self.error else ""
        rows = ((self.done, "done"), (self.refused, f"refused{said}"), (self.lost, "without a reply"))
        return ", ".join(f"{number:,} {what}" for number, what in rows if number)
