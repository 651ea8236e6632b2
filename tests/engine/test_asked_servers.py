"""What is asked of a node on demand, on real servers: as the user that watches, as one that may not, and not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.engine.asked import ask
from redistui.model import Access, Address, Login, Node
from redistui.model.asked import Asked, Subject
from redistui.ops.rights import PASSWORD, TRIED, WATCH, acl_line
from redistui.view.questions import BY_SUBJECT, command_for, has_commandlog, questions_for

BUSY = "local n = 0 for i = 1, 3000000 do n = n + i end return n"
"""Takes a server some 20 ms."""


@dataclass
class Engine:
    """Knows how to get in, and nothing else."""

    access: Access

    def access_of(self, address: Address) -> Access:
        return self.access


def asked(node: Node, subject: Subject, access: Access) -> Asked:
    question = BY_SUBJECT[subject]
    return asyncio.run(ask(Engine(access), node.address, subject, command_for(question, node), question.private))


def prepared(server: Server, version: str) -> Node:
    """Logs all commands and all that is slow, and lets `watch` and `little` in."""
    server.ask("CONFIG", "SET", "slowlog-log-slower-than", "0")
    server.ask("CONFIG", "SET", "latency-monitor-threshold", "1")
    role = next(one for one in TRIED if str(one) == version)
    server.ask(*(">watching" if word == PASSWORD else word for word in acl_line(WATCH, role)))
    server.ask("ACL", "SETUSER", "little", "on", ">little", "-@all", "+auth", "+ping", "+info", "+client|setname")
    server.ask("SET", "a key of a user", "what nobody should read")
    server.ask("EVAL", BUSY, "0", seconds=20.0)
    product, _, release = version.partition("-")
    return Node(server.address, server="valkey" if product == "valkey" else "redis", version=f"{release}.0")


def test_a_node_tells_on_demand_what_the_watching_user_may_ask_and_a_lesser_one_is_told_the_words_it_lacks(
    replication_group: Callable[..., RunningGroup], version: str
) -> None:
    (server,) = replication_group(replicas=0).nodes
    node, access = prepared(server, version), Access(data=Login("watch", "watching"))
    with server.connect() as client:
        client.ask("CLIENT", "SETNAME", "shop-7")
        answers = {row.subject: asked(node, row.subject, access) for row in questions_for(node)}
    assert {subject: one.refusal for subject, one in answers.items()} == dict.fromkeys(answers)
    assert ("large replies" in answers) is has_commandlog(node) is (version == "valkey-9.1")
    slow, clients = answers["slow"].rows, answers["clients"].rows
    assert ("SET", "a key of a user", "what nobody should read") in [entry.words for entry in slow]
    assert max(entry.amount for entry in slow) > 1000
    assert "shop-7" in [line.name for line in clients]
    assert max(event.most_ms for event in answers["latency"].rows) >= 1
    for one in answers.values():
        assert one.ms is not None
        assert one.bytes is not None
        assert one.bytes >= 4
    little = Access(data=Login("little", "little"))
    words = {subject: asked(node, subject, little).refusal for subject in answers}
    known = "commandlog|get" if has_commandlog(node) else "slowlog|get"
    name = known.replace("|", " ").upper()
    assert words["slow"] == f"user little may not run {name} here: `ACL SETUSER little +{known}` allows it"
    assert str(words["clients"]).endswith("`ACL SETUSER little +client|list` allows it")
    assert str(words["latency"]).endswith("`ACL SETUSER little +latency|latest` allows it")
    server.ask("ACL", "SETUSER", "little", "+client|list")
    assert asked(node, "clients", little).refusal is None
    server.kill()
    gone = asked(node, "latency", access)
    assert gone.refusal
    assert gone.ms is None


def test_a_private_fleet_is_not_even_connected_to_for_what_holds_user_data() -> None:
    nobody, private = Node("127.0.0.1:1"), Access(private=True)
    for subject in ("slow", "large requests", "large replies", "buffers", "clients"):
        refusal = asked(nobody, subject, private).refusal
        assert refusal is not None
        assert "`private = true`" in refusal
    assert "private" not in str(asked(nobody, "latency", private).refusal)


def test_a_server_without_the_command_is_told_of_as_such() -> None:
    from redistui.engine.asked import _no

    old = _no("ERR unknown command 'COMMANDLOG', with args beginning with:", ("COMMANDLOG", "GET", "9"), Access())
    assert old == "this server has no COMMANDLOG GET, or gave it another name (rename-command)"
