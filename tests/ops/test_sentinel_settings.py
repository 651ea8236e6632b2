"""sentinel-reset and sentinel-set: what refuses them, what they send, and each step reply by reply."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Group, Node
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.sentinel.reset_steps import EveryoneKnown, ResetSentinel, Spacing, Unanimous
from redistui.ops.sentinel.set_steps import OptionIs, RestoreOption, SetOption
from redistui.ops.sentinel_reset import SENTINEL_RESET, planned
from redistui.ops.sentinel_set import SENTINEL_SET
from redistui.ops.steps import NotKnown, Pause, Refused, StepFailed, Together
from tests import fleets
from tests.ops.play import play
from tests.ops.test_failover_checks import (
    A,
    B,
    C,
    Change,
    both,
    down,
    fleet,
    healthy,
    node,
    replication,
    sentinel,
    watch,
)
from tests.ops.test_steps import LOST, REFUSED, ask, believes, primary, replica

ORDERS = Aim("orders")
S1, S2, S3 = "10.20.0.11:26379", "10.20.0.12:26379", "10.20.0.13:26379"


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


# -- sentinel-reset ----------------------------------------------------------------------------------------------------

GONE_S3 = sentinel(2, **down())
DEAD_C = node(2, role=None, **down("refused", "nothing listens there"))
NO_RESET: list[tuple[str, Change, str]] = [
    ("sdown", watch(0, flags=frozenset({"primary", "s_down"})), "flags it primary, s_down"),
    ("odown", watch(0, flags=frozenset({"primary", "s_down", "o_down"})), "they fail over by themselves"),
    ("failover", watch(1, flags=frozenset({"primary", "failover_in_progress"})), "in progress already"),
    ("disagreement", watch(1, primary=B), "the Sentinels disagree"),
    ("TILT", sentinel(1, tilt=True), "in TILT"),
    ("primary down", node(0, role=None, **down()), f"{A} does not answer"),
    ("primary a replica", node(0, role="replica"), "says of itself that it is a replica"),
    ("a live stray", replication(2, link="down"), f"{C} is alive, but has no link to {A}"),
    ("quorum out of reach", both(GONE_S3, watch(0, quorum=3)), f"{S1} wants a quorum of 3, and only 2 answer"),
    ("nobody answers", both(*(sentinel(n, **down()) for n in range(3))), "no Sentinel answers"),
]


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in NO_RESET], ids=[row[0] for row in NO_RESET])
def test_a_reset_is_refused_with(change: Change, words: str) -> None:
    said = refusals(SENTINEL_RESET, fleet(change(healthy())), ORDERS)
    assert any(words in text for text in said), said


def test_a_reset_says_who_will_be_forgotten() -> None:
    assert refusals(SENTINEL_RESET, fleet(healthy()), ORDERS) == ()
    assert "there is nobody to forget" in warnings(SENTINEL_RESET, fleet(healthy()), ORDERS)[0]
    stale = both(GONE_S3, DEAD_C)(healthy())
    assert refusals(SENTINEL_RESET, fleet(stale), ORDERS) == ()
    assert any(f"forgotten: {C}, {S3}" in text for text in warnings(SENTINEL_RESET, fleet(stale), ORDERS))


def test_a_ghost_that_keeps_quorum_away_is_no_refusal() -> None:
    ghostly = both(GONE_S3, watch(0, ckquorum="NOQUORUM 2 usable Sentinels."), watch(0, other_sentinels=3))(healthy())
    assert refusals(SENTINEL_RESET, fleet(ghostly), ORDERS) == ()
    assert any("NOQUORUM" in text for text in warnings(SENTINEL_RESET, fleet(ghostly), ORDERS))


def test_sentinels_are_reset_one_by_one_with_half_a_minute_between() -> None:
    made = SENTINEL_RESET.plan(fleet(both(GONE_S3, DEAD_C)(healthy())), ORDERS)
    assert commands(made) == [f"{S1} SENTINEL RESET orders", f"{S2} SENTINEL RESET orders"]
    assert [type(step).__name__ for step in made.steps] == [
        "ResetSentinel",
        "EveryoneKnown",
        "Spacing",
        "ResetSentinel",
        "EveryoneKnown",
    ]
    assert [step.seconds for step in made.steps if isinstance(step, Spacing)] == [30.0]
    known = [step for step in made.steps if isinstance(step, EveryoneKnown)]
    assert [(step.replicas, step.others, step.forgotten) for step in known] == [
        ((B,), (S2,), (C, S3)),
        ((B,), (S1,), (C, S3)),
    ]
    assert (made.danger, made.confirm) == ("risky", "orders")
    assert made.point_of_no_return == len(made.steps)


def test_to_forget_a_majority_has_to_be_typed_out() -> None:
    lonely = both(sentinel(1, **down()), GONE_S3, watch(0, quorum=1))(healthy())
    assert any("only 1 of 3 Sentinels answer" in text for text in warnings(SENTINEL_RESET, fleet(lonely), ORDERS))
    made = SENTINEL_RESET.plan(fleet(lonely), ORDERS)
    assert (made.danger, made.confirm) == ("lossy", "forget a majority of the Sentinels of orders")


def test_a_name_is_never_taken_as_a_pattern() -> None:
    group = healthy()
    sentinels = tuple(replace(s, watches={"o*": replace(s.watches["orders"], name="o*")}) for s in group.sentinels)
    odd = replace(group, name="o*", watched_as="o*", sentinels=sentinels)
    assert commands(planned(fleet(odd), Aim("o*"), 1.0))[0] == f"{S1} SENTINEL RESET o\\*"


RESET = ResetSentinel(S1, "orders", "orders", A, (S2,))
LOOKS = (
    (ask(S1, "SENTINEL MASTER orders", seconds=0.5), believes(A)),
    (ask(S2, "SENTINEL MASTER orders", seconds=0.5), believes(A)),
    (ask(A, "ROLE", seconds=0.5), primary()),
)
SENT = ask(S1, "SENTINEL RESET orders", mutates=True)


def test_a_sentinel_is_reset_when_all_is_well_with_it_and_the_others() -> None:
    for reply in (1, b"1"):
        assert play(RESET, *LOOKS, (SENT, reply)).said == "OK: one group reset"
    assert play(RESET, *LOOKS, (SENT, LOST)).said == "no reply; what came of it is seen next"
    with pytest.raises(StepFailed, match="it has reset 0 groups"):
        play(RESET, *LOOKS, (SENT, 0))
    with pytest.raises(Refused):
        play(RESET, *LOOKS, (SENT, REFUSED))


@pytest.mark.parametrize(
    ("place", "answer", "kind"),
    [
        (0, believes(B), StepFailed),
        (0, believes(A, flags="master,s_down"), StepFailed),
        (1, believes(A, flags="master,failover_in_progress"), StepFailed),
        (1, LOST, NotKnown),
        (2, replica(B), StepFailed),
        (2, LOST, StepFailed),
    ],
)
def test_a_sentinel_is_not_reset_while_anything_is_wrong(place: int, answer: Any, kind: type[StepFailed]) -> None:
    lines = [*LOOKS[:place], (LOOKS[place][0], answer)]
    with pytest.raises(kind) as caught:
        play(RESET, *lines)
    assert caught.type is kind


def row(address: str) -> list[bytes]:
    host, _, port = address.rpartition(":")
    return [b"ip", host.encode(), b"port", port.encode()]


KNOWN = EveryoneKnown(S1, "orders", (B,), (S2,), (C, S3), 0.5)
LISTS = Together((ask(S1, "SENTINEL REPLICAS orders"), ask(S1, "SENTINEL SENTINELS orders")))
QUORUM = ask(S1, "SENTINEL CKQUORUM orders")
NOQUORUM = Refused("NOQUORUM 1 usable Sentinels.")


def test_the_next_one_waits_until_everybody_is_known_again_and_quorum_can_be_reached() -> None:
    played = play(
        KNOWN,
        (LISTS, [[], []]),
        (LISTS, [[], [row(S2)]]),
        (LISTS, [[row(B)], [row(S2)]]),
        (QUORUM, NOQUORUM),
        (QUORUM, b"OK 2 usable Sentinels"),
    )
    assert played.said == "it knows 1 replica and 1 other Sentinel, and can reach quorum"


@pytest.mark.parametrize(
    ("lists", "words", "kind"),
    [
        ([[], [row(S2)]], f"{S1} has not found {B} after 0.5 s", StepFailed),
        ([[row(B), row(C)], [row(S2)]], f"{S1} still knows {C}", StepFailed),
        ([[row(B)], [row(S2), row(S3)]], f"{S1} still knows {S3}", StepFailed),
        ([[row(B)], None], f"{S1} has not found", NotKnown),
        ([[b"odd"], []], f"{S1} has not found", StepFailed),
    ],
)
def test_who_is_not_found_or_not_forgotten_is_named(lists: Any, words: str, kind: type[StepFailed]) -> None:
    with pytest.raises(kind, match=words):
        play(KNOWN, *[(LISTS, lists)] * 3)


def test_a_sentinel_that_cannot_reach_quorum_afterwards_stops_it() -> None:
    with pytest.raises(StepFailed, match="NOQUORUM"):
        play(KNOWN, (LISTS, [[row(B)], [row(S2)]]), *[(QUORUM, NOQUORUM)] * 3)
    with pytest.raises(NotKnown):
        play(KNOWN, (LISTS, [[row(B)], [row(S2)]]), *[(QUORUM, LOST)] * 3)


def test_between_two_sentinels_there_is_nothing_but_time() -> None:
    played = play(Spacing(None, 30.0), (Pause(30.0), None))
    assert played.waited == 30.0
    assert Spacing(None, 30.0).commands() == ()


def test_in_the_end_all_sentinels_agree() -> None:
    step = Unanimous(None, "orders", (S1, S2), A, 0.5)
    masters = Together((ask(S1, "SENTINEL MASTER orders"), ask(S2, "SENTINEL MASTER orders")))
    quorum = ((QUORUM, b"OK"), (ask(S2, "SENTINEL CKQUORUM orders"), b"OK"))

    def knows(others: int) -> list[bytes]:
        return [*believes(A), b"num-other-sentinels", str(others).encode()]

    played = play(step, (masters, [knows(1), knows(0)]), (masters, [knows(1), knows(1)]), *quorum)
    assert played.said == f"both Sentinels name {A} and can reach quorum"
    with pytest.raises(StepFailed, match=f"{S2} did not agree"):
        play(step, *[(masters, [knows(1), [b"odd"]])] * 3)


# -- sentinel-set ------------------------------------------------------------------------------------------------------


def to(option: str, value: str) -> Aim:
    return Aim("orders", words=(option, value))


NO_SET: list[tuple[str, str, str]] = [
    ("quorum", "0", "a whole number from 1 on, not '0'"),
    ("quorum", "two", "a whole number from 1 on, not 'two'"),
    ("quorum", "-1", "a whole number"),
    ("down-after-milliseconds", "1e3", "a whole number"),
    ("down-after-milliseconds", "٣", "a whole number"),
    ("down-after-milliseconds", "9" * 40, "a whole number"),
    ("quorum", "4", "a quorum of 4 can never be reached by 3 Sentinels"),
    ("quorum", "2", "quorum is 2 already at every Sentinel"),
    ("auth-pass", "hunter2", "auth-pass is a secret"),
    ("auth-user", "me", "auth-user is a secret"),
    ("notification-script", "/bin/sh", "belongs into its config file"),
    ("client-reconfig-script", "/bin/sh", "belongs into its config file"),
    ("rename-command", "CONFIG", "what is: quorum, down-after-milliseconds, failover-timeout, parallel-syncs"),
]


@pytest.mark.parametrize(("option", "value", "words"), NO_SET)
def test_an_option_is_not_set_when(option: str, value: str, words: str) -> None:
    said = refusals(SENTINEL_SET, fleet(healthy()), to(option, value))
    assert any(words in text for text in said), said
    assert not any("hunter2" in text for text in said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (watch(1, primary=B), "the Sentinels disagree"),
        (watch(0, flags=frozenset({"primary", "failover_in_progress"})), "in progress already"),
        (watch(0, flags=frozenset({"primary", "o_down"})), "they fail over by themselves"),
        (watch(0, failover_timeout_ms=None), f"{S1}: failover-timeout cannot be read"),
        (both(*(sentinel(n, **down()) for n in range(3))), "no Sentinel answers"),
    ],
)
def test_nothing_is_set_while_the_sentinels_are_busy_or_at_odds(change: Change, words: str) -> None:
    said = refusals(SENTINEL_SET, fleet(change(healthy())), to("failover-timeout", "5000"))
    assert any(words in text for text in said), said


@pytest.mark.parametrize(
    ("option", "value", "change", "words"),
    [
        ("quorum", "1", lambda g: g, "a single Sentinel cannot reach counts as down"),
        ("quorum", "3", lambda g: g, "3 is more than a majority of 3: with 1 down, nobody fails over"),
        ("down-after-milliseconds", "999", lambda g: g, "a short stall"),
        ("parallel-syncs", "2", lambda g: g, "all replicas sync at once"),
        ("quorum", "3", watch(1, quorum=1), f"they differ now: {S1} has 2; {S2} has 1; {S3} has 2"),
        ("quorum", "3", GONE_S3, f"{S3} cannot be told now"),
    ],
)
def test_what_would_work_and_is_rarely_meant_is_weighed(option: str, value: str, change: Change, words: str) -> None:
    group = change(healthy())
    assert refusals(SENTINEL_SET, fleet(group), to(option, value)) == ()
    said = warnings(SENTINEL_SET, fleet(group), to(option, value))
    assert any(words in text for text in said), said


def test_an_option_is_set_at_every_sentinel_that_has_it_otherwise_and_put_back_everywhere() -> None:
    group = watch(1, quorum=3)(healthy())
    made = SENTINEL_SET.plan(fleet(group), to("quorum", "3"))
    assert commands(made) == [f"{S1} SENTINEL SET orders quorum 3", f"{S3} SENTINEL SET orders quorum 3"]
    back = [f"{step.node} {' '.join(argv)}" for step in made.release for argv in step.commands()]
    assert back == [f"{S1} SENTINEL SET orders quorum 2", f"{S3} SENTINEL SET orders quorum 2"]
    assert (made.danger, made.confirm, made.undo) == ("risky", "orders", "sentinel-set quorum 2")
    assert made.point_of_no_return == len(made.steps)
    assert SENTINEL_SET.plan(fleet(healthy()), to("parallel-syncs", "2")).danger == "routine"


SET = SetOption(S1, "orders", "quorum", 2, 3)
READ = ask(S1, "SENTINEL MASTER orders", seconds=0.5)
TOLD = ask(S1, "SENTINEL SET orders quorum 3", mutates=True)


def has(quorum: int) -> list[bytes]:
    return [*believes(A), b"quorum", str(quorum).encode()]


def test_an_option_is_set_only_from_what_it_was_when_the_plan_was_made() -> None:
    assert play(SET, (READ, has(2)), (TOLD, b"OK")).said == "OK: it is 3"
    assert play(SET, (READ, has(2)), (TOLD, LOST), (READ, has(3))).said == "OK: it is 3"
    with pytest.raises(StepFailed, match="quorum is 1 by now, not 2"):
        play(SET, (READ, has(1)))
    with pytest.raises(StepFailed, match="quorum is 2, not 3"):
        play(SET, (READ, has(2)), (TOLD, LOST), (READ, has(2)))
    with pytest.raises(NotKnown, match="does not say what its quorum is"):
        play(SET, (READ, LOST))


def test_what_an_option_was_is_put_back_without_a_look() -> None:
    step, command = RestoreOption(S1, "orders", "quorum", 2), ask(S1, "SENTINEL SET orders quorum 2", mutates=True)
    assert play(step, (command, b"OK")).said == "OK: it is 2 again"
    assert play(step, (command, LOST), (READ, has(2))).said == "OK: it is 2 again"
    with pytest.raises(NotKnown, match="quorum is 3, not 2"):
        play(step, (command, REFUSED), (READ, has(3)))


def test_an_option_must_be_read_back_from_every_sentinel() -> None:
    step = OptionIs(None, "orders", (S1, S2), "quorum", 3, 0.5)
    asked = Together((ask(S1, "SENTINEL MASTER orders"), ask(S2, "SENTINEL MASTER orders")))
    assert play(step, (asked, [has(3), has(2)]), (asked, [has(3), has(3)])).said == "both Sentinels say quorum 3"
    with pytest.raises(StepFailed, match=f"{S2} did not say quorum 3"):
        play(step, *[(asked, [has(3), [b"odd"]])] * 3)


@pytest.mark.parametrize("action", [SENTINEL_RESET, SENTINEL_SET])
def test_both_are_for_groups_that_sentinels_watch(action: Any) -> None:
    plain = Group("plain", "replication", (Node("a:1"),))
    for group in (fleets.cluster_group("cart"), plain):
        said = refusals(action, fleet(group), Aim(group.name, words=("quorum", "2")))
        assert said[0].startswith("no Sentinel watches")
    assert "there is no group 'x'" in refusals(action, fleet(healthy()), Aim("x", words=("quorum", "2")))[0]
