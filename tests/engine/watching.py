"""An engine at work in a test: started, asked until something is so, and stopped without a trace."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from redistui.demo.groups import RunningGroup
from redistui.engine.engine import Engine
from redistui.model import Access, Address, Fleet, Group, Login, Node, Sentinel, Target, Tls, Wanted

PERIOD = 0.25
"""Seconds between two polls: four times as often as an operator would, so that tests are short."""


def target(
    *addresses: Address,
    wanted: Wanted = "any",
    only: str | None = None,
    title: str | None = None,
    password: str | None = None,
    user: str | None = None,
    sentinel_password: str | None = None,
    sentinel_user: str | None = None,
    tls: Tls | None = None,
    reachable: Mapping[Address, Address] | None = None,
) -> Target:
    access = Access(Login(user, password), Login(sentinel_user, sentinel_password), tls, reachable or {})
    return Target(addresses, wanted, only, title, access=access)


class Complaints(logging.Handler):
    """What asyncio complains of on the engine's thread: an exception that nobody caught."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(logging.Formatter().format(record))


@contextlib.contextmanager
def watching(*targets: Target | Address, period: float = PERIOD, **options: Any) -> Iterator[Engine]:
    """An engine on these targets. Whatever nobody caught in it fails the test."""
    complaints = Complaints()
    logging.getLogger("asyncio").addHandler(complaints)
    made = [one if isinstance(one, Target) else target(one) for one in targets]
    engine = Engine(made, period=period, **options)
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()
        logging.getLogger("asyncio").removeHandler(complaints)
    assert complaints.heard == []


def until(engine: Engine, condition: Callable[[Fleet], object], seconds: float = 20.0, otherwise: str = "") -> Fleet:
    """The first snapshot of which the condition holds; the test fails, showing the last one, when none comes in time.

    A condition may also assert, or look up what is not there yet.
    """
    last: list[BaseException] = []

    def holds(fleet: Fleet) -> bool:
        try:
            return bool(condition(fleet))
        except (AssertionError, LookupError, AttributeError, TypeError, ValueError) as error:
            last[:] = [error]
            return False

    fleet = engine.wait(holds, seconds)
    if not holds(fleet):
        why = otherwise or (f"{type(last[0]).__name__}: {last[0]}" if last else "it did not come true")
        raise AssertionError(f"{why} within {seconds:g} s\n{picture(fleet)}")
    return fleet


def member(fleet: Fleet, address: Address) -> Node | Sentinel:
    """The server of that address; LookupError while there is none."""
    for group in fleet.groups:
        for one in group.members:
            if one.address == address:
                return one
    raise LookupError(f"{address} is not in the fleet")


def node(fleet: Fleet, address: Address) -> Node:
    found = member(fleet, address)
    assert isinstance(found, Node), f"{address} is no data node"
    return found


def fault(fleet: Fleet, address: Address) -> str | None:
    """The kind of fault a server has, None if it has none; LookupError while it was neither heard nor faulty."""
    found = member(fleet, address)
    if found.fault is None and found.seen_at is None:
        raise LookupError(f"{address} was not heard of yet")
    return found.fault.kind if found.fault is not None else None


def only_group(fleet: Fleet) -> Group:
    (group,) = fleet.groups
    return group


def whole(fleet: Fleet, group: RunningGroup) -> bool:
    """All servers of a running group are in one group, answer, and have their roles."""
    found = only_group(fleet)
    assert {one.address for one in found.members} == {server.address for server in group.servers}
    assert all(one.up and one.fault is None for one in found.members), "somebody has a fault"
    assert all(one.role for one in found.nodes), "somebody has no role"
    assert found.kind == group.kind
    return fleet.complete


def whole_node(fleet: Fleet, address: Address) -> bool:
    """It answers all that is asked of a data node."""
    found = node(fleet, address)
    return found.fault is None and found.role is not None and found.metric("clients") is not None


def rules(fleet: Fleet) -> set[str]:
    return {finding.rule for finding in fleet.findings}


def texts(findings: Sequence[Any]) -> str:
    return "; ".join(finding.message for finding in findings)


def picture(fleet: Fleet) -> str:
    """A fleet in lines, for a test that failed."""
    lines = [f"complete {fleet.complete}, stalled {fleet.stalled}"]
    for group in fleet.groups:
        lines.append(f"{group.kind} {group.name}: primary {group.primary}")
        lines += [f"  {one.address} {one.role} {one.fault} seen {fleet.age(one.seen_at)}" for one in group.nodes]
        lines += [f"  sentinel {one.address} {one.fault} seen {fleet.age(one.seen_at)}" for one in group.sentinels]
    return "\n".join([*lines, *(f"! {finding.rule}: {finding.message}" for finding in fleet.findings)])
