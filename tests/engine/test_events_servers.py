"""The timeline of a real group: a process that was replaced, what operators say, and the deeds of another console."""

from __future__ import annotations

import time
from collections.abc import Callable

from redistui.demo.groups import RunningGroup
from redistui.engine.unfinished import Deed
from redistui.model import Event, Fleet
from tests.engine.watching import until, watching


def of(fleet: Fleet, *kinds: str) -> list[Event]:
    return [event for event in fleet.events if event.kind in kinds]


def test_a_restart_its_alert_and_what_an_operator_said_are_one_timeline(
    replication_group: Callable[..., RunningGroup],
) -> None:
    group = replication_group(replicas=1)
    replica = group.nodes[1]
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: fleet.complete and len(fleet.groups[0].nodes) == 2 and not fleet.findings)
        replica.kill()
        fleet = until(engine, lambda fleet: any(one.rule == "node-down" for one in fleet.alerts))
        (alert,) = (one for one in fleet.alerts if one.rule == "node-down")
        assert alert.node == replica.address
        engine.acknowledge(alert.key)
        until(engine, lambda fleet: any(one.key == alert.key and one.acknowledged_at for one in fleet.alerts))
        engine.silence("no-good-*", until=time.time() + 60)
        until(engine, lambda fleet: of(fleet, "silenced"))
        replica.restart()
        fleet = until(
            engine, lambda fleet: of(fleet, "restart") and not any(one.ended_at is None for one in fleet.alerts)
        )
        (restart,) = of(fleet, "restart")
        assert (restart.source, restart.text) == (
            replica.address,
            f"{replica.address} was restarted: a new process answers",
        )
        told = [event for event in fleet.events if event.source == replica.address or event.kind == "acknowledged"]
        kinds = [f"{event.kind} {event.about[0]}" if event.kind == "alert" else event.kind for event in told]
        order = ["fault", "alert raised", "acknowledged", "restart", "alert over"]
        assert [kind for kind in kinds if kind in order][: len(order)] == order, kinds
        deed = Deed(time.time(), fleet.groups[0].name, "failover begun: of another console")
        engine.recount([deed])
        engine.recount([deed])
        until(engine, lambda fleet: of(fleet, "action"))
        engine.recount([Deed(time.time(), fleet.groups[0].name, "and its end")])
        fleet = until(engine, lambda fleet: any(event.text == "and its end" for event in of(fleet, "action")))
        assert len(of(fleet, "action")) == 2, "the same deed is told once"
