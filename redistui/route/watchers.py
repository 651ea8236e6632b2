"""The Sentinels that a route asks where its primary is: all of them at once, and the newest word counts.

redis-py's Sentinel asks one after the other and believes the first that answers, whatever its epoch and be it in TILT.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from redistui.model import Access, Address, Watch
from redistui.model.routes import WatcherStats
from redistui.net.client import Client, ClientLost, ClientRefused
from redistui.replies import BadReply
from redistui.replies.info import InfoReader, InfoText
from redistui.replies.sentinel import read_ckquorum, read_event, read_masters, read_replicas, read_sentinels
from redistui.route.calls import NOBODY
from redistui.route.endpoint import NAME, Endpoint
from redistui.route.failures import Refused, RouteFailed
from redistui.route.health import Rounds

GRACE = 0.2
"""Seconds that are waited for the others once a majority has answered."""
MOST = 31
"""Sentinels asked: those that others name are added to those that were given."""
SILENCE = 60.0
"""Seconds after which a subscription that said nothing is made anew: it may be dead."""
SELECTED, SWITCHED = "+selected-slave", "+switch-master"
"""Heard of the Sentinel that leads a failover: a replica is about to be promoted. Of each: it has been, here it is."""
_INFO = InfoReader()


@dataclass(frozen=True, slots=True)
class Word:
    """What one Sentinel said of the name, with its replicas and the other Sentinels."""

    sentinel: Address
    watch: Watch
    tilt: bool
    ckquorum: str | None


def newest(words: Iterable[Word]) -> Word | None:
    """The word that counts: of the highest config-epoch among those not in TILT, and where these differ still, what
    most say. Only where all are in TILT they are listened to, as the primary proves its role anyhow."""
    given = list(words)
    counted = [word for word in given if not word.tilt] or given
    if not counted:
        return None
    top = max(word.watch.epoch or 0 for word in counted)
    latest = [word for word in counted if (word.watch.epoch or 0) == top]
    votes = [word.watch.primary for word in latest]
    return max(latest, key=lambda word: votes.count(word.watch.primary))


class Watchers:
    """The Sentinels of one name. `ask_all` gives their words; `told` is called with what one of them announces,
    SELECTED or SWITCHED, and its words as of redistui.replies.sentinel.read_event."""

    def __init__(
        self,
        sentinels: Sequence[Address],
        name: str,
        access: Access,
        seconds: float,
        told: Callable[[str, str], None],
        client_name: str = NAME,
    ) -> None:
        self.name = name
        self._client_name = f"{client_name}-sentinel"
        self._access = replace(access, data=access.sentinel)
        self._seconds = seconds
        self._told = told
        self._endpoints: dict[Address, Endpoint] = {}
        self._stats: dict[Address, WatcherStats] = {}
        self._asked: dict[Address, asyncio.Task[Word | None]] = {}
        self._listening: dict[Address, Rounds] = {}
        self._open = False
        self._know(sentinels)

    def _know(self, sentinels: Iterable[Address]) -> None:
        for address in sentinels:
            if address not in self._endpoints and len(self._endpoints) < MOST:
                self._endpoints[address] = Endpoint(
                    address, self._access, seconds=self._seconds, name=self._client_name
                )
                self._stats[address] = WatcherStats(address, "it was not asked yet", None)
                if self._open:
                    self._listen(address)

    # -- asking -------------------------------------------------------------------------------------------------------

    async def ask_all(self) -> list[Word]:
        """The words of those that answer: of all, or of most and whoever else answers soon after."""
        for address, endpoint in self._endpoints.items():
            if address not in self._asked or self._asked[address].done():
                self._asked[address] = asyncio.create_task(self._ask(endpoint))
        pending, words = set(self._asked.values()), list[Word]()
        majority = len(pending) // 2 + 1
        while pending:
            limit = GRACE if len(words) >= majority else None
            done, pending = await asyncio.wait(pending, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            words += [word for task in done if (word := task.result()) is not None]
        return words

    async def _ask(self, endpoint: Endpoint) -> Word | None:
        """What a Sentinel says; None: nothing that counts, and `stats` tells why."""
        argvs = [("SENTINEL", what, self.name) for what in ("MASTER", "REPLICAS", "SENTINELS", "CKQUORUM")]
        replies = await endpoint.check(*argvs, ("INFO", "sentinel"), seconds=self._seconds)
        address = endpoint.address
        try:
            word = word_of(address, replies)
        except (BadReply, RouteFailed) as failure:
            why_not = failure.text if isinstance(failure, RouteFailed) else str(failure)
            self._stats[address] = WatcherStats(address, why_not, endpoint.latency_ms)
            return None
        self._stats[address] = _stats(word, endpoint.latency_ms)
        self._know(other.address for other in word.watch.sentinels if "s_down" not in other.flags)
        return word

    def why_none(self) -> Refused:
        """What to say when no Sentinel gave a word."""
        reasons = "; ".join(f"{address}: {stats.why_not}" for address, stats in self._stats.items())
        return Refused(NOBODY, f"no Sentinel tells who is primary of {self.name} ({reasons})")

    def stats(self) -> tuple[WatcherStats, ...]:
        return tuple(self._stats.values())

    # -- listening ----------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """From now on `told` is called."""
        self._open = True
        for address in self._endpoints:
            self._listen(address)

    def _listen(self, address: Address) -> None:
        async def subscribed() -> None:
            dial = self._access.reachable.get(address, address)
            client = Client(dial, self._access.data, self._access.tls, self._client_name)
            try:
                await client.ask(("SUBSCRIBE", SELECTED, SWITCHED), self._seconds)
                while True:
                    self._heard(await client.hear(SILENCE))
            except (ClientRefused, ClientLost):
                return
            finally:
                await client.close()

        rounds = self._listening[address] = Rounds(subscribed, 1.0)
        rounds.begin()

    def _heard(self, message: Any) -> None:
        match message:
            case [b"message", bytes(channel), bytes(words)]:
                said = read_event(channel, words)
                if said.group == self.name and said.kind in (SELECTED, SWITCHED):
                    self._told(said.kind, said.text)

    async def close(self) -> None:
        for rounds in self._listening.values():
            await rounds.end()
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
        for endpoint in self._endpoints.values():
            await endpoint.close()


def word_of(sentinel: Address, replies: Sequence[Any]) -> Word:
    """Raises BadReply, and the failure in which its answer ended."""
    master, replicas, others, ckquorum, info = replies
    if isinstance(master, RouteFailed):
        raise master
    (watch,) = read_masters([master])
    fields = InfoText(_INFO)
    if not isinstance(info, RouteFailed):
        fields.take(info)
    watch = replace(
        watch,
        replicas=() if isinstance(replicas, RouteFailed) else read_replicas(replicas),
        sentinels=() if isinstance(others, RouteFailed) else read_sentinels(others),
    )
    said = ckquorum.text if isinstance(ckquorum, RouteFailed) else ckquorum
    return Word(sentinel, watch, bool(fields.integer("sentinel_tilt")), read_ckquorum(said))


def _stats(word: Word, latency_ms: float | None) -> WatcherStats:
    watch = word.watch
    return WatcherStats(
        word.sentinel,
        "it is in TILT" if word.tilt else "",
        latency_ms,
        watch.primary,
        watch.epoch,
        word.tilt,
        watch.quorum,
        None if watch.other_sentinels is None else watch.other_sentinels + 1,
        word.ckquorum,
    )


def nodes_of(words: Collection[Word], counted: Word) -> list[Address]:
    """The primary, and every replica that a Sentinel of the newest epoch knows of."""
    found = {counted.watch.primary: None}
    for word in (counted, *words):
        if word.watch.epoch == counted.watch.epoch and word.tilt == counted.tilt:
            found |= dict.fromkeys(replica.address for replica in word.watch.replicas)
    return list(found)
