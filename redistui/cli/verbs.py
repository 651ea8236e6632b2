"""VERBS: every verb, one row each. A verb is a module with `arguments(parser)` and `run(args) -> exit code`.

The module is imported only when its verb is typed, so that `--help` and completion cost nothing.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import NamedTuple, Protocol, cast


class VerbModule(Protocol):
    """What each module in this folder offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds the verb's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Does it; returns the exit code, or raises redistui.cli.exits.Quit."""


class Verb(NamedTuple):
    """One row."""

    name: str
    usage: str
    what: str
    """One line for `redistui --help`."""

    def module(self) -> VerbModule:
        return cast(VerbModule, import_module(f"redistui.cli.{self.name}"))


DASHBOARD = Verb("dashboard", "[TARGET ...]", "the dashboard; the same without a verb")

VERBS: tuple[Verb, ...] = (
    DASHBOARD,
    Verb("demo", "[--shape SHAPE]", "a local fleet of real servers, and the dashboard on it"),
    Verb("status", "[TARGET ...]", "one snapshot, as text or --json; --watch repeats"),
    Verb("check", "[TARGET ...]", "one verdict for monitoring: OK, WARN or BAD, and the findings"),
    Verb("report", "[TARGET ...]", "health report: score, alerts, recommendations, trends, capacity, drift"),
    Verb("record", "FILE [TARGET ...]", "record a fleet into a file, without a terminal"),
    Verb("replay", "FILE [--at TIME]", "a recording in the dashboard, at any time of it; --json prints its status"),
    Verb("plan", "ACTION [ARGS]", "what an action would send, and what speaks against it; sends nothing"),
    Verb("do", "ACTION [ARGS] --yes", "the same plan, run and verified"),
    Verb("drill", "ACTION [ARGS] --yes", "an action or a fault under canaries: outage and lost writes, measured"),
    Verb("canary", "[TARGET ...]", "a routed client on a group: latencies, shares, errors, stale reads"),
    Verb("whatif", "--kill A,B | --site S", "what the loss of these servers would do; sends nothing but reads"),
    Verb("key", "KEY ...", "the slot of each key, and with --target its owner"),
    Verb("export", "[TARGET ...]", "OpenMetrics of the fleet for Prometheus; --once prints them"),
    Verb("journal", "[--last N]", "past operations, every command with its reply; --verify checks the file"),
    Verb("acl", "[TARGET ...]", "the smallest ACL users that redistui needs, per server version"),
    Verb("config", "path | show | validate", "the config file"),
    Verb("themes", "", "the themes there are"),
    Verb("keys", "", "the keys of the dashboard, with the ids that [keymap] moves"),
    Verb("info", "", "versions, paths and what this terminal can do"),
)
NAMES: frozenset[str] = frozenset(verb.name for verb in VERBS)


def verb_named(name: str) -> Verb | None:
    """
    >>> verb_named("status").usage
    '[TARGET ...]'
    """
    return next((verb for verb in VERBS if verb.name == name), None)
