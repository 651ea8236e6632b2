"""What a node says of itself when a route looks after it, and the rounds in which it does."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redistui.model import Address
from redistui.model.places import Role
from redistui.replies import BadReply
from redistui.replies.info import InfoReader, InfoText
from redistui.replies.role import read as read_role
from redistui.route.endpoint import Endpoint
from redistui.route.failures import Refused, Unknown

PING = ("PING",)
STATE = (PING, ("ROLE",), ("INFO", "replication"))
_INFO = InfoReader()
EVERY = 1.0
"""Seconds between two checks of a node."""
CHECK_SECONDS = 1.0
"""Deadline of each; of a route whose calls may take longer, as long as these."""
LEAST, MOST = 0.05, 0.25
"""Seconds between two that are hurried, the first time and later: a route without a primary must not press on whoever
is left."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One check of one node. None: it did not say."""

    at: float
    """By time.monotonic, when it was asked."""
    why_not: str = ""
    """Why it can serve nobody; empty: it can."""
    role: Role | None = None
    replid: str | None = None
    offset: int | None = None
    """As far as it has the data: of a replica what it has applied."""
    link_up: bool | None = None
    down_seconds: int | None = None
    """Of a replica whose link is down: since when. Below 0: it never was up."""
    syncing: bool = False
    acks: Mapping[Address, int] = field(default_factory=dict)
    """Of a primary: seconds since each of its replicas last said how far it is."""


async def ping(endpoint: Endpoint, seconds: float = CHECK_SECONDS) -> Seen:
    """Whether it answers, nothing more: for nodes that need not even be Redis servers."""
    at = time.monotonic()
    (reply,) = await endpoint.check(PING, seconds=seconds)
    return Seen(at, why_not=why_unfit(reply))


async def look(endpoint: Endpoint, seconds: float = CHECK_SECONDS) -> Seen:
    """Whether it answers, its role and how far its data goes. ROLE tells the role: INFO can be forged."""
    at = time.monotonic()
    pong, role, info = await endpoint.check(*STATE, seconds=seconds)
    if isinstance(role, Refused | Unknown):  # without it nobody can tell whom we ask
        return Seen(at, why_not=why_unfit(pong) or role.text)
    return seen_of(at, why_unfit(pong), role, info)


def seen_of(at: float, why_not: str, role_reply: Any, info_reply: Any) -> Seen:
    try:
        role = read_role(role_reply)
    except BadReply as bad:
        return Seen(at, why_not=str(bad))
    if role.role == "sentinel":
        return Seen(at, why_not="it is a Sentinel")
    reader = InfoText(_INFO)
    try:
        reader.take(info_reply)
    except BadReply:  # as to a user who may not run INFO: ROLE alone must do
        return Seen(at, why_not, role.role, None, role.offset, role.link_state == "connected")
    acks = {one.address: one.lag_seconds for one in reader.replicas if one.lag_seconds is not None}
    link = reader.text("master_link_status")
    return Seen(
        at,
        why_not,
        role.role,
        reader.text("master_replid"),
        role.offset,
        None if role.role == "primary" else role.link_state == "connected" and link != "down",
        reader.integer("master_link_down_since_seconds"),
        bool(reader.integer("master_sync_in_progress")),
        acks,
    )


def why_unfit(reply: Any) -> str:
    """Of a reply to PING or ROLE: why the node serves nobody now; empty: it does. That our user may not PING is no
    reason."""
    if isinstance(reply, Unknown):
        return reply.text
    if isinstance(reply, Refused) and reply.kind != "NOPERM":
        return reply.text
    return ""


class Rounds:
    """Something that is done again and again, beginning with `begin`; sooner when `hurry` is called."""

    def __init__(self, work: Callable[[], Awaitable[None]], every: float = EVERY) -> None:
        self._work = work
        self._every = every
        self._hurried = asyncio.Event()
        self._news = asyncio.Event()
        self._pressed = 0
        """Hurried ones in a row."""
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = self._task or asyncio.get_running_loop().create_task(self._run())

    def hurry(self, news: bool = False) -> None:
        """The next one is due as soon as may be; with `news`, at once."""
        if news:
            self._pressed = 0
            self._news.set()
        self._hurried.set()

    async def _run(self) -> None:
        while True:
            self._hurried.clear()
            self._news.clear()
            began = time.monotonic()
            await self._work()
            await _rest(self._news, began + min(MOST, LEAST * 2**self._pressed))
            hurried = await _rest(self._hurried, began + self._every * random.uniform(0.9, 1.1))
            self._pressed = min(self._pressed + 1, 8) if hurried else 0

    async def end(self) -> None:
        """Raises what the work raised, if it did: it was a bug, since what a network does is no exception here."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _rest(cut_short: asyncio.Event, until: float) -> bool:
    """Waits until then (time.monotonic), or until the event: then True."""
    try:
        async with asyncio.timeout(max(0.0, until - time.monotonic())):
            await cut_short.wait()
    except TimeoutError:
        return False
    return True
