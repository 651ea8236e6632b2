"""Passwords of whoever acts: how long they are held, and that they show nowhere."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from redistui.engine.logins import HELD_SECONDS, Logins, NoPassword, operators_of
from redistui.model import Access, Address, Fleet, Login, Operator
from tests import fleets

OPS = Operator("ops", place="the data nodes of orders")
SENTINEL_OPS = Operator("ops", place="the Sentinels of orders")


class Kept:
    """A place where passwords are kept, that counts how often it is looked at."""

    def __init__(self, password: str | None = None) -> None:
        self.password = password
        self.reads = 0

    def __call__(self, operator: Operator) -> str | None:
        self.reads += 1
        return self.password


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=1000.0)


def logins(clock: SimpleNamespace, kept: Kept | None = None) -> Logins:
    return Logins(kept or Kept(), clock=lambda: clock.now)


def test_a_password_that_nobody_gave_is_wanted_and_not_known(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    assert ours.wanted([OPS, OPS, SENTINEL_OPS]) == (OPS, SENTINEL_OPS)
    with pytest.raises(NoPassword, match="ops, who acts on the data nodes of orders, is not known"):
        ours.login(OPS)


def test_a_given_one_is_for_its_own_servers_only(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "hunter2")
    assert ours.login(OPS) == Login("ops", "hunter2")
    assert ours.wanted([OPS, SENTINEL_OPS]) == (SENTINEL_OPS,)


def test_it_is_forgotten_ten_minutes_after_it_was_last_given(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "hunter2")
    clock.now += 300
    assert ours.held() == ("ops", 300.0)
    ours.give(OPS, "hunter2")
    clock.now += HELD_SECONDS - 1
    assert ours.wanted([OPS]) == ()
    clock.now += 1
    assert ours.wanted([OPS]) == (OPS,)
    assert ours.held() is None
    assert ours.secrets() == ()


def test_what_is_too_old_is_swept_away_without_anybody_asking_for_it(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "hunter2")
    clock.now += HELD_SECONDS
    assert ours.secrets() == ("hunter2",)
    ours.sweep()
    assert ours.secrets() == ()


def test_using_it_does_not_make_it_last_longer(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "hunter2")
    clock.now += HELD_SECONDS - 1
    ours.login(OPS)
    clock.now += 2
    assert ours.wanted([OPS]) == (OPS,)


def test_it_can_be_dropped_at_once(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    assert not ours.drop()
    ours.give(OPS, "hunter2")
    assert ours.drop()
    assert ours.wanted([OPS]) == (OPS,)


def test_a_wrong_one_is_asked_for_again_and_the_others_are_not(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "wrong")
    ours.give(SENTINEL_OPS, "right")
    ours.wrong(OPS)
    assert ours.wanted([OPS, SENTINEL_OPS]) == (OPS,)


def test_one_that_is_kept_is_read_when_it_is_needed_and_never_held(clock: SimpleNamespace) -> None:
    kept = Kept("from-a-file")
    ours = logins(clock, kept)
    assert kept.reads == 0
    assert ours.wanted([OPS]) == ()
    assert ours.login(OPS) == Login("ops", "from-a-file")
    kept.password = "a-newer-one"
    assert ours.login(OPS).password == "a-newer-one"
    assert ours.secrets() == ()
    assert ours.held() is None


def test_one_that_cannot_be_read_is_said_and_not_asked_for(clock: SimpleNamespace) -> None:
    def kept(operator: Operator) -> str | None:
        raise NoPassword("ops.pw can be read by others")

    ours = Logins(kept, clock=lambda: clock.now)
    assert ours.wanted([OPS]) == ()
    with pytest.raises(NoPassword, match="can be read by others"):
        ours.login(OPS)


def test_no_password_shows_in_what_is_printed_of_it(clock: SimpleNamespace) -> None:
    ours = logins(clock)
    ours.give(OPS, "hunter2")
    for shown in (repr(ours), repr(ours.login(OPS)), repr(OPS), str(ours.held())):
        assert "hunter2" not in shown


def test_who_acts_on_a_group_is_told_by_the_way_its_members_are_reached() -> None:
    fleet = fleets.quiet()

    class House:
        def __init__(self) -> None:
            self.fleet: Fleet = fleet

        def access_of(self, address: Address) -> Access:
            return Access(operator=OPS, sentinel_operator=SENTINEL_OPS)

    assert set(operators_of(House(), ["orders"])) == {OPS, SENTINEL_OPS}  # type: ignore[arg-type]
    assert set(operators_of(House(), [])) == set()  # type: ignore[arg-type]
