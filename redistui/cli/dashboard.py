"""The dashboard: watches everything behind the targets, and with --write acts on it.

Read-only unless --write is given, or `:arm` is typed in it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.cli.options import add_period, add_targets
from redistui.cli.terminal import need_terminal

if TYPE_CHECKING:
    from redistui.cli.opening import Opening
    from redistui.config.values import Config
    from redistui.model import Fleet


@dataclass(frozen=True, slots=True)
class Look:
    """How the operator wants the dashboard: the command line's word goes before the config's."""

    config: Config
    theme: str | None
    ascii: bool | None
    mouse: bool
    armed: bool
    group: str | None
    replay: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    wants_password: Callable[[Fleet], bool] | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    add_look(parser)
    parser.add_argument("--group", metavar="NAME", help="the group to look at first")
    parser.add_argument("--ask", action="store_true", help="ask for the password before anything is opened")


def add_look(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--write", action="store_true", help="arm operator actions; without it everything is read-only")
    add_period(parser)
    parser.add_argument("--record", metavar="FILE", help="record all of it, for `redistui replay FILE`")
    parser.add_argument("--theme", metavar="NAME", help="a theme of `redistui themes`")
    parser.add_argument("--ascii", action="store_true", default=None, help="draw with ASCII signs only")
    parser.add_argument("--mouse", action="store_true", help="take mouse clicks; selecting text then needs shift")


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import ask_passwords, opening

    where = opening(args)
    need_terminal()
    if args.ask:
        where = ask_passwords(where, sentinel=any(target.wanted == "sentinel" for target in where.targets))
    return show_dashboard(args, where)


def show_dashboard(args: argparse.Namespace, where: Opening) -> int:
    """Runs the screens on an engine that begins after the first paint.

    Where a server wants a password that nobody gave, the screens are left once to ask for it.
    """
    check_theme(args.theme)
    if args.record is not None:
        where = replace(where, recorder=where.recording_to(Path(args.record)))
    try:
        return _show_asking(args, where)
    finally:
        if where.recorder is not None:
            where.recorder.close()


def _show_asking(args: argparse.Namespace, where: Opening) -> int:
    from redistui.cli.opening import with_passwords

    show = args.screens()
    closed = Closed(where)
    code = _show(show, args, where, closed)
    if closed.seen is None:
        return code
    return _show(show, args, with_passwords(where, closed.seen), None)


def _show(show: Callable[..., int], args: argparse.Namespace, where: Opening, closed: Closed | None) -> int:
    engine = where.late_engine()
    try:
        return show(engine, look(args, where, closed))
    finally:
        engine.stop()


class Closed:
    """Looks for servers that want a password nobody gave; `seen` is the snapshot that showed one."""

    def __init__(self, where: Opening) -> None:
        self._where = where
        self.seen: Fleet | None = None

    def __call__(self, fleet: Fleet) -> bool:
        from redistui.cli.opening import wanted_passwords

        if any(wanted_passwords(self._where, fleet)):
            self.seen = fleet
        return self.seen is not None


def look(args: argparse.Namespace, where: Opening, closed: Closed | None = None) -> Look:
    """`closed` ends the screens when a password has to be asked for."""
    config = where.config
    return Look(
        config=config,
        theme=args.theme or config.theme,
        ascii=config.ascii if args.ascii is None else args.ascii,
        mouse=args.mouse,
        armed=args.write,
        group=getattr(args, "group", None),
        thresholds=where.thresholds or {},
        notes=tuple(notes(where)),
        secrets=tuple(secrets(where)),
        wants_password=closed,
    )


def notes(where: Opening) -> list[str]:
    """What the operator should know all the time."""
    unverified = [t.text for t in where.targets if t.access.tls is not None and not t.access.tls.verify]
    return [f"{text}: TLS certificates are not verified (verify = false in the config)" for text in unverified]


def secrets(where: Opening) -> set[str]:
    logins = [login for target in where.targets for login in (target.access.data, target.access.sentinel)]
    return {login.password for login in logins if login.password}


def check_theme(name: str | None) -> None:
    """A theme named on the command line must be there; the config's was checked when it was read."""
    from redistui.config.places import theme_files
    from redistui.config.problems import ConfigErrors, Problem, nearest

    if name is not None and name not in (names := theme_files()):
        raise ConfigErrors([Problem(f"there is no theme {name!r}{nearest(name, names)}; `redistui themes` lists them")])
