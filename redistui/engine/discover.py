"""Roster: who is watched. Servers join when somebody speaks of them and leave when nobody has for long.

A replica leads to its primary and the primary to its other replicas, a Sentinel to all it watches and to its peers, a
cluster node to all members, and a primary to its Sentinels by their greetings. A server that died is kept in view, with
its fault, long after the others have dropped it from their lists: a replica that vanishes in silence helps nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from redistui.engine.assemble import Assembler
from redistui.engine.grouping import mentions, places
from redistui.engine.ledger import Ledger
from redistui.engine.listener import Listener
from redistui.engine.lost_slots import lost_slots
from redistui.engine.poller import Poller
from redistui.engine.views import FULL_VIEWS, TURN, chosen
from redistui.model import Access, Address, Belief, Target
from redistui.replies.cluster import ClusterNodes

KEEP_DEAD = 600.0
"""Seconds for which a silent server stays in view though nobody speaks of it."""
KEEP_FORGOTTEN = 15.0
"""Seconds for which a cluster node does that every other member has forgotten: a dead one is listed until then."""
HEARD_OUT = 64
"""Servers whose mentions of others are gone through in one sweep."""
MOST = 4096
"""Servers that are watched at most."""


class Roster:
    """Keeps assembler, poller and listener on the same list of servers. On the engine's loop only."""

    def __init__(self, assembler: Assembler, poller: Poller, listener: Listener) -> None:
        self._assembler = assembler
        self._poller = poller
        self._listener = listener
        self._seeds: set[Address] = set()
        self._spoken: dict[Address, float] = {}
        self._states: dict[Address, Known] = {}
        self._views: dict[Address, ClusterNodes] = {}
        self._turn = 0
        self._hasty = TURN

    def admit(self, target: Target) -> None:
        """Starts with the addresses of a target, which are never dropped."""
        for address in target.addresses:
            self._seeds.add(address)
            self.expect(address, target, sentinel=target.wanted == "sentinel")

    def expect(self, address: Address, target: Target, sentinel: bool = False, only: str | None = None) -> None:
        """Watches an address that somebody spoke of; a stranger who names thousands is not followed to all of them."""
        if len(self._assembler.ledgers) >= MOST and address not in self._seeds:
            return
        if self._assembler.expect(address, target, sentinel, only):
            self._poller.watch(address, target.access, sentinel)

    def follow(self, ledger: Ledger) -> None:
        """After a server's ties changed: watch whom it speaks of."""
        if ledger.kind == "sentinel":
            self._poller.watch_names(ledger.address, tuple(ledger.watches))
        for address, sentinel in mentions(ledger):
            self.expect(address, ledger.target, sentinel, ledger.only if sentinel else None)

    def arrange(self) -> None:
        """After the groups changed: drop aliases, put trees on one phase, listen where there is something to hear."""
        for alias in self._assembler.known_as:
            self._poller.drop(alias)
        sentinels: dict[Address, Access] = {}
        primaries: dict[Address, Access] = {}
        views = 0
        for draft in self._assembler.groups:
            for address in draft.nodes:
                ledger = self._assembler.ledgers[address]
                views += ledger.kind == "cluster"
                self._poller.set_phase(address, ledger.primary or address if draft.kind == "cluster" else draft.name)
                leads = ledger.role is not None and ledger.role.role == "primary"
                if leads and ledger.fault is None and draft.kind == "replication":
                    primaries[address] = ledger.target.access
            for address in draft.sentinels:
                ledger = self._assembler.ledgers[address]
                if ledger.kind == "sentinel":
                    sentinels[address] = ledger.target.access
        self._poller.all_views = views <= FULL_VIEWS
        self._listener.listen(sentinels, primaries)

    def take_turns(self, doubted: frozenset[Address]) -> None:
        """Once a period: who of the large clusters is asked for its whole view next."""
        if self._poller.all_views:
            return
        self._hasty = TURN
        ledgers = self._assembler.ledgers
        for draft in self._assembler.groups:
            if draft.kind == "cluster":
                told = [ledgers[one] for one in draft.nodes if one in ledgers]
                seen = [
                    (one.address, one.view, one.facts) for one in told if one.kind == "cluster" and one.fault is None
                ]
                self._want(chosen(seen, doubted))

    def _want(self, addresses: Iterable[Address]) -> None:
        for address in addresses:
            if (watched := self._poller.watched.get(address)) is not None:
                watched.view = True

    def hasten(self, ledger: Ledger) -> None:
        """After each poll: whoever says that its view is not what it was shows it at once, some a second."""
        if self._poller.all_views or ledger.kind != "cluster" or ledger.fault is not None:
            return
        if self._hasty and ledger.view.at is not None and ledger.view.overtaken(ledger.facts):
            self._hasty -= 1
            self._want((ledger.address,))
            self._poller.poke(ledger.address)

    def sweep(self, now: float) -> list[Address]:
        """Lets go of servers that nobody speaks of any more and that say nothing themselves; tells which.

        In a large fleet each call hears out only some of them: a thousand members speak of a thousand each.
        """
        ledgers = self._assembler.ledgers
        turns = -(-len(ledgers) // HEARD_OUT) or 1
        self._turn = (self._turn + 1) % turns
        gone: list[Address] = []
        holders: Counter[Belief] = Counter()
        for ledger in islice(ledgers.values(), self._turn, None, turns):
            belief = ledger.nodes.belief
            if ledger.fault is not None:
                continue
            if belief is None or not holders[belief]:
                self._hear((address for address, _ in mentions(ledger)), now)
            elif holders[belief] == 1:  # two say the same, and so each of the other
                self._hear(places(belief), now)
            if belief is not None:
                holders[belief] += 1
        patience = KEEP_FORGOTTEN + 2 * turns * self._poller.period  # until all have been heard out
        for address, ledger in list(ledgers.items()):
            silence = now - self._spoken.setdefault(address, now)
            forgotten = silence > patience and self._is_out(ledger)
            if address not in self._seeds and (forgotten or (ledger.fault is not None and silence > KEEP_DEAD)):
                self._poller.drop(address)
                self._assembler.drop(address)
                self._spoken.pop(address, None)
                self._states.pop(address, None)
                self._views.pop(address, None)
                gone.append(address)
        return gone

    def _is_out(self, ledger: Ledger) -> bool:
        """A cluster node of whom nobody speaks: it knows nobody itself, or is silent, and one that it knew is not."""
        if ledger.kind != "cluster" or len(ledger.nodes.peers) <= 1:
            return ledger.kind == "cluster"
        belief, ledgers = ledger.nodes.belief, self._assembler.ledgers
        if ledger.fault is None or belief is None:
            return False
        others = (ledgers.get(address) for address in places(belief) if address != ledger.address)
        return any(one is not None and one.fault is None and len(one.nodes.peers) > 1 for one in others)

    def _hear(self, addresses: Iterable[Address], now: float) -> None:
        for address in addresses:
            self._spoken[self._assembler.known_as.get(address, address)] = now

    def changes(self, ledger: Ledger) -> Iterator[tuple[str, str]]:
        """What an operator would call an event between this poll and the last one: kind and text."""
        was, now = self._states.get(ledger.address), known(ledger)
        self._states[ledger.address] = now if was is None else was.then(now)
        yield from happened(ledger.address, was or NOBODY, now, ledger.fault.text if ledger.fault is not None else "")
        shown = ledger.view.nodes
        before, self._views[ledger.address] = self._views.get(ledger.address, shown), shown
        same = was is not None and was.role == now.role == "primary"  # a failover takes all slots, and is told as such
        if same and (lost := lost_slots(ledger.address, before, shown)):
            yield "slots", lost


class Known(NamedTuple):
    """What was last known of a server; None: nothing yet."""

    role: str | None
    fault: str | None
    epoch: int | None
    run_id: str | None
    version: str | None

    def then(self, now: Known) -> Known:
        """What is known after this: a silent server keeps what it said, but for its fault."""
        return Known(
            now.role or self.role, now.fault, self.epoch if now.fault else now.epoch, now.run_id or self.run_id,
            now.version or self.version,
        )  # fmt: skip


NOBODY = Known(None, None, None, None, None)


def known(ledger: Ledger) -> Known:
    role = None if ledger.role is None else ledger.role.role
    fault = None if ledger.fault is None else ledger.fault.kind
    return Known(role, fault, ledger.epoch, ledger.run_id, ledger.version)


def happened(who: Address, was: Known, now: Known, fault: str = "") -> Iterator[tuple[str, str]]:
    """The differences, in the order in which they come about; `fault` in words.

    >>> one = NOBODY._replace(role="replica", run_id="a1")
    >>> list(happened("a:1", one, one._replace(role="primary")))
    [('role', 'a:1 was replica, is primary')]
    """
    if now.fault != was.fault and (now.fault or was is not NOBODY):
        yield ("fault" if now.fault else "up"), f"{who} {fault or 'answers again'}"
    if was.run_id and now.run_id and now.run_id != was.run_id:
        other = f", {now.version} after {was.version}" if was.version and now.version != was.version else ""
        yield "restart", f"{who} was restarted: a new process answers{other}"
    if was.role is not None and now.role is not None and now.role != was.role:
        yield "role", f"{who} was {was.role}, is {now.role}"
    if now.epoch is not None and was.epoch is not None and now.epoch > was.epoch:
        yield "epoch", f"cluster epoch {now.epoch}"
