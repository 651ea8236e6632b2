"""One run of a drill: canaries up, the deed, rest, and what was written read back.

warm      until every canary has written a few times: connections are opened
before    the canaries fly alone, so that there is something to compare with
action    from the first command (or blow) to the end of the action
settle    until all views agree, whoever was away is back, and it has stayed so for 2 s
after     a last stretch of calm
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from redistui.drill.flock import DEADLINE, EXPIRY, Flock, RouteOf
from redistui.drill.ground import Ground
from redistui.drill.log import Log
from redistui.drill.readback import read_back
from redistui.drill.settle import Watcher, settle
from redistui.model import Address, Fleet
from redistui.ops.run import Run

BEFORE_SECONDS = AFTER_SECONDS = 2.0
LEAST_ACKED = 20
WARM_SECONDS = 15.0
SETTLE_SECONDS = 60.0
RATE = 33.0
"""Of each of the three clients at each shard: about 100 writes a second, and as many reads."""


RIGHTS = "; name a canary_user in the config, whose rights `redistui acl` prints"


class NotFlying(Exception):
    """The canaries cannot write, so nothing was done; a sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """How the deed ended."""

    outcome: str
    """As `do` says it: verified, refused, failed, unknown; or struck."""
    message: str = ""
    steps: tuple[tuple[str, str, float | None], ...] = ()
    """Of its plan: text, state, ms."""


def done_of(run: Run) -> Done:
    """An operation that has ended; of one over several groups the steps of each."""
    rows = [
        (f"{lane.group}: " if lane is not run else "", row)
        for lane in run.lanes or (run,)
        for row in (*lane.steps, *lane.release, *lane.verify)
        if row.state not in ("planned", "skipped")
    ]
    steps = tuple((f"{of}{row.step.text}", row.state, row.ms) for of, row in rows)
    return Done(run.outcome, " ".join([*run.refusals, run.message, run.next]).strip(), steps)


class Deed(Protocol):
    """What is drilled."""

    @property
    def name(self) -> str:
        """As it was given: `failover`, `kill primary`."""

    def do(self, flock: Flock) -> Done:
        """Does it, and returns when it is over; of a fault: when the canaries go on and the struck are back."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how hard. `seed` is what the choices of this run are made by."""

    grounds: tuple[Ground, ...]
    route_of: RouteOf
    rate: float = RATE
    before: float = BEFORE_SECONDS
    after: float = AFTER_SECONDS
    settle: float = SETTLE_SECONDS
    timeouts: Mapping[str, float] = field(default_factory=dict)
    seed: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def dice(self) -> random.Random:
        return random.Random(self.seed)


def fly(engine: Watcher, setting: Setting, deed: Deed, log: Log, tell: Callable[[str], None] = lambda _: None) -> None:
    """One run, into the log. Raises NotFlying; whatever ends it early is in the log as well (`broken`)."""
    run = secrets.token_hex(4)
    log.begin(**_head(engine.fleet, setting, deed, run))
    try:
        flock = Flock(setting.grounds, log, run, setting.rate, setting.route_of)
        with flock:
            log.phase("warm")
            _warm_up(flock)
            log.phase("before")
            _while(flock, setting.before)
            log.phase("action")
            tell(f"canaries write: {deed.name} begins")
            _done(log, deed.do(flock))
            log.phase("settle")
            tell("waiting until all views agree and everybody is back")
            missing = settle(engine, setting.grounds, setting.settle, flock.check)
            log.say("settled", missing=missing)
            log.phase("after")
            _while(flock, setting.after)
            log.phase("end")
        flock.check()
        tell("reading back what was acknowledged")
        read_back(engine.fleet, setting.grounds, flock.numbers, run, log)
    except BaseException as error:
        log.say("broken", why=f"{type(error).__name__}: {error}")
        raise
    finally:
        log.flush()


def _head(fleet: Fleet, setting: Setting, deed: Deed, run: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "run": run,
        "action": deed.name,
        "started": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "seed": setting.seed,
        "rate": setting.rate,
        "deadline_ms": 1000 * DEADLINE,
        "expiry": EXPIRY,
        "versions": versions_of(fleet, [ground.name for ground in setting.grounds]),
        "timeouts": dict(setting.timeouts),
        "shards": [
            {"tag": s.tag, "group": s.group, "kind": s.kind, "primary": s.primary, "slot": s.slot}
            for ground in setting.grounds
            for s in ground.shards
        ],
    }


def versions_of(fleet: Fleet, groups: Iterable[str]) -> dict[Address, str]:
    """`valkey 9.1.0` and the like, of every node that tells."""
    found = [group for name in groups if (group := fleet.group(name)) is not None]
    nodes = [node for group in found for node in group.nodes]
    return {node.address: f"{node.server} {node.version}" for node in nodes if node.server and node.version}


def timeouts_of(fleet: Fleet, groups: Sequence[str]) -> dict[str, float]:
    """What rules how long a failover takes, as the Sentinels tell it, in ms; of a cluster no watch user may ask."""
    found: dict[str, float] = {}
    for group in (group for name in groups if (group := fleet.group(name)) is not None):
        for _, watch in group.watches()[:1]:
            known = {"down-after": watch.down_after_ms, "failover-timeout": watch.failover_timeout_ms}
            found |= {f"{group.name} {name}": float(ms) for name, ms in known.items() if ms is not None}
    return found


def _warm_up(flock: Flock) -> None:
    """Every client has to write before anything is done: a canary that never wrote would find nothing lost."""
    began = time.monotonic()
    while flock.acked() < LEAST_ACKED:
        flock.check()
        if time.monotonic() - began > WARM_SECONDS:
            trouble = flock.trouble()
            raise NotFlying(f"nothing was done: {trouble}{RIGHTS if 'NOPERM' in trouble else ''}")
        time.sleep(0.05)


def _while(flock: Flock, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        flock.check()
        time.sleep(0.05)


def _done(log: Log, done: Done) -> None:
    for text, state, ms in done.steps:
        log.say("step", text=text, state=state, ms=ms)
    log.say("done", outcome=done.outcome, message=done.message)
