"""Spy: MONITOR on a server, and who said what. Whoever is connected before it looks is another server, or ourselves.

MONITOR does not show commands that administer a server (CONFIG, REPLICAOF, FAILOVER, CLUSTER FAILOVER, with Redis 6.2
all of CLIENT and CLUSTER). What nobody may have said of these is seen by the ACL LOG of a user who may not.
"""

from __future__ import annotations

import threading

from redistui.demo.servers import Server

COMPOUND = frozenset({"client", "cluster", "sentinel", "config", "script", "acl", "command", "memory", "object"})
END = "redistui-spied"


def connections(server: Server) -> list[dict[str, str]]:
    """All its connections, as CLIENT LIST tells them: addr, name, user and so on."""
    lines = server.ask("CLIENT", "LIST").splitlines()
    return [dict(field.partition("=")[::2] for field in line.split()) for line in lines]


class Spy:
    """Everything that anybody says to a server from now on, in lower case, with subcommands."""

    def __init__(self, server: Server) -> None:
        self.known = {row["addr"] for row in connections(server)}
        """Connections that were there before."""
        self.lines: list[tuple[str, str]] = []
        """The other end, and what it said."""
        self.names: dict[str, str] = {}
        """The other end -> what it called itself."""
        self._server = server
        self._wire = server.connect(30)
        assert self._wire.ask("MONITOR") == "OK"
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            head, _, said = str(self._wire.read()).partition("] ")
            words = [word.strip('"') for word in said.split(" ")]
            if END in words:
                return
            sender = head.rpartition(" ")[2]
            lower = [word.lower() for word in words]
            self.lines.append((sender, " ".join(lower[:2]) if lower[0] in COMPOUND else lower[0]))
            if lower[:2] == ["client", "setname"]:
                self.names[sender] = words[2]

    def stop(self) -> set[str]:
        """All that was said, by whomever."""
        self.names = {row["addr"]: row["name"] for row in connections(self._server)} | self.names
        self._server.ask("ECHO", END)
        self._thread.join(5)
        self._wire.close()
        return {said for _, said in self.lines}

    def said_by_strangers(self) -> dict[str, set[str]]:
        """Of each connection that was opened since, but for the Sentinels' own, which say who they are."""
        found: dict[str, set[str]] = {}
        for sender, said in self.lines:
            if sender not in self.known and not self.names.get(sender, "").startswith("sentinel-"):
                found.setdefault(sender, set()).add(said)
        return found
