"""The command line taken apart. The first word that is no option is a verb, or else a target for the dashboard."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from itertools import islice
from typing import NoReturn

from redistui import __version__
from redistui.cli.verbs import DASHBOARD, VERBS, Verb, verb_named
from redistui.view.cells import show

VALUED = ("--config", "--period", "--theme", "--group", "--target", "--timeout")
"""Options with a value that may stand before the verb."""


class Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one line, repeats nothing that may be a password, takes no abbreviations."""

    def __init__(self, **settings: object) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"redistui: {show(masked(message))} (see {self.prog} --help)\n")

    def ordered(self, argv: Sequence[str]) -> list[str]:
        """Options first, then the other words behind `--`: by itself argparse takes words in one place. What stands
        behind `--` already stays a word, whatever it begins with."""
        options: list[str] = []
        words: list[str] = []
        left = iter(argv)
        for word in left:
            if word == "--":
                return [*options, "--", *words, *left]
            if not word.startswith("-") or word == "-":
                words.append(word)
                continue
            options.append(word)
            action = self._option_string_actions.get(word)
            if action is not None and (action.nargs is None or isinstance(action.nargs, int)):
                options.extend(islice(left, 1 if action.nargs is None else action.nargs))
        return [*options, "--", *words] if words else options


def masked(text: str) -> str:
    """Leaves out whatever stands between :// and an @.

    >>> masked("unrecognized arguments: redis://u:secret@host")
    'unrecognized arguments: redis://***@host'
    """
    return re.sub(r"://\S*@", "://***@", text)


def parse(argv: Sequence[str]) -> tuple[Verb, argparse.Namespace]:
    """The verb and its arguments. Raises SystemExit as argparse does: 0 after --help, 2 after a mistake."""
    at = _first_word(argv)
    verb = verb_named(argv[at]) if at is not None else None
    if verb is None or at is None:
        parser = _parser(DASHBOARD, "redistui", _overview())
        return DASHBOARD, parser.parse_args(parser.ordered(argv))
    parser = _parser(verb, f"redistui {verb.name}")
    return verb, parser.parse_args(parser.ordered([*argv[:at], *argv[at + 1 :]]))


def _first_word(argv: Sequence[str]) -> int | None:
    """Where the first word stands that is neither an option nor an option's value."""
    skip = False
    for at, word in enumerate(argv):
        if word == "--":
            return None
        if skip or word.startswith("-"):
            skip = not skip and word in VALUED
            continue
        return at
    return None


def _parser(verb: Verb, prog: str, epilog: str | None = None) -> Parser:
    module = verb.module()
    parser = Parser(prog=prog, description=_description(verb, module.__doc__), epilog=epilog)
    parser.add_argument("--version", action="version", version=f"redistui {__version__}")
    parser.add_argument("--config", metavar="PATH", help="config file (else $REDISTUI_CONFIG, else the usual place)")
    module.arguments(parser)
    return parser


def _description(verb: Verb, doc: str | None) -> str:
    """A verb's help is the head of its module."""
    return (doc or verb.what).strip()


def _overview() -> str:
    width = max(len(f"{verb.name} {verb.usage}") for verb in VERBS)
    rows = [f"  {f'{verb.name} {verb.usage}':<{width}}  {verb.what}" for verb in VERBS if verb is not DASHBOARD]
    return "\n".join(["verbs (redistui VERB --help tells more):", *rows, "", TARGETS])


TARGETS = """\
targets:
  redis://[user@]host:port[,...]     any node; the whole group behind it is found. rediss:// with TLS
  unix:///path                       the same over a socket
  sentinel://host:port[,...][/name]  all groups that these Sentinels watch, or one
  cluster://host:port[,...]
  NAME                               a fleet of the config
  none                               the config's default, else redis://127.0.0.1:6379
Passwords never stand here: password_file in the config, $REDISTUI_PASSWORD,
$REDISTUI_SENTINEL_PASSWORD, or a prompt."""
