"""ROLE: what a server is, by every kind of reply that real servers give, and by none that they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.replies.role import Role, read
from redistui.replies.words import BadReply
from tests.replies import recorded, reply
from tests.replies.strategies import bent, nested, outcome
from tests.versions import VERSIONS

NAMES = ("primary-role", "replica-role", "chained-role", "link-down-role", "sentinel-role", "lonely-role")
RECORDED = [(version, name) for name in NAMES for version in recorded(name)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_primary_names_its_replicas(version: str) -> None:
    role = read(reply(version, "primary-role"))
    assert (role.role, len(role.replicas), role.primary) == ("primary", 2, None)
    assert all(address.startswith("127.0.0.1:") for address in role.replicas)
    assert read(reply(version, "lonely-role")) == Role("primary", offset=0)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_replica_names_whom_it_follows_and_the_state_of_its_link(version: str) -> None:
    up, down = read(reply(version, "replica-role")), read(reply(version, "link-down-role"))
    assert (up.role, up.link_state) == ("replica", "connected")
    assert (up.offset or 0) > 0
    assert up.primary == down.primary
    assert down.link_state in ("connect", "connecting")
    assert down.offset is None, "-1 is no offset"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sentinel_names_what_it_watches(version: str) -> None:
    assert read(reply(version, "sentinel-role")) == Role("sentinel", names=("orders",))


@pytest.mark.parametrize("state", [b"connect", b"connecting", b"sync", b"connected", b"handshake", b"none"])
def test_every_state_of_a_link_is_kept_as_it_is_said(state: bytes) -> None:
    assert read([b"slave", b"::1", 6379, state, -1]) == Role("replica", None, "::1:6379", state.decode())


@pytest.mark.parametrize(
    ("rows", "replicas"),
    [
        ([[b"redis-0.local", b"6379", b"12"]], ("redis-0.local:6379",)),
        ([[b"10.0.0.2", b"0", b"12"], [b"10.0.0.3", b"6379", b"0"]], ("10.0.0.3:6379",)),
        ([b"10.0.0.2", [b"10.0.0.3"], [], [[b"a"], b"1"], None], ()),
    ],
)
def test_a_replica_without_a_usable_address_is_left_out(rows: list[object], replicas: tuple[str, ...]) -> None:
    assert read([b"master", 12, rows]).replicas == replicas


@pytest.mark.parametrize(
    "reply",
    [
        None, b"master", [], [b"master"], [b"master", b"12", []], [b"master", 12], [b"master", 12, [], 1],
        [b"slave", b"10.0.0.1", 6379, b"connected"], [b"slave", b"10.0.0.1", 6379, None, 12], [b"sentinel", None],
        [b"primary", 12, []], [b"slave", b"10.0.0.1", 6379, b"connected", b"12"], {b"master": 12},
    ],
)  # fmt: skip
def test_anything_else_is_a_bad_reply(reply: object) -> None:
    with pytest.raises(BadReply):
        read(reply)


def test_a_replica_of_nowhere_is_a_replica_all_the_same() -> None:
    assert read([b"slave", b"", 0, b"connect", -1]) == Role("replica", link_state="connect")


@given(some.one_of(nested, some.sampled_from(RECORDED).flatmap(lambda which: bent(reply(*which)))))
def test_any_reply_is_read_or_refused(said: object) -> None:
    found = outcome(read, said)
    assert found.command == "ROLE" if isinstance(found, BadReply) else found.role in ("primary", "replica", "sentinel")
