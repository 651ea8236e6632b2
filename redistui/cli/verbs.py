"""VERBS: every verb, one row each. A verb is a module with `arguments(parser)` and `run(args) -> exit code`.

The module is imported only when its verb is typed, so that `--help` and completion cost nothing.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from redistui.cli.parser import Parser


class VerbModule(Protocol):
    """What each module in this folder offers."""

    def arguments(self, parser: Parser) -> None:
        """Adds the verb's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Does it; returns the exit code, or raises redistui.cli.exits.Quit."""


class Verb(NamedTuple):
    """One row."""

    name: str
    usage: str
    what: str
    """One line for `redistui --help`."""
    kind: str
    """The heading it stands under there."""

    def module(self) -> VerbModule:
        return cast(VerbModule, import_module(f"redistui.cli.{self.name}"))


LOOK, ACT, PAST, SETUP = "look", "act", "the past", "set up"

DASHBOARD = Verb("dashboard", "[TARGET ...]", "the dashboard; the same without a verb", LOOK)

VERBS: tuple[Verb, ...] = (
    DASHBOARD,
    Verb("demo", "[--shape SHAPE]", "a local fleet of real servers, and the dashboard on it", LOOK),
    Verb("status", "[TARGET ...]", "one snapshot, as text or --json; --watch repeats", LOOK),
    Verb("check", "[TARGET ...]", "one verdict for monitoring: OK, WARN or BAD, and the findings", LOOK),
    Verb("report", "[TARGET ...]", "health report: score, alerts, recommendations, trends, capacity, drift", LOOK),
    Verb("whatif", "--kill A,B | --site S", "what the loss of these servers would do; sends nothing but reads", LOOK),
    Verb("key", "KEY ...", "the slot of each key, and with --target its owner", LOOK),
    Verb("canary", "[TARGET ...]", "a routed client on a group: latencies, shares, errors, stale reads", LOOK),
    Verb("export", "[TARGET ...]", "OpenMetrics of the fleet for Prometheus; --once prints them", LOOK),
    Verb("plan", "ACTION [ARGS]", "what an action would send, and what speaks against it; sends nothing", ACT),
    Verb("do", "ACTION [ARGS] --yes", "the same plan, run and verified", ACT),
    Verb("drill", "ACTION [ARGS] --yes", "an action or a fault under canaries: outage and lost writes, measured", ACT),
    Verb("journal", "[--last N]", "past operations, every command with its reply; --verify checks the file", ACT),
    Verb("record", "FILE [TARGET ...]", "record a fleet into a file, without a terminal", PAST),
    Verb(
        "replay", "FILE [--at TIME]", "a recording in the dashboard, at any time of it; --json prints its status", PAST
    ),
    Verb("config", "path | show | validate", "the config file", SETUP),
    Verb("acl", "[TARGET ...]", "the smallest ACL users that redistui needs, per server version", SETUP),
    Verb("themes", "", "the themes there are", SETUP),
    Verb("keys", "", "the keys of the dashboard, with the ids that [keymap] moves", SETUP),
    Verb("completion", "bash | zsh | fish", "what makes the tab key complete redistui's words", SETUP),
    Verb("info", "", "versions, paths and what this terminal can do", SETUP),
)
NAMES: frozenset[str] = frozenset(verb.name for verb in VERBS)


def verb_named(name: str) -> Verb | None:
    """
    >>> verb_named("status").usage
    '[TARGET ...]'
    """
    return next((verb for verb in VERBS if verb.name == name), None)
