"""Servers that do not answer, answer with a fault, contradict themselves, or restart again and again."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.rules.kinds import Case, Kind
from redistui.model import Finding

KINDS_DOWN = (
    Kind("node-down", "A data server does not answer, so that it serves nobody as far as can be seen from here.",
         "See whether its process runs and its port can be reached from here; where it was a primary, whether another "
         "took over."),
    Kind("node-fault", "A data server answers, but with a fault: it loads, is busy, or refuses us.",
         "Its own words say which; a script that blocks it is ended by SCRIPT KILL."),
)  # fmt: skip
KINDS_CONFLICT = (
    Kind("role-conflict", "A server's ROLE and INFO contradict each other: somebody forges, or a proxy mixes servers.",
         "Connect to it directly, without a proxy, and look at its replicas."),
)  # fmt: skip
KINDS_RESTARTS = (
    Kind("restart-loop", "A server came back as a new process again and again.",
         "Read its log: it is killed for memory, crashes, or its supervisor gives it too little time to load."),
)  # fmt: skip


def nodes_down(case: Case) -> Iterator[Finding]:
    for node in case.group.nodes:
        if node.fault is not None:
            was = f", was {node.last_role}" if node.fault.down and node.last_role else ""
            text = f"{node.address} {node.fault.kind}{was}: {node.fault.text}"
            if node.fault.down:
                yield case.finding("node-down", "bad", text, node)
            else:
                yield case.finding("node-fault", "warn", text, node)


def role_conflicts(case: Case) -> Iterator[Finding]:
    for node in case.group.nodes:
        if node.conflict:
            yield case.finding("role-conflict", "bad", f"{node.address}: {node.conflict}", node)


def restart_loops(case: Case) -> Iterator[Finding]:
    """Within an hour; over when the first of them is longer ago."""
    for node in case.group.nodes:
        restarts = case.recall.restarts(node.address)
        if not restarts:
            continue
        count = float(len(restarts))
        if (over := case.exceeds("restarts", count, node)) is not None:
            text = f"{node.address} restarted {count:.0f} times within an hour, last at {_clock(restarts[-1].at)} UTC"
            yield case.finding("restart-loop", over[0], f"{text}: read its log", node, count, over[1])


def _clock(at: float) -> str:
    """
    >>> _clock(3661.0)
    '01:01:01'
    """
    return f"{int(at) // 3600 % 24:02}:{int(at) // 60 % 60:02}:{int(at) % 60:02}"
