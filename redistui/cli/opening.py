"""From arguments to a running engine: config, targets, logins, and what to say when nothing answers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from redistui.cli.exits import UNREACHED, USAGE, Quit
from redistui.cli.pasts import Places, loaded, refuse_foreign
from redistui.cli.pasts import kept as keep_pasts
from redistui.cli.verbs import NAMES
from redistui.config import Config, config_file, histories_of, load, period_of, resolve, thresholds_of
from redistui.config.files import Unreadable
from redistui.config.operators import kept_password
from redistui.config.targets import DEFAULT, BadTarget, bracketed, parse_address
from redistui.engine.logins import Logins, NoPassword, operators_of
from redistui.model import Fault, Fleet, Login, Node, Operator, Sentinel, Site, Target
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.engine.alert_hooks import AlertHooks
    from redistui.engine.engine import Engine
    from redistui.engine.late import LateEngine
    from redistui.engine.newest_deeds import NewestDeeds
    from redistui.engine.recording import Recorder
    from redistui.engine.remarks import Remarks
    from redistui.history import History


HOW_WATCH = (
    "give ours by password_file (or sentinel_password_file) in the config, or by REDISTUI_PASSWORD (or "
    "REDISTUI_SENTINEL_PASSWORD) in the environment"
)
HOW_OPERATOR = (
    "give it by operator_password_file (or sentinel_operator_password_file) in the config, or by "
    "REDISTUI_OPERATOR_PASSWORD (or REDISTUI_SENTINEL_OPERATOR_PASSWORD) in the environment"
)
HOW_CANARY = (
    "give it by canary_password_file or canary_password_env in the config, or by REDISTUI_CANARY_PASSWORD in the "
    "environment"
)
Past = Literal["none", "read", "keep"]
"""What a verb does with the fleet's history file: nothing, since it looks once; reads it; reads it and adds to it."""
QUICK = 0.5
"""Seconds between the two polls of a verb that looks once."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What is to be looked at, and how."""

    targets: tuple[Target, ...]
    config: Config
    period: float = 1.0
    sites: tuple[Site, ...] = ()
    thresholds: Mapping[str, float] | None = None
    logins: Logins = field(default_factory=lambda: Logins(kept))
    histories: Places = field(default_factory=dict)
    """The files of the past."""
    recorder: Recorder | None = None
    """Is given everything that is seen; None: in the dashboard one that keeps the last minutes, else none."""

    def engine(self, history: History | None = None, past: Past = "none") -> Engine:
        """A started engine. Whoever asks for it stops it. `past`: what becomes of the fleet's history file.

        Into a `history` that is given, as the dashboard does, the past is read as far as that can be, and kept there.
        """
        from redistui.engine.engine import Engine
        from redistui.history import History

        patient, history = history is not None, history or History()
        annals = [] if past == "none" and not patient else loaded(self.histories, history, patient)
        limits = self.thresholds or {}
        remarks = self.remarks(keep=patient or past == "keep") if patient or past != "none" else None
        engine = Engine(
            self.targets,
            period=self.period,
            sites=self.sites,
            thresholds=limits,
            history=history,
            logins=self.logins,
            hooks=self._hooks() if patient or past == "keep" else None,
            recorder=self.recorder if self.recorder is not None or not patient else self._ring(),
            remarks=remarks,
        )
        if remarks is not None:
            engine.at_end(remarks.close)
        if patient or past == "keep":
            keep_pasts(annals, self.histories, engine, frozenset(target.text for target in self.targets))
        if engine.recorder is not None and self.recorder is None:
            engine.at_end(engine.recorder.close)
        engine.start()
        return engine

    def remarks(self, keep: bool = False) -> Remarks:
        """What operators said of alerts of these targets. `keep`: what is said from now on is added."""
        from redistui.engine.remarks import Remarks
        from redistui.engine.remarks_file import remarks_path

        return Remarks(remarks_path(os.environ), self.targets, keep=keep)

    def recording_to(self, path: Path | None, keep: float | None = None, at_most: int | None = None) -> Recorder:
        """What is recorded into a file (None: into memory only), the oldest of it deleted beyond so many seconds and
        bytes. Quits with code 2 where the file is none of ours."""
        from redistui.engine.recording import BadRecording, Recorder
        from redistui.engine.recording.places import folder

        said = self.config.recording
        if path is not None and not path.parent.is_dir():
            raise Quit(USAGE, [f"{show(str(path))}: there is no folder {show(str(path.parent))}; make it first"])
        try:
            return Recorder(
                self.targets, self.sites, path, ring=60 * said.minutes, thresholds=self.thresholds, keep=keep,
                at_most=at_most, folder=said.folder or folder(), incidents=said.kept if said.incidents else 0,
            )  # fmt: skip
        except BadRecording as error:
            raise Quit(USAGE, [show(str(error), 1000)]) from None

    def _ring(self) -> Recorder:
        return self.recording_to(None)

    def _hooks(self) -> AlertHooks | None:
        """Who is told of alerts, by verbs that watch for long. Quits with code 2 where the webhook cannot be read."""
        said = self.config.alerts
        if said.command is None and said.webhook is None:
            return None
        from redistui.config.alerts import webhook_of
        from redistui.engine.alert_hooks import AlertHooks

        try:
            return AlertHooks(said.command, webhook_of(said, os.environ), said.levels, said.timeout, said.at_most)
        except Unreadable as error:
            raise Quit(USAGE, [str(error)]) from None

    def late_engine(self) -> LateEngine:
        """One that begins when it is first looked at. Quits with code 2 where a history file of its is none."""
        from redistui.engine.late import LateEngine

        self._hooks()
        refuse_foreign(self.histories)
        return LateEngine(self.engine, self.period, self.logins)


def config_of(args: argparse.Namespace) -> Config:
    """The config file that the arguments or the environment name. Raises ConfigErrors with everything wrong in it."""
    path, named = config_file(args.config, os.environ)
    return load(path, must_exist=named, reserved=NAMES)


def opening(args: argparse.Namespace) -> Opening:
    """Config and targets. Raises ConfigErrors."""
    config = config_of(args)
    seeds = [] if config.default else [f"redis://{bracketed(seed)}" for seed in getattr(args, "seeds", [])]
    words: list[str] = args.targets or seeds
    targets = resolve(words, config, os.environ, others=NAMES)
    return Opening(
        targets=(*targets, *strangers(targets[0], getattr(args, "strangers", []))),
        config=config,
        period=getattr(args, "period", None) or period_of(words, config) or 1.0,
        sites=config.sites,
        thresholds=thresholds_of(words, config),
        histories=histories_of(words, config),
    )


def strangers(like: Target, addresses: Iterable[str]) -> Iterator[Target]:
    """Servers that an action names and that may be of no group yet; they are reached as the fleet is."""
    for address in addresses:
        try:
            yield Target((parse_address(address),), access=like.access, text=address)
        except BadTarget as error:
            raise Quit(USAGE, [f"{show(address)}: {error}"]) from None


@contextmanager
def watching(
    args: argparse.Namespace, *, must_reach: bool = True, rates: bool = False, recorder: Recorder | None = None
) -> Iterator[tuple[Engine, Fleet]]:
    """A running engine and its first whole snapshot, no later than `args.timeout` seconds from now.

    Where a server wants a password that nobody gave, and a person is there to ask, it is asked for once. With
    `must_reach` it quits with code 3 when not one server has answered. With `rates` it is the second snapshot, since
    CPU percent and its like are the difference of two; servers are then polled twice a second at least. `recorder` is
    given everything.
    """
    where = replace(opening(args), recorder=recorder)
    if rates and args.period is None:
        where = replace(where, period=min(where.period, QUICK))
    past: Past = getattr(args, "past", "none")
    engine = where.engine(past=past)
    if past != "none":  # its alerts are shown or told to others: from the first on, none of what is done from here
        newest_deeds().tell(engine)
    try:
        fleet = _first(engine, args.timeout, rates)
        asked = with_passwords(where, fleet)
        if asked is not where:
            engine.stop()
            where, engine = asked, asked.engine(past=past)
            fleet = _first(engine, args.timeout, rates)
        if must_reach and not reached(fleet):
            raise Quit(UNREACHED, unreached(where.targets, fleet, args.timeout))
        yield engine, _without_own_pauses(engine, fleet)
    finally:
        engine.stop()


def _first(engine: Engine, seconds: float, rates: bool) -> Fleet:
    """The snapshot to show. Rates are waited for no longer than three periods: a server may forbid INFO."""
    began = monotonic()
    fleet = engine.wait(lambda fleet: fleet.complete, seconds)
    if rates and reached(fleet):
        left = seconds - (monotonic() - began)
        fleet = engine.wait(has_rates, min(left, 3 * engine.period))
    return fleet


def newest_deeds() -> NewestDeeds:
    """What operators do from this machine, and did lately: theirs are a failover and a pause that nobody is told of."""
    from redistui.engine.journal import Journal, journal_path
    from redistui.engine.newest_deeds import NewestDeeds
    from redistui.ops import repeated

    return NewestDeeds(Journal(journal_path(os.environ)), repeated.SECONDS)


def _without_own_pauses(engine: Engine, fleet: Fleet) -> Fleet:
    """Where clients are held, the journal may tell that it was done from here: then that is no finding."""
    from redistui.judge.rules.paused import PAUSED

    if all(finding.rule != PAUSED for finding in fleet.findings):
        return fleet
    newest_deeds().tell(engine)
    return engine.wait(lambda newer: newer.at > fleet.at, 3 * engine.period)


def has_rates(fleet: Fleet) -> bool:
    """Every data server that answers has been asked twice."""
    return fleet.complete and all(
        node.metric("cpu_percent") is not None for group in fleet.groups for node in group.nodes if node.up
    )


def servers(fleet: Fleet) -> Iterator[Node | Sentinel]:
    for group in fleet.groups:
        yield from group.nodes
        yield from group.sentinels


def reached(fleet: Fleet) -> bool:
    """At least one server has told us something."""
    return any(server.seen_at is not None for server in servers(fleet))


def unreached(targets: tuple[Target, ...], fleet: Fleet, seconds: float) -> list[str]:
    """A sentence for each target: why nothing came from there."""
    faults = {server.address: _why(server.fault) for server in servers(fleet) if server.fault is not None}
    silence = f"no answer within {seconds:g} s"
    return [
        f"{show(target.text)}: "
        + "; ".join(
            f"{show(address)} {show(faults.get(address, silence))}"
            if len(target.addresses) > 1
            else show(faults.get(address, silence))
            for address in target.addresses
        )
        + ("; name a target, or see it run with `redistui demo`" if target.text == DEFAULT else "")
        for target in targets
    ]


def _why(fault: Fault) -> str:
    """With what to do where it is the login."""
    return f"{fault.text}; {HOW_WATCH}" if fault.kind == "noauth" else fault.text


def with_passwords(where: Opening, fleet: Fleet) -> Opening:
    """The same opening with passwords asked for at the terminal, where a server wants one and none was given."""
    data, sentinel = wanted_passwords(where, fleet)
    return ask_passwords(where, data=data, sentinel=sentinel) if data or sentinel else where


def wanted_passwords(where: Opening, fleet: Fleet) -> tuple[bool, bool]:
    """Whether a password of data servers, and of Sentinels, is wanted that nobody gave, and a person could be asked."""
    data = any(_wants_password(node) for group in fleet.groups for node in group.nodes)
    sentinel = any(_wants_password(sentinel) for group in fleet.groups for sentinel in group.sentinels)
    here = person_here()
    return (
        here and data and any(target.access.data.password is None for target in where.targets),
        here and sentinel and any(target.access.sentinel.password is None for target in where.targets),
    )


def ask_passwords(where: Opening, *, data: bool = True, sentinel: bool = False) -> Opening:
    """Asks once for each sort of server; an empty answer leaves it as it was."""
    from getpass import getpass

    passwords = {
        sort: getpass(f"Password of the {sort}: ") if wanted else ""
        for sort, wanted in (("Redis or Valkey servers", data), ("Sentinels", sentinel))
    }
    given = tuple(passwords.values())
    return replace(where, targets=tuple(_with(target, *given) for target in where.targets))


def kept(operator: Operator) -> str | None:
    """Where its password is kept, read now; None: a person has to be asked. Raises NoPassword."""
    try:
        return kept_password(operator, os.environ)
    except Unreadable as error:
        raise NoPassword(str(error)) from None


def ask_operators(engine: Engine, groups: Iterable[str]) -> None:
    """Asks for the passwords of those who act on these groups, where nobody has given them.

    Quits with code 2 where nobody is here to be asked.
    """
    ask_for(engine, operators_of(engine, groups), HOW_OPERATOR)


def ask_canaries(engine: Engine, groups: Iterable[str]) -> None:
    """The same for those whom canaries and drills on these groups log in as."""
    from redistui.engine.canary_logins import canary_users

    ask_for(engine, canary_users(engine, engine.fleet, groups), HOW_CANARY)


def ask_for(engine: Engine, users: Iterable[Operator], how: str) -> None:
    """The same for any users. `how`: what to do where nobody is here to be asked."""
    from getpass import getpass

    wanted = engine.logins.wanted(users)
    if wanted and not person_here():
        who = "; ".join(f"{show(one.user)}, who acts on {show(one.place)}" for one in wanted)
        raise Quit(USAGE, [f"the password of {who}, is not known: {how}"])
    for one in wanted:
        engine.logins.give(one, getpass(f"Password of {show(one.user)}, who acts on {show(one.place)}: "))


def person_here() -> bool:
    """Somebody can be asked: stdin and stderr are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _wants_password(server: Node | Sentinel) -> bool:
    return server.fault is not None and server.fault.kind == "noauth"


def _with(target: Target, data: str, sentinel: str) -> Target:
    access = target.access
    filled = replace(access, data=_filled(access.data, data), sentinel=_filled(access.sentinel, sentinel))
    return replace(target, access=filled)


def _filled(login: Login, password: str) -> Login:
    return login if login.password is not None or not password else Login(login.user, password)
