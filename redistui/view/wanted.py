"""The filter of the Metrics screen: words, as everywhere, and comparisons with any metric or with what a node is.

`ops_per_second>1000 role=replica cart` finds the replicas of `cart` that run more than 1,000 commands a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

from redistui.metrics import BY_NAME
from redistui.model import Group, Node
from redistui.view.source import contains
from redistui.view.topology import node_matches

TEXTS: Mapping[str, Callable[[Group, Node], str | None]] = {
    "role": lambda _, node: node.role,
    "group": lambda group, _: group.name,
    "kind": lambda group, _: group.kind,
    "site": lambda _, node: node.site,
    "server": lambda _, node: node.server,
    "version": lambda _, node: node.version,
    "node": lambda _, node: node.address,
}
"""What a node is; compared with `=` and `!=`, where `*` stands for anything."""
_SIGNS: Mapping[str, Callable[[float, float], bool]] = {">=": ge, "<=": le, "!=": ne, "=": eq, ">": gt, "<": lt}
_TERM = re.compile(r"([a-z_][a-z_0-9]*)(>=|<=|!=|=|>|<)(.*)", re.DOTALL)
_NUMBER = re.compile(r"([0-9]*\.?[0-9]+)(ms|[kmgtshd%]?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_TIMES: Mapping[str, Mapping[str, float]] = {
    "seconds": {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0},
    "ms": {"": 1.0, "ms": 1.0, "s": 1000.0, "m": 60_000.0},
}


class Term(NamedTuple):
    """One comparison."""

    name: str
    sign: str
    text: str
    value: float | None
    """Of a metric, in its own unit."""

    def finds(self, group: Group, node: Node) -> bool:
        """An unknown value is in no comparison."""
        if self.value is not None:
            known = node.metric(self.name)
            return known is not None and _SIGNS[self.sign](known, self.value)
        said = TEXTS[self.name](group, node)
        alike = said is not None and fnmatchcase(said.casefold(), self.text.casefold())
        return said is not None and alike is (self.sign == "=")


class Wanted(NamedTuple):
    """What was typed after `/`."""

    words: str
    """What has to be in a node's texts; also what stands out in them."""
    terms: tuple[Term, ...] = ()
    problem: str = ""
    """A sentence on a comparison that cannot be made: nothing is found then."""

    def finds(self, group: Group, node: Node) -> bool:
        """All of it holds."""
        if self.problem or not all(term.finds(group, node) for term in self.terms):
            return False
        words = self.words.split() if self.terms else [self.words]
        return all(contains(word, group.name) or node_matches(word, node) for word in words)


def read(text: str) -> Wanted:
    """Reads a filter. Without a comparison it is one text, blanks and all.

    >>> read("cart east").words, read("role=replica 10.2").words, read("memory_used>1.5G").terms[0].value / 2**30
    ('cart east', '10.2', 1.5)
    >>> read("ops_per_secnd>10").problem
    'no metric ops_per_secnd; did you mean ops_per_second?'
    """
    parts = [(word, _TERM.fullmatch(word)) for word in text.split()]
    if not any(match for _, match in parts):
        return Wanted(text)
    words = " ".join(word for word, match in parts if match is None)
    terms: list[Term] = []
    for _, match in parts:
        if match is not None:
            found = _term(match[1], match[2], match[3])
            if isinstance(found, str):
                return Wanted(words, problem=found)
            terms.append(found)
    return Wanted(words, tuple(terms))


def _term(name: str, sign: str, text: str) -> Term | str:
    """A comparison, or what is wrong with it."""
    if name in TEXTS:
        return Term(name, sign, text, None) if sign in ("=", "!=") else f"{name} is compared by = or !=, as in {name}=x"
    if name not in BY_NAME:
        near = get_close_matches(name, [*BY_NAME, *TEXTS], 1)
        return f"no metric {name}" + (f"; did you mean {near[0]}?" if near else "")
    value = number(text, name)
    if value is None:
        return f"{name}: {text or 'nothing'} is no number, as in {name}{sign}10"
    return Term(name, sign, text, value)


def number(text: str, metric: str) -> float | None:
    """A number as one types it, in the metric's unit; None where it is none.

    >>> number("10k", "clients"), number("10K", "memory_used"), number("80%", "cpu_percent"), number("x", "clients")
    (10000.0, 10240.0, 80.0, None)
    >>> number("2m", "uptime_seconds"), number("0.5s", "latency_p99")
    (120.0, 500.0)
    """
    match, unit = _NUMBER.fullmatch(text), BY_NAME[metric].unit
    if match is None:
        return None
    value, suffix = float(match[1]), match[2].lower()
    if unit in _TIMES:
        scale = _TIMES[unit].get(suffix)
    elif suffix == "%":
        scale = 1.0 if unit == "percent" else None
    else:
        power = _POWERS.get(suffix)
        scale = None if power is None else (1024.0 if "bytes" in unit else 1000.0) ** power
    return None if scale is None else value * scale
