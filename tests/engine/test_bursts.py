"""Bursts: every command at most once and only what the plan shows, journalled without keys, nothing sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.engine.allowance import Allowance
from redistui.engine.journal import JournalError
from redistui.engine.reach import Unplanned
from redistui.model import Access, Login, Operator
from redistui.net.client import ClientLost, ClientRefused
from redistui.ops.action import Spent
from redistui.ops.steps import Argv, Ask, Burst, Lost, Ordered, Refused, Script, Secret
from redistui.ops.templates import Each, Keys, word_of
from redistui.replies.slot import slot_of
from tests.engine.bursting import A, B, Scripted, Stage

OPEN: Argv = ("CLUSTER", "SETSLOT", Each(((0, 9),)), "MIGRATING", "b")
GIVE: Argv = ("CLUSTER", "SETSLOT", Each(((0, 9),)), "NODE", "b")
FLAG: Argv = ("READONLY",)
EVERY = ((0, 16383),)
MOVE: Argv = ("MIGRATE", "10.0.0.2", "7002", "", "0", "5000", "KEYS", Keys(EVERY))
LOST = ClientLost("the connection ended", ended=True)


def of_slot(template: Argv, *slots: int) -> tuple[Argv, ...]:
    return tuple(tuple(str(slot) if isinstance(word, Each) else word for word in template) for slot in slots)


def with_keys(*keys: str) -> Argv:
    return (*MOVE[:-1], *keys)


def burst(*argvs: Argv, node: str = A) -> Burst:
    return Burst(node, argvs, mutates=True)


def one_after_another(*wishes: Any) -> tuple[Any, list[Any]]:
    """A script of these wishes, and where the answers go."""
    answers: list[Any] = []

    def script() -> Script:
        for wish in wishes:
            answers.append((yield wish))
        return "done"

    return script, answers


async def test_each_slot_of_a_template_goes_out_once() -> None:
    stage = Stage()
    script, answers = one_after_another(burst(*of_slot(OPEN, 3, 4)), burst(*of_slot(OPEN, 5)))
    assert await stage.drive(script, OPEN) == "done"
    assert answers == [[b"OK", b"OK"], [b"OK"]]
    assert stage.mutations() == [*of_slot(OPEN, 3, 4, 5)]


@pytest.mark.parametrize(
    ("commands", "first", "second"),
    [
        ((OPEN,), of_slot(OPEN, 3), of_slot(OPEN, 4, 3)),
        ((OPEN,), of_slot(OPEN, 3), (("CLUSTER", "SETSLOT", "03", "MIGRATING", "b"),)),
        ((OPEN,), of_slot(OPEN, 3), of_slot(OPEN, 10)),
        ((OPEN,), of_slot(OPEN, 3), of_slot(GIVE, 4)),
        ((OPEN,), of_slot(OPEN, 3), (OPEN,)),
        ((OPEN,), of_slot(OPEN, 3), (("CLUSTER", "SETSLOT", "4", "MIGRATING", "b", "x"),)),
        ((FLAG,), (FLAG,), (FLAG,)),
        ((MOVE,), (with_keys("a"),), (with_keys("b", "a"),)),
        ((MOVE,), (with_keys("a"),), (with_keys("b", "b"),)),
        ((MOVE,), (with_keys("a"),), ((*MOVE[:-1],),)),
        (((*MOVE[:-1], Keys(((0, 1),))),), (), (with_keys("a"),)),
        ((MOVE, GIVE), of_slot(GIVE, slot_of(b"4QC")), (with_keys("4QC"),)),
    ],
)
async def test_what_the_plan_does_not_show_is_not_sent(
    commands: tuple[Argv, ...], first: tuple[Argv, ...], second: tuple[Argv, ...]
) -> None:
    stage = Stage()
    if GIVE in commands:
        commands = (MOVE, ("CLUSTER", "SETSLOT", Each(EVERY), "NODE", "b"))
    script, _ = one_after_another(*([burst(*first)] if first else []), burst(*second))
    with pytest.raises(Unplanned):
        await stage.drive(script, *commands)
    assert stage.mutations() == list(first)


async def test_a_template_that_stands_there_twice_gives_each_slot_twice() -> None:
    stage = Stage()
    script, _ = one_after_another(burst(*of_slot(GIVE, 1)), burst(*of_slot(GIVE, 1), node=B))
    await stage.drive(script, GIVE, GIVE)
    script, _ = one_after_another(*[burst(*of_slot(GIVE, 1))] * 3)
    with pytest.raises(Unplanned):
        await stage.drive(script, GIVE, GIVE)


def test_a_burst_that_is_not_in_the_plan_spends_nothing_of_what_is() -> None:
    allowance = Allowance((OPEN, FLAG, MOVE))
    with pytest.raises(Unplanned):
        allowance.take((*of_slot(OPEN, 1), FLAG, with_keys("a"), FLAG))
    allowance.take((*of_slot(OPEN, 1), FLAG, with_keys("a")))
    with pytest.raises(Unplanned):
        allowance.take(of_slot(OPEN, 1))


async def test_the_journal_has_a_line_before_and_one_after_without_a_key() -> None:
    stage = Stage()
    keys = [word_of(b"secret\xff\x00:1"), "secret:2"]
    told: list[int] = []
    stage.servers[A].answer = lambda argv: told.append(len(stage.lines)) or b"OK"
    await stage.drive(one_after_another(burst(*of_slot(OPEN, 1, 2), with_keys(*keys)))[0], OPEN, MOVE)
    before, after = stage.lines[:2], stage.lines[2:4]
    assert told == [2, 2, 2]
    assert [line["state"] for line in stage.lines] == ["sending", "sending", "done", "done", "passed"]
    assert stage.writes == [2, 3]
    assert before[0]["command"] == ("CLUSTER", "SETSLOT", "<each slot of 0-9>", "MIGRATING", "b")
    assert (before[0]["slots"], before[0]["count"]) == ("1-2", 2)
    assert (before[1]["keys"], before[1]["count"]) == (2, 1)
    assert [line["reply"] for line in after] == ["2 done", "1 done"]
    assert len({line["burst"] for line in (*before, *after)}) == 1
    assert "secret" not in repr(stage.lines)
    assert "secret" not in repr(stage.driver.sent)


async def test_what_was_sent_is_summed_up_by_node_and_line_of_the_plan() -> None:
    stage = Stage()
    refused = of_slot(OPEN, 7)[0]
    stage.servers[A].answer = lambda argv: ClientRefused("ERR not the owner") if argv == refused else b"OK"
    script, answers = one_after_another(*(burst(one) for one in of_slot(OPEN, *range(10))))
    await stage.drive(script, OPEN)
    assert [(sent.node, sent.state, sent.reply) for sent in stage.driver.sent] == [
        (A, "done", "9 done, 1 refused (ERR not the owner)")
    ]
    assert isinstance(answers[7][0], Refused)
    assert answers[8] == [b"OK"]


async def test_after_a_lost_burst_the_next_one_waits_until_the_server_is_done_with_it() -> None:
    stage = Stage()
    server = stage.servers[A]
    server.answer = lambda argv: LOST if argv[2] == "2" else b"OK"
    seen: list[int] = []

    def script() -> Script:
        first = yield burst(*of_slot(OPEN, 1, 2, 3))
        assert [type(one) for one in first] == [bytes, Lost, Lost]
        server.lingering = 4
        server.answer = lambda argv: seen.append(server.lingering) or b"OK"
        return str((yield burst(*of_slot(OPEN, 4))))

    assert await stage.drive(script, OPEN) == "[b'OK']"
    assert seen == [0]
    assert server.bursts == [3, 1]
    assert [sent.state for sent in stage.driver.sent] == ["lost"]


@pytest.mark.parametrize(("lingering", "unnamed"), [(10_000, False), (0, True)])
async def test_a_burst_is_not_sent_where_it_cannot_be_seen_that_the_lost_one_is_gone(
    lingering: int, unnamed: bool
) -> None:
    stage = Stage()
    server = stage.servers[A]
    server.answer = lambda argv: LOST

    def script() -> Script:
        yield burst(*of_slot(OPEN, 1))
        server.lingering, server.unnamed = lingering, unnamed
        second = yield burst(*of_slot(OPEN, 2))
        assert isinstance(second[0], Refused)
        server.lingering, server.unnamed, server.answer = 0, False, lambda argv: b"OK"
        third = yield burst(*of_slot(OPEN, 2))  # it was given back: it never went out
        assert third == [b"OK"]
        return str(second[0])

    assert "whether the server is done with it cannot be seen: " in await stage.drive(script, OPEN)
    assert server.executed == [*of_slot(OPEN, 1, 2)]


async def test_a_server_that_cannot_be_reached_refuses_all_of_a_burst() -> None:
    stage = Stage()
    stage.servers[A].down = True
    script, answers = one_after_another(burst(*of_slot(OPEN, 1, 2)))
    await stage.drive(script, OPEN)
    assert [type(one) for one in answers[0]] == [Refused, Refused]
    assert [line["state"] for line in stage.lines] == ["sending", "refused", "passed"]


async def test_without_a_journal_no_burst_is_sent() -> None:
    stage = Stage(full=True)
    script, answers = one_after_another(burst(*of_slot(OPEN, 1)))
    with pytest.raises(JournalError):  # nor is it written how it ended
        await stage.drive(script, OPEN)
    assert "the journal cannot be written" in str(answers[0][0])
    assert stage.mutations() == []


async def test_a_step_that_heeds_ends_when_nothing_is_half_done_once_the_journal_is_full() -> None:
    stage = Stage()
    stage.driver.strict = False

    def script() -> Script:
        for slot in range(10):
            if (yield Ordered()).stop:
                return f"ended before slot {slot}"
            stage.full = slot >= 3
            yield burst(*of_slot(OPEN, slot))
        return "went on"

    assert await stage.drive(script, OPEN, heeds=True) == "ended before slot 4"
    assert len(stage.mutations()) == 4
    assert "no space left" in stage.driver.unwritten


async def test_at_the_point_of_no_return_nothing_is_sent_without_a_journal_either() -> None:
    stage = Stage(full=True)
    stage.driver.final = True
    script, answers = one_after_another(burst(*of_slot(OPEN, 1)))
    with pytest.raises(JournalError):
        await stage.drive(script, OPEN)
    assert isinstance(answers[0][0], Refused)
    assert stage.mutations() == []


async def test_keys_go_out_in_bursts_only() -> None:
    script, _ = one_after_another(Ask(A, with_keys("a"), mutates=True))
    stage = Stage()
    with pytest.raises(Unplanned):
        await stage.drive(script, MOVE)
    assert stage.mutations() == stage.lines == []


async def test_bursts_are_for_steps_that_read_how_far_they_came() -> None:
    class Forgetful(Scripted):
        rereads = False

    stage = Stage()
    script, _ = one_after_another(burst(*of_slot(OPEN, 1)))
    with pytest.raises(Unplanned):
        await stage.driver.drive(Forgetful(None, script, (OPEN,)), 1)
    assert stage.mutations() == []


async def test_a_step_that_rereads_is_driven_again_as_if_nothing_was_spent() -> None:
    stage = Stage()
    script, answers = one_after_another(Ask(A, FLAG, mutates=True), burst(*of_slot(OPEN, 1)))
    spent = (Spent(FLAG, True, "long ago"), Spent(of_slot(OPEN, 1)[0], False))
    await stage.drive(script, FLAG, OPEN, spent=spent)
    assert answers == [b"OK", [b"OK"]]


async def test_a_burst_of_reads_gives_each_reply_or_what_became_of_it() -> None:
    stage = Stage()
    server = stage.servers[A]
    server.answer = lambda argv: {"1": 7, "2": ClientRefused("ERR no")}.get(argv[2], LOST)
    counts = tuple(("CLUSTER", "COUNTKEYSINSLOT", slot) for slot in "123")
    script, answers = one_after_another(Burst(A, counts), Burst(A, (("SET", "a", "b"),)))
    with pytest.raises(Unplanned):
        await stage.drive(script)
    assert answers[0][0] == 7
    assert [type(one) for one in answers[0][1:]] == [Refused, Lost]
    assert server.executed == [*counts]
    assert stage.lines == []


class Logins(Stage):
    """With somebody who acts."""

    def login(self, operator: Operator) -> Login:
        return Login(operator.user, "hunter2")


@pytest.mark.parametrize(
    ("access", "login"),
    [
        (Access(), ("default", "")),
        (Access(Login(None, "pw")), ("default", "pw")),
        (Access(Login("watch", "pw")), ("watch", "pw")),
        (Access(Login("watch", "pw"), operator=Operator("ops")), ("ops", "hunter2")),
    ],
)
async def test_keys_are_moved_with_the_login_of_whoever_acts_at_the_target(
    access: Access, login: tuple[str, str]
) -> None:
    stage = Logins(access=access)
    words = (*MOVE[:6], "AUTH2", Secret("user", B), Secret("password", B), "KEYS")
    script, _ = one_after_another(burst((*words, "a")))
    await stage.drive(script, (*words, Keys(EVERY)))
    assert stage.mutations() == [(*MOVE[:6], "AUTH2", *login, "KEYS", "a")]
    assert "hunter2" not in repr(stage.lines)
    assert "pw" not in repr([line.get("command") for line in stage.lines])
