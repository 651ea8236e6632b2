"""The table of rights holds every command we send, and each line says just that."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui import ops
from redistui.demo.groups import RunningGroup
from redistui.ops.rights import (
    BY_NAME,
    CANARY,
    MIGRATE,
    OPERATOR,
    PASSWORD,
    ROLES,
    SENTINEL_OPERATOR,
    SENTINEL_WATCH,
    TRIED,
    WATCH,
    Role,
    Version,
    acl_line,
)
from redistui.ops.steps import READS as STEP_READS
from redistui.replies import READS

VALKEY, REDIS_7, REDIS_6 = TRIED
REDIS_8 = Version("redis", (8, 4))
"""Not tried: what it has and Valkey has not, slots moved by the servers themselves, is written by its documentation."""


def test_names_are_unique_and_every_row_says_what_for() -> None:
    assert len(BY_NAME) == len(ROLES)
    for role in ROLES:
        commands = [right.command for right in role.rights]
        assert len(set(commands)) == len(commands)
        assert all(right.why and right.command == right.command.lower() for right in role.rights)


@pytest.mark.parametrize("version", TRIED, ids=str)
def test_whoever_watches_may_ask_all_that_the_poll_asks(version: Version) -> None:
    for read in READS:
        if read.of in ("links", "histogram") and version.release < (7, 0):
            continue
        of_data = ("data", "cluster", "links", "sections", "born", "spent", "histogram")
        both, own = (WATCH, SENTINEL_WATCH), (WATCH,) if read.of in of_data else (SENTINEL_WATCH,)
        roles = both if read.of in ("every", "whole") else own
        assert all(role.allows(read.argv, version) for role in roles), read.name


def test_whoever_acts_may_ask_all_that_a_step_may_ask() -> None:
    for read in STEP_READS:
        role = SENTINEL_OPERATOR if read[0] == "SENTINEL" else OPERATOR
        assert role.allows(read, VALKEY) or role.allows(read, REDIS_8), read


def commands_in(path: Path) -> Iterator[tuple[str, ...]]:
    """Tuples of words in a module that look like commands, as far as they are spelled out."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Tuple):
            words = [part.value if isinstance(part, ast.Constant) else None for part in node.elts[:2]]
            if words and isinstance(words[0], str) and words[0].isupper() and words[0].isascii():
                yield tuple(word for word in words if isinstance(word, str))


@pytest.mark.versions("valkey-9.1")
def test_every_command_that_an_action_spells_out_is_the_operators(
    replication_group: Callable[..., RunningGroup],
) -> None:
    """A server tells which words begin a command; to which sort of server it goes is not told from them."""
    (server,) = replication_group(replicas=0).nodes
    found = [(path.name, argv) for path in Path(ops.__file__).parent.rglob("*.py") for argv in commands_in(path)]
    heads = sorted({argv[0] for _, argv in found})
    known = {head for head, said in zip(heads, server.ask("COMMAND", "INFO", *heads), strict=True) if said}
    sent = [(name, argv) for name, argv in found if argv[0] in known | {"SENTINEL"} and name != "rights.py"]
    assert len(sent) > 30
    for name, argv in sent:
        assert any(holds(role, argv) for role in (OPERATOR, SENTINEL_OPERATOR)), (name, argv)


def holds(role: Role, argv: tuple[str, ...]) -> bool:
    """Whether a role may run it; of a command whose subcommand is not spelled out, whether it may run any."""
    begins = f"{argv[0].lower()}|"
    some = len(argv) == 1 and any(right.command.startswith(begins) for right in role.rights)
    return some or role.allows(argv, VALKEY) or role.allows(argv, REDIS_8)


def test_a_line_makes_its_user_afresh_and_holds_no_password() -> None:
    for role in ROLES:
        line = acl_line(role, VALKEY)
        assert line[:6] == ("ACL", "SETUSER", role.user, "reset", "on", PASSWORD)
        assert "-@all" in line
        assert not [word for word in line if word.startswith("+@") or word in ("allkeys", "allchannels", "allcommands")]


def test_what_a_version_does_not_have_is_left_out() -> None:
    assert "+cluster|migrateslots" in acl_line(OPERATOR, VALKEY)
    assert "+cluster|migrateslots" not in acl_line(OPERATOR, REDIS_7)
    assert "+cluster|migrateslots" not in acl_line(OPERATOR, REDIS_8)
    assert "+cluster|migration" not in acl_line(OPERATOR, VALKEY)
    assert "+cluster|shards" in acl_line(CANARY, REDIS_7)
    assert "+cluster|shards" not in acl_line(CANARY, REDIS_6)


def test_no_user_but_the_operator_may_change_a_server() -> None:
    for role in (WATCH, SENTINEL_WATCH, MIGRATE, CANARY):
        for argv in (("CONFIG", "SET"), ("REPLICAOF",), ("FAILOVER",), ("CLIENT", "KILL"), ("SENTINEL", "SET")):
            assert not role.allows(argv, VALKEY), (role.name, argv)
