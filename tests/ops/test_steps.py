"""Each step by itself, reply by reply."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.node.catch_up import CatchUp
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.node.fence import BEFORE, AcceptWrites, PauseWrites, ReadMinReplicas, RefuseWrites, ResumeWrites
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed, Together
from tests.ops.play import play

A, B, C = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
S, T = "10.0.0.8:26379", "10.0.0.9:26379"
REFUSED = Refused("NOPERM no")
LOST = Lost("no answer within 2 s")


def primary(offset: int = 100) -> list[Any]:
    return [b"master", offset, []]


def replica(of: str = A, offset: int = 100, state: bytes = b"connected") -> list[Any]:
    host, _, port = of.rpartition(":")
    return [b"slave", host.encode(), int(port), state, offset]


def named(address: str) -> list[bytes]:
    host, _, port = address.rpartition(":")
    return [host.encode(), port.encode()]


def believes(address: str, epoch: int = 3, flags: str = "master") -> list[bytes]:
    host, _, port = address.rpartition(":")
    fields = {"name": "orders", "ip": host, "port": port, "flags": flags, "config-epoch": epoch}
    return [str(word).encode() for pair in fields.items() for word in pair]


def ask(node: str, text: str, *, seconds: float = 2.0, mutates: bool = False) -> Ask:
    return Ask(node, tuple(text.split(" ")), mutates, seconds)


# -- the fence ---------------------------------------------------------------------------------------------------------

OPTION = "CONFIG GET min-replicas-to-write"
LAG = "CONFIG GET min-replicas-max-lag"


def test_the_value_before_is_noted() -> None:
    played = play(
        ReadMinReplicas(A),
        (ask(A, OPTION), [b"min-replicas-to-write", b"1"]),
        (ask(A, LAG), [b"min-replicas-max-lag", b"10"]),
    )
    assert played.notes == {BEFORE: "1"}


@pytest.mark.parametrize(
    ("value", "lag", "words"),
    [
        ([b"min-replicas-to-write", b"10000"], [b"x", b"10"], "an earlier fence was left there"),
        ([b"min-replicas-to-write", b"0"], [b"x", b"0"], "switches min-replicas-to-write off"),
        ([], [b"x", b"10"], "cannot be read"),
        (None, [b"x", b"10"], "cannot be read"),
    ],
)
def test_a_fence_that_would_not_hold_is_not_put_up(value: Any, lag: Any, words: str) -> None:
    with pytest.raises(StepFailed, match=words):
        play(ReadMinReplicas(A), (ask(A, OPTION), value), (ask(A, LAG), lag))


def test_a_pause_is_sent_once_and_an_unanswered_one_is_not_repeated() -> None:
    pause = ask(A, "CLIENT PAUSE 6000 WRITE", mutates=True, seconds=0.75)
    assert play(PauseWrites(A, 6000), (pause, b"OK")).said == "OK: writes wait"
    with pytest.raises(Lost):
        play(PauseWrites(A, 6000), (pause, LOST))


def test_a_lost_reply_to_the_fence_is_settled_by_reading() -> None:
    command = ask(A, "CONFIG SET min-replicas-to-write 10000", mutates=True)
    read = ask(A, OPTION)
    assert play(RefuseWrites(A), (command, LOST), (read, [b"x", b"10000"])).said == "OK: writes are refused"
    with pytest.raises(NotKnown, match="reads '0', not 10000"):
        play(RefuseWrites(A), (command, LOST), (read, [b"x", b"0"]))
    with pytest.raises(Refused):
        play(RefuseWrites(A), (command, REFUSED))


def test_the_fence_is_lifted_to_the_value_before() -> None:
    step = AcceptWrites(A)
    command = Ask(A, step.commands()[0], mutates=True)
    assert command.argv[-1] is BEFORE
    assert play(step, (command, b"OK"), notes={BEFORE: "2"}).said == "OK: it is 2 again"
    refused = play(step, (command, REFUSED), (ask(A, OPTION), [b"x", b"2"]), notes={BEFORE: "2"})
    assert refused.said == "OK: it is 2 again"
    with pytest.raises(NotKnown):
        play(step, (command, REFUSED), (ask(A, OPTION), [b"x", b"10000"]), notes={BEFORE: "2"})


def test_clients_are_let_go_on() -> None:
    assert play(ResumeWrites(A), (ask(A, "CLIENT UNPAUSE", mutates=True), b"OK")).said


# -- catching up -------------------------------------------------------------------------------------------------------


def both(*nodes: str, text: str = "ROLE", seconds: float = 0.5) -> Together:
    return Together(tuple(ask(node, text, seconds=seconds) for node in nodes))


def test_replicas_have_caught_up_when_they_are_at_the_offset_read_once_or_beyond() -> None:
    played = play(
        CatchUp(A, (B, C), 2.0),
        (ask(A, "ROLE"), primary(500)),
        (both(B, C), [replica(offset=499), replica(offset=500)]),
        (both(B, C), [None, replica(offset=514)]),
        (both(B, C), [replica(offset=514), replica(offset=514)]),
    )
    assert played.said == f"{B}, {C} have all up to offset 500"
    assert played.waited == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(replica(offset=1), StepFailed), (replica(offset=900, state=b"connect"), StepFailed), (None, NotKnown)],
)
def test_a_replica_that_does_not_catch_up_is_named(reply: Any, kind: type[StepFailed]) -> None:
    with pytest.raises(kind, match=f"{B} has not caught up after 0.02 s") as caught:
        play(CatchUp(A, (B,), 0.02), (ask(A, "ROLE"), primary(500)), (both(B), [reply]), (both(B), [reply]))
    assert caught.type is kind


def test_a_primary_that_is_none_any_more_stops_it() -> None:
    with pytest.raises(StepFailed, match="does not say that it is a primary"):
        play(CatchUp(A, (B,), 2.0), (ask(A, "ROLE"), replica(B)))


# -- the config file --------------------------------------------------------------------------------------------------


def test_a_server_without_a_config_file_does_not_fail_the_operation() -> None:
    step = WriteConfig(A)
    command = ask(A, "CONFIG REWRITE", mutates=True, seconds=5.0)
    assert play(step, (command, b"OK")).said == "OK"
    refused = play(step, (command, Refused("ERR The server is running without a config file")))
    assert "not written (ERR The server is running without a config file)" in refused.said
    assert "not known" in play(step, (command, LOST)).said
