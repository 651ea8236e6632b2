"""Listener: hears what Sentinels announce, and learns from a primary which Sentinels watch it.

One subscription to each Sentinel, since one alone may tell a second late: the same words from several Sentinels within
a few seconds are one event with several witnesses. A data node leads to its Sentinels through the greetings they
publish on it (`__sentinel__:hello`, every 2 s); anybody may publish there, so a greeting is only a place to ask.

The patterns are literally `+*` and `-*`: an ACL that allows just these refuses `PSUBSCRIBE *`.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import hiredis

from redistui.model import Access, Address, Event, Login
from redistui.net.faults import WireFault
from redistui.net.tls import context_of
from redistui.net.watch import Wire, dial, payload
from redistui.replies import BadReply
from redistui.replies.errors import needs_no_password
from redistui.replies.sentinel import Hello, read_event, read_hello

KEEP = 500
"""Events kept."""
MERGE = 12.0
"""Seconds within which the same words from another Sentinel are the same event."""
AGAIN = 5.0
"""Seconds between what an operation said of itself and what the journal tells of it, at most."""
FLOOD = 5000
"""Messages in a second beyond which we hang up for a while. A hundred groups that fail over at once make half of it."""
EVENTS: tuple[str, ...] = ("PSUBSCRIBE", "+*", "-*")
HELLO: tuple[str, ...] = ("SUBSCRIBE", "__sentinel__:hello")


class EventLog:
    """Events in order of their time, each once. Adding one costs the same however many there are."""

    def __init__(self) -> None:
        self._events: dict[int, Event] = {}
        self._latest: dict[tuple[str, str | None, str], int] = {}
        """The last number under which the same was said."""
        self._added = 0

    def add(self, event: Event) -> bool:
        """Adds an event, or a witness to the one already there; True if it is new.

        >>> log = EventLog()
        >>> [log.add(Event(at, who, "+odown", "g", "x", (who,))) for at, who in ((1.0, "a"), (1.5, "b"), (1.6, "b"))]
        [True, False, True]
        """
        gist = gist_of(event)
        number = self._latest.get(gist, -1)
        known = self._events.get(number)
        if (
            known is not None
            and event.witnesses
            and event.source not in known.witnesses
            and event.at - known.at <= MERGE
        ):
            self._events[number] = joined(known, event)
            return False
        self._latest[gist] = self._added
        self._events[self._added] = event
        self._added += 1
        if len(self._events) > KEEP:
            self._drop_oldest()
        return True

    def knows(self, event: Event) -> bool:
        """Whether this was told before, by another way: the same words, at nearly the same time."""
        gist = event.kind, event.group, event.text
        return any(
            (one.kind, one.group, one.text) == gist and abs(one.at - event.at) <= AGAIN for one in self._events.values()
        )

    def _drop_oldest(self) -> None:
        del self._events[next(iter(self._events))]
        if len(self._latest) > 2 * KEEP:
            self._latest = {gist: number for gist, number in self._latest.items() if number in self._events}

    def in_order(self) -> tuple[Event, ...]:
        """As they were heard of."""
        return tuple(self._events.values())

    def all(self) -> tuple[Event, ...]:
        return tuple(sorted(self._events.values(), key=lambda one: one.at))


def joined(known: Event, event: Event) -> Event:
    """One event, said by the witnesses of both, each with its own time."""
    said = (*heard(known), *heard(event))
    return replace(known, at=min(said), witnesses=(*known.witnesses, *event.witnesses), heard=said)


def heard(event: Event) -> tuple[float, ...]:
    return event.heard or (event.at,) * len(event.witnesses)


def gist_of(event: Event) -> tuple[str, str | None, str]:
    """What an event says, whoever says it: each Sentinel counts its own quorum."""
    return event.kind, event.group, event.text.partition(" #quorum ")[0]


class Tap:
    """A subscription that is kept open: dialled again, with jitter, whenever it ends."""

    def __init__(
        self, address: Address, access: Access, login: Login, subscribe: tuple[str, ...],
        heard: Callable[[Address, bytes, bytes], None],
    ) -> None:  # fmt: skip
        self._address = address
        self.access = access
        self._login = login
        self._subscribe = subscribe
        self._heard = heard
        self._wire: Wire | None = None
        self._over = asyncio.Event()
        self._steps: list[str] = []
        """What is still to be answered before the subscription."""
        self._second, self._count = 0, 0
        """Messages of this second."""
        self.denied = False
        """The server lets us not subscribe: the poll alone must do."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def close(self) -> None:
        self._task.cancel()
        if self._wire is not None:
            self._wire.close()

    async def _run(self) -> None:
        while not self.denied:
            self._over.clear()
            try:
                context = context_of(self.access.tls)
                where = self.access.reachable.get(self._address, self._address)
                self._wire = await dial(where, context, lambda: Wire(self, stream=True), 1.0)
                self._steps = ["auth"] * (self._login.password is not None) + ["setname"]
                self._wire.ask(self._greeting(), 0)
                await self._over.wait()
            except (WireFault, OSError, ssl.SSLError):
                pass
            await asyncio.sleep(random.uniform(1.0, 1.5))

    def _greeting(self) -> bytes:
        user, password = self._login.user, self._login.password
        auth = [("AUTH", *((user, password) if user else (password,)))] if password is not None else []
        return payload([*auth, ("CLIENT", "SETNAME", "redistui"), self._subscribe])

    def answered(self, wire: Wire, replies: list[Any]) -> None:
        if self._floods(len(replies)):
            wire.close()
            self._over.set()
            return
        for reply in replies:
            step = self._steps.pop(0) if self._steps else "subscription"
            match reply:
                case hiredis.ReplyError() if step != "setname" and not needs_no_password(str(reply)):
                    self.denied = str(reply).startswith(("NOPERM", "NOAUTH", "WRONGPASS"))
                case [b"pmessage", _, bytes(channel), bytes(words)] | [b"message", bytes(channel), bytes(words)]:
                    self._heard(self._address, channel, words)
        if self.denied:
            wire.close()
            self._over.set()

    def _floods(self, messages: int) -> bool:
        second = int(asyncio.get_running_loop().time())
        self._count = messages if second != self._second else self._count + messages
        self._second = second
        return self._count > FLOOD

    def lost(self, wire: Wire, why: WireFault) -> None:
        self._over.set()


class Listener:
    """All subscriptions. `event` is told of each event, and whether it is a new one; `hello` of each greeting.

    `group_of` tells what we call the group that a Sentinel speaks of; epochs and votes are announced without a name.
    """

    def __init__(
        self,
        event: Callable[[Event, bool], None],
        hello: Callable[[Hello, Address], None],
        group_of: Callable[[Address, str | None], str | None],
        log: EventLog,
    ) -> None:
        self._event = event
        self._hello = hello
        self._group_of = group_of
        self._taps: dict[tuple[Address, tuple[str, ...]], Tap] = {}
        self._closed = False
        self.log = log

    def listen(self, sentinels: Mapping[Address, Access], primaries: Mapping[Address, Access]) -> None:
        """Opens what is missing and closes what is not wanted any more; after `close()` nothing is opened."""
        if self._closed:
            return
        wanted = {(address, EVENTS): access for address, access in sentinels.items()}
        wanted |= {(address, HELLO): access for address, access in primaries.items()}
        for key in [key for key in self._taps if key not in wanted]:
            self._taps.pop(key).close()
        for key, access in wanted.items():
            if key not in self._taps:
                self._taps[key] = self._tap(key, access)

    def retry(self) -> None:
        """Subscribes again where it was denied: a password or a right may have been given since."""
        for key, tap in self._taps.items():
            if tap.denied:
                tap.close()
                self._taps[key] = self._tap(key, tap.access)

    def _tap(self, key: tuple[Address, tuple[str, ...]], access: Access) -> Tap:
        if key[1] == EVENTS:
            return Tap(key[0], access, access.sentinel, key[1], self._announced)
        return Tap(key[0], access, access.data, key[1], self._greeted)

    def close(self) -> None:
        self.listen({}, {})
        self._closed = True

    def _announced(self, source: Address, channel: bytes, words: bytes) -> None:
        kind, group, text = read_event(channel, words)
        event = Event(time.time(), source, kind, self._group_of(source, group), text, (source,))
        self._event(event, self.log.add(event))

    def _greeted(self, source: Address, _channel: bytes, words: bytes) -> None:
        try:
            self._hello(read_hello(words), source)
        except BadReply:
            return
