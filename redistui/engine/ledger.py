"""Ledger: what one server has said so far; redistui.engine.portrait makes a frozen Node or Sentinel of it.

A reply that equals the last one is not read again. A value that could not be read is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import hiredis

from redistui.engine.merged import Identity, identity, whole_watch
from redistui.engine.meter import Meter
from redistui.engine.observation import Observation, ServerKind
from redistui.engine.spent import READINGS
from redistui.engine.views import OwnView
from redistui.history import History
from redistui.model import Address, Fault, Target, Watch
from redistui.replies import BadReply, role
from redistui.replies.cluster import ClusterInfo, ClusterNodes, read_info
from redistui.replies.cluster_views import ViewReader
from redistui.replies.errors import SENTENCES, kind_of
from redistui.replies.info import InfoReader, InfoText
from redistui.replies.sentinel import read_ckquorum, read_masters, read_replicas, read_sentinels
from redistui.replies.words import text

_ESSENTIAL = ("ping", "role", "masters", "info", "server", "state")
"""Replies without which a poll is not whole; of the others each greys its own cell only."""
_INFORMING = ("state", "info")
"""One of these tells the numbers."""
_NO_INFO = ClusterInfo()
PACES = 5
"""As many polls tell how fast a server may have written in its last moments: of one interval alone, a writer or a poll
that came late makes the half or the double."""


class Ledger:
    """Replies of one server, read as far as they changed. Mutable, and only in the engine's hands."""

    __slots__ = (
        "_parts", "_raw", "_reader", "_server_at", "_ties", "_watches", "address", "asked_at", "at", "changed", "facts",
        "fault", "hinted", "info", "kind", "lag", "last_role", "meter", "myid", "only", "paces", "ping_ms", "role",
        "run_id", "seen_at", "server", "silent_at", "site", "target", "thorough", "trouble", "view", "watches", "who",
    )  # fmt: skip

    def __init__(
        self, address: Address, reader: InfoReader, target: Target, hinted: bool = False, only: str | None = None,
        views: ViewReader | None = None,
    ) -> None:  # fmt: skip
        self.address = address
        self.target = target
        """Whose access and title it shares."""
        self.hinted = hinted
        """Somebody said that a Sentinel stands here."""
        self.only = only
        """The one watched name that counts, or None for all."""
        self.info = self.server = InfoText(reader)
        self._reader = reader
        self.view = OwnView(views or ViewReader())
        self._know_nothing()

    def _know_nothing(self) -> None:
        """As it is before the first answer."""
        self.kind: ServerKind = "unknown"
        self.role: role.Role | None = None
        self.last_role: Literal["primary", "replica"] | None = None
        self.fault: Fault | None = None
        self.trouble: str | None = None
        """The essential reply of the last poll that could not be read, in words."""
        self.at: float | None = None
        """When it was last heard of, in answer or in fault."""
        self.asked_at = 0.0
        self.seen_at: float | None = None
        self.silent_at: float | None = None
        self.paces: tuple[float, ...] = ()
        """Bytes a second by which its replication offset grew, at each of the last polls."""
        self.ping_ms: float | None = None
        self.meter = Meter()
        self.lag: Mapping[str, float] = {}
        """lag_bytes and lag_seconds as the last snapshot had them: they need another server's numbers, too."""
        self.run_id: str | None = None
        self.myid: str | None = None
        self.site: str | None = None
        self.thorough = False
        """It was asked all that is asked of its kind: a Sentinel for each name it watches, which takes two polls."""
        self.changed = False
        """What it is, or whom it is tied to, changed with the last observation."""
        self._raw: dict[str, Any] = {}
        self.facts = _NO_INFO
        self.watches: Mapping[str, Watch] = {}
        self.who: Identity = (None, None, None, None)
        self._server_at = 0.0
        """When it last said how long it runs, where that is a reply of its own."""
        self._watches: tuple[Watch, ...] = ()
        self._parts: dict[str, Any] = {}
        self._ties: tuple[object, ...] = ()

    # -- taking in ------------------------------------------------------------------------------------------------

    def take(self, seen: Observation) -> None:
        """Takes one poll's answers, or its fault."""
        was = self._ties
        self.at, self.asked_at, self.trouble = seen.at, seen.asked_at, None
        if seen.ping_ms is not None:
            self.ping_ms = seen.ping_ms
        if seen.fault is not None:
            self._take_fault(seen.fault)
        else:
            self.kind = seen.kind
            informed = unread = False
            for name, reply in seen.answers.items():
                if not self._take_reply(name, reply, seen):
                    unread = True
                elif name in _INFORMING:
                    informed = True
            self._settle(seen, informed, unread)
        self.thorough = self.thorough or self.kind != "sentinel" or seen.fault is not None or self._asked_by_name(seen)
        self._ties = self._tied()
        self.changed = was != self._ties

    def _asked_by_name(self, seen: Observation) -> bool:
        return all(f"replicas/{name}" in seen.answers for name in self.watches)

    def _tied(self) -> tuple[object, ...]:
        """What groups are made of, without what moves at every poll."""
        said, told = self.role, self.info.values.get
        role_ties = None if said is None else (said.role, said.primary, said.replicas, said.names)
        watched = self.watches and tuple(
            (name, one.primary, tuple(r.address for r in one.replicas), tuple(s.address for s in one.sentinels))
            for name, one in self.watches.items()
        )
        return (
            self.kind, None if self.fault is None else self.fault.kind, role_ties, self.run_id, told("master_replid"),
            told("master_replid2"), id(self.nodes), self.facts.epoch, watched, self.last_role,
        )  # fmt: skip

    def _take_fault(self, fault: Fault) -> None:
        """Without an answer nobody knows its role any more."""
        self.fault = fault
        self._forget_role()
        if fault.down:
            self.ping_ms = None
            self.meter.lose()
            self.silent_at = self.silent_at or self.at

    def _forget_role(self) -> None:
        self.role = None
        self._raw.pop("role", None)

    def _take_reply(self, name: str, reply: Any, seen: Observation) -> bool:
        """Reads a reply; False if it cannot be read. A stranger's may be nested too deep even to be compared."""
        if isinstance(reply, hiredis.ReplyError) and not name.startswith("ckquorum/"):
            self._raw.pop(name, None)
            return False
        try:
            if name in ("state", "info", "server"):
                self._take_info(name, reply, seen.at)
            elif name == "cluster-nodes":
                self.view.take(reply, seen.at)
            elif name == "cluster-links":
                self.view.take_links(reply, seen.at)
            elif name in READINGS:
                self.meter.spending.take(name, reply, seen.at)
            elif self._raw.get(name) != reply:
                self._read(name, reply)
                self._raw[name] = reply
        except (BadReply, ValueError, RecursionError) as bad:
            self._raw.pop(name, None)
            if name in _ESSENTIAL:
                self.trouble = str(bad) if isinstance(bad, BadReply) else f"{name}: cannot be read"
            return False
        return True

    def _take_info(self, name: str, reply: Any, at: float) -> None:
        """The section `server` may come by itself; the rest is then read as what has no word on its fields."""
        if name == "server":
            if self.server is self.info:
                self.server = InfoText(self._reader)
            self.server.take(reply)
            self._server_at = at
            self.who = identity(self.server)
            return
        reader = self._reader.state if name == "state" else self._reader
        if self.info.reader is not reader:
            self.info = InfoText(reader)
        if name == "info":
            self.server = self.info
        self.info.take(reply)
        if self.server is self.info:
            self.who = identity(self.server)

    def _read(self, name: str, reply: Any) -> None:
        match name.partition("/")[0]:
            case "role":
                self.role = role.read(reply)
            case "cluster-info":
                self.facts = read_info(reply)
            case "masters":
                self._watches = tuple(one for one in read_masters(reply) if self.only in (None, one.name))
            case "myid":
                self.myid = text(reply)
            case "replicas":
                self._parts[name] = read_replicas(reply)
            case "sentinels":
                self._parts[name] = read_sentinels(reply)
            case "ckquorum":
                self._parts[name] = read_ckquorum(reply)

    def _settle(self, seen: Observation, informed: bool, unread: bool) -> None:
        """After all replies of a poll: is it whole (INFO could be read, or some reply not), and which fault is left?"""
        answers, error = seen.answers, self.trouble
        for name in _ESSENTIAL if unread else ():
            if isinstance(said := answers.get(name), hiredis.ReplyError):
                error = str(said)
                break
        if "role" not in self._raw:
            self.role = None
        self.fault = self._fault(error, seen.at)
        self.view.settle(self.facts)
        self.run_id = self.who[3]
        if informed:
            self.seen_at, self.silent_at = seen.at, None
            self._measure(seen)
        if self.kind == "sentinel":
            self.watches = {watch.name: whole_watch(watch, self._parts) for watch in self._watches}
        if self.role is not None and self.role.role != "sentinel":
            self.last_role = self.role.role

    def _fault(self, error: str | None, at: float) -> Fault | None:
        if error is None and not self.info.integer("loading"):
            return None
        kind = "loading" if error is None else kind_of(error)
        words = SENTENCES[kind] if kind != "error" else error or ""
        percent = self.info.values.get("loading_loaded_perc")
        if kind == "loading" and percent is not None:
            words = f"{words}: {percent} %"
        since = self.fault.since if self.fault is not None and self.fault.kind == kind else at
        return Fault(kind, words, since)

    def _measure(self, seen: Observation) -> None:
        if self._server_at == seen.at or self.server is self.info:
            self.meter.set_clock(self.server, seen.at, seen.asked_at)
        self.meter.take(self.info, self.server, self._server_at, seen.at, self.run_id)
        pace = self.metrics.get("replicated")
        self.paces = () if pace is None else (*self.paces[1 - PACES :], pace)

    def remember(self, history: History, answered: bool) -> None:
        """Adds a sample to the past of every kept metric: a gap where it did not answer, or not with its numbers."""
        known = {**self.metrics, **self.lag} if answered and self.seen_at == self.at else {}
        known["up"] = float(self.fault is None or not self.fault.down)
        history.add(self.address, self.at or 0.0, known)

    def memory(self) -> dict[str, Any]:
        """What it knows and could not read again in the last replies, as plain values."""
        return {
            "last_role": self.last_role,
            "silent_at": self.silent_at,
            "paces": list(self.paces),
            "ping_ms": self.ping_ms,
            "thorough": self.thorough,
            "clock": self.meter.clock,
            "lag": dict(self.lag),
            "fault_since": None if self.fault is None else self.fault.since,
            "view": self.view.memory(),
        }

    def recollect(self, memory: Mapping[str, Any]) -> None:
        """Knows what another one did, once it has read the same last replies; the opposite of `memory`. To be told
        before that, too: what was computed of the last replies depended on it."""
        self.last_role, self.silent_at = memory["last_role"], memory["silent_at"]
        self.paces = tuple(memory.get("paces", ()))  # older recordings have none
        self.ping_ms, self.thorough, self.lag = memory["ping_ms"], memory["thorough"], memory["lag"]
        if self.fault is not None and memory["fault_since"] is not None:
            self.fault = replace(self.fault, since=memory["fault_since"])
        self.meter.clock = memory["clock"]
        self.view.recollect(memory["view"])
        self._ties = self._tied()

    # -- giving out -----------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> dict[str, float]:
        """Its numbers as it last said them, by name of redistui.metrics.METRICS."""
        return self.meter.metrics

    @property
    def primary(self) -> Address | None:
        """Whom a replica says it follows; kept while it is silent, since the tree must not fall apart then."""
        if self.role is not None:
            return self.role.primary
        host, port = self.info.text("master_host"), self.info.integer("master_port")
        return f"{host}:{port}" if host and port and self.last_role == "replica" else None

    @property
    def zone(self) -> str | None:
        """Its availability zone, as it says itself."""
        return self.who[2]

    @property
    def version(self) -> str | None:
        return self.who[1]

    @property
    def is_sentinel(self) -> bool:
        return self.kind == "sentinel" or (self.kind == "unknown" and self.hinted)

    @property
    def epoch(self) -> int | None:
        return self.facts.epoch

    @property
    def nodes(self) -> ClusterNodes:
        """Its own view of the members, as it last showed it."""
        return self.view.nodes
