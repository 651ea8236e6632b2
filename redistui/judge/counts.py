"""Counts in sentences: one thing, two of them, many."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """
    >>> counted(1, "slot"), counted(1200, "slot")
    ('1 slot', '1,200 slots')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def every(number: int, noun: str, verb: str, which: str = "") -> str:
    """All there are, and what they do; `which`: what sets them apart from others.

    >>> every(3, "Sentinel", "name"), every(2, "Sentinel", "name"), every(1, "Sentinel", "name")
    ('all 3 Sentinels name', 'both Sentinels name', 'the only Sentinel names')
    >>> every(1, "node", "see", "answer"), every(3, "node", "see", "answer")
    ('the only node that answers sees', 'all 3 nodes that answer see')
    """
    who = {1: f"the only {noun}", 2: f"both {noun}s"}.get(number, f"all {number:,} {noun}s")
    s = "s" if number == 1 else ""
    return f"{who}{f' that {which}{s}' if which else ''} {verb}{s}"


def sentence(text: str) -> str:
    """
    >>> sentence("all 3 Sentinels name b:1")
    'All 3 Sentinels name b:1'
    """
    return f"{text[:1].upper()}{text[1:]}"
