"""Kind, Rule and Case: how a verdict is declared, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from redistui.judge.recall import Recall
from redistui.judge.rules.limits import Limits
from redistui.model import Address, Finding, Group, Level, Node
from redistui.model import Kind as GroupKind


class Kind(NamedTuple):
    """One sort of finding, in the operator's words."""

    name: str
    doc: str
    """What it means."""
    advice: str
    """What to do about it."""
    of_itself: bool = False
    """Only the server itself can say so: while it is silent it is not known to be over."""
    settled: bool = False
    """It is only found once it has lasted: whoever finds it need not look again before it is told."""


class Case(NamedTuple):
    """What a rule judges by."""

    group: Group
    limits: Limits
    recall: Recall
    at: float
    """Seconds since 1970: the snapshot's time."""

    def finding(
        self, rule: str, level: Level, message: str, node: Node | Address | None = None, value: float | None = None,
        threshold: float | None = None,
    ) -> Finding:  # fmt: skip
        address = node.address if isinstance(node, Node) else node
        return Finding(rule, level, self.group.name, message, address, value, threshold)

    def exceeds(self, name: str, value: float, node: Node | None = None) -> tuple[Level, float] | None:
        """The worst level a value has come to, with its threshold."""
        return self.limits.exceeded(name, value, self.group.name, None if node is None else node.address)


class Rule(NamedTuple):
    """One row of RULES: a pure function, and the kinds of findings it makes."""

    name: str
    doc: str
    judge: Callable[[Case], Iterator[Finding]]
    kinds: tuple[Kind, ...]
    only: GroupKind | None = None
    """The kind of group it is about; None: any."""
    calm: bool = False
    """It finds nothing in a group that is calm (redistui.judge.rules.calm)."""
