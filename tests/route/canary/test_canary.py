"""A canary on a route that answers as it is told: what it sends, what it counts, and how it ends."""

from __future__ import annotations

import re
import threading

import pytest

from redistui.model.canaries import CanaryPlan, CanaryState
from redistui.route.canary.canary import Canary
from redistui.route.failures import BadRoute, Refused, Unknown
from tests.route.canary.canaries import A, B, Imagined, singing
from tests.waiting import eventually

READS = CanaryPlan("orders", "split", rate=500.0)
BOTH = CanaryPlan("orders", "split", rate=500.0, writes=0.5)
KEY = r"redistui:canary:\{0\}:[0-9a-f]{8}:count"


def test_one_that_was_not_told_to_write_only_reads() -> None:
    route = Imagined()
    with singing(route, READS) as canary:
        state = eventually(lambda: canary.state if canary.state.reads.count > 20 else None)
    assert {argv[0] for argv in route.said} == {"GET"}
    assert state.writes.count == state.stale_reads == 0
    assert state.reads.p50 == state.reads.p99 == 2.0
    assert state.lags == {}


def test_what_it_writes_is_under_its_own_prefix_and_expires() -> None:
    route = Imagined()
    with singing(route, BOTH) as canary:
        eventually(lambda: canary.state.writes.count > 20)
    writes = [argv for argv in route.said if argv[0] == "SET"]
    assert all(re.fullmatch(KEY, argv[1]) and argv[3:] == ("EX", "600") for argv in writes)
    assert [int(argv[2]) for argv in writes] == list(range(1, len(writes) + 1))
    assert 0.3 < len(writes) / len(route.said) < 0.7


def test_a_read_of_less_than_was_acknowledged_is_stale() -> None:
    route = Imagined()
    with singing(route, BOTH) as canary:
        eventually(lambda: canary.state.reads.count > 5)
        assert canary.state.stale_reads == 0
        route.value = lambda _: b"0"
        state = eventually(lambda: canary.state if canary.state.stale_reads > 3 else None)
        route.value = lambda _: b"no number"
        canary.reset()
        before = eventually(lambda: canary.state if canary.state.began > state.began else None)
        after = eventually(lambda: canary.state if canary.state.reads.count > before.reads.count + 20 else None)
    assert state.troubles[-1].text == f"{B} gave an older value than one that was acknowledged before"
    assert state.troubles[-1].count > 3
    assert after.stale_reads == 0, "what is no number says nothing"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("READONLY", "READONLY You can't write", A), f"a write was refused by {A}: READONLY You can't write"),
        (Unknown("timeout", "no answer within 1 s", A), f"a write has an unknown outcome by {A}: no answer within 1 s"),
        (Refused("UNHEALTHY", "nobody is fit"), "a write was refused: nobody is fit"),
    ],
)
def test_what_fails_is_told_once_and_counted(error: Exception, said: str) -> None:
    route = Imagined()
    route.fails = error
    with singing(route, BOTH) as canary:
        state = eventually(
            lambda: next((canary.state for one in canary.state.troubles if one.text == said and one.count > 3), None)
        )
    assert len(state.troubles) == 2
    assert state.reads.count == state.writes.count == 0


def test_a_write_of_unknown_outcome_is_not_written_again() -> None:
    route = Imagined()
    route.fails = Unknown("timeout", "no answer", A)
    with singing(route, BOTH) as canary:
        eventually(lambda: len([argv for argv in route.said if argv[0] == "SET"]) > 20)
        assert canary.state.runs
    numbers = [argv[2] for argv in route.said if argv[0] == "SET"]
    assert len(set(numbers)) == len(numbers)


def test_a_hung_write_holds_up_no_read_and_no_second_write_follows_it() -> None:
    route = Imagined()
    with singing(route, READS) as canary:
        eventually(lambda: route.said)
        route.held.clear()
        canary.change(BOTH)
        eventually(lambda: any(argv[0] == "SET" for argv in route.said))
        seen = len(route.said)
        eventually(lambda: len(route.said) > seen + 10)
    assert len([argv for argv in route.said if argv[0] == "SET"]) == 1


def test_a_user_without_rights_is_told_how_to_get_one() -> None:
    route = Imagined()
    route.fails = Refused("NOPERM", "NOPERM this user has no permissions", A)
    with singing(route, READS) as canary:
        said = eventually(lambda: canary.state.said)
    assert said.startswith("the default user may not do this at a:1; `redistui acl --role canary` prints")
    assert "ACL SETUSER canary reset on >PASSWORD ~redistui:canary:*" in said
    assert "canary_user in the config" in said


def test_strategy_and_weights_change_while_it_runs_and_its_shares_begin_anew() -> None:
    route = Imagined()
    with singing(route, READS) as canary:
        eventually(lambda: canary.state.phase == "running")
        canary.change(CanaryPlan("orders", "split", strategy="weighted", weights={A: 3.0}))
        eventually(lambda: route.used)
        eventually(lambda: canary.state.plan.strategy == "weighted")
    assert route.used == [("weighted", {A: 3.0})]
    assert route.resets == 2


def test_weights_that_do_not_fit_leave_it_as_it_was_and_say_so() -> None:
    route = Imagined()
    with singing(route, READS) as canary:
        eventually(lambda: canary.state.phase == "running")
        canary.change(CanaryPlan("orders", "split", rate=10.0, weights={"x:1": 3.0}))
        state = eventually(lambda: canary.state if canary.state.troubles else None)
    assert state.troubles[0].text == "x:1 has a weight but is no node of this route"
    assert (state.plan.weights, state.plan.rate) == ({}, 10.0)


def test_a_route_that_cannot_be_opened_is_tried_again_and_says_why() -> None:
    route = Imagined()
    route.refuses_to_open = [Refused("UNHEALTHY", "no node answers")]
    states: list[CanaryState] = []
    with singing(route, READS, states.append) as canary:
        eventually(lambda: canary.state.phase == "running")
    assert any(one.said == "it cannot begin: no node answers" and one.phase == "opening" for one in states)
    assert (route.opened, route.closed) == (2, 2)


def test_a_password_that_is_not_taken_is_not_tried_again_and_again() -> None:
    route = Imagined()
    route.refuses_to_open = [Refused("UNHEALTHY", "no node can be asked (a:1: cannot connect: WRONGPASS invalid)")]
    with singing(route, READS) as canary:
        eventually(lambda: not canary.state.runs)
    assert canary.shut_out
    assert canary.state.said == "it cannot begin: no node can be asked (a:1: cannot connect: WRONGPASS invalid)"
    assert (route.opened, route.closed) == (1, 1)


def test_a_route_that_makes_no_sense_ends_it_with_the_sentence() -> None:
    route = Imagined()
    route.refuses_to_open = [BadRoute("the weights are of strangers")]
    with singing(route, READS) as canary:
        eventually(lambda: not canary.state.runs)
    assert canary.state.said == "the weights are of strangers"
    assert route.closed == 1


def test_a_mistake_of_ours_in_a_call_is_told_and_ends_nothing() -> None:
    route = Imagined()
    route.fails = ZeroDivisionError()
    with singing(route, READS) as canary:
        state = eventually(lambda: canary.state if canary.state.troubles else None)
        assert state.troubles[0].text == "a bug in redistui: ZeroDivisionError"
        assert canary.state.runs


def test_its_end_is_told_and_leaves_no_thread() -> None:
    route = Imagined()
    states: list[CanaryState] = []
    with singing(route, READS, states.append) as canary:
        eventually(lambda: canary.state.phase == "running")
        canary.stop("stopped by you")
        canary.join()
        assert canary.state.said == "stopped by you"
    assert states[-1].phase == "stopped"
    assert route.closed == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "redistui-canary"]
    canary.change(BOTH)  # nobody hears it any more


def test_a_mistake_of_ours_ends_the_canary_and_nothing_else() -> None:
    def broken(*_: object) -> Imagined:
        raise ZeroDivisionError

    canary = Canary(READS, {}, broken, lambda _: pytest.fail("nobody is to be reached"))
    canary.start()
    canary.join()
    assert canary.state.phase == "stopped"
    assert canary.state.said == "a bug in redistui ended it: ZeroDivisionError"
