"""The command line taken apart. The first word that is no option is a verb, or else a target for the dashboard."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import islice
from typing import NoReturn

from redistui import __version__
from redistui.cli.exits import USAGE, Quit
from redistui.cli.helping import examples, overview, paragraphs
from redistui.cli.verbs import DASHBOARD, Verb, verb_named
from redistui.view.cells import show

VALUED = ("--config", "--period", "--theme", "--group", "--target", "--timeout")
"""Options with a value that may stand before the verb."""


class Parser(argparse.ArgumentParser):
    """argparse that says what is wrong in one line, repeats nothing that may be a password, takes no abbreviations."""

    def __init__(self, words: Sequence[str], **settings: object) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)  # type: ignore[arg-type]
        self.words = words
        """What was typed: the help of an action is that of the one it names."""

    def error(self, message: str) -> NoReturn:
        said = show(message.replace("arguments: -- ", "arguments: "))  # the -- that `ordered` put there
        raise Quit(USAGE, [f"{said} (see {self.prog} --help)"])

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


def parse(argv: Sequence[str]) -> tuple[Verb, argparse.Namespace]:
    """The verb and its arguments. Raises Quit after a mistake, and SystemExit after --help, as argparse does."""
    at = _first_word(argv)
    if at is not None and argv[at] == "help":
        argv = [*argv[:at], *argv[at + 1 :], "--help"]
    verb, words = split(argv)
    parser = parser_of(verb, words)
    return verb, parser.parse_args(parser.ordered(words))


def split(argv: Sequence[str]) -> tuple[Verb, Sequence[str]]:
    """The verb, and the words without it; no verb is the dashboard.

    >>> verb, words = split(["--period", "5", "status", "orders"])
    >>> verb.name, words
    ('status', ['--period', '5', 'orders'])
    """
    at = _first_word(argv)
    verb = None if at is None else verb_named(argv[at])
    return (DASHBOARD, argv) if verb is None or at is None else (verb, [*argv[:at], *argv[at + 1 :]])


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


def parser_of(verb: Verb, words: Sequence[str]) -> Parser:
    """What takes the words of a verb apart."""
    module = verb.module()
    # A verb's help is the head of its module.
    prog = "redistui" if verb is DASHBOARD else f"redistui {verb.name}"
    parser = Parser(words, prog=prog, description=module.__doc__ or verb.what)
    parser.add_argument("--version", action="version", version=f"redistui {__version__}")
    parser.add_argument(
        "--config", metavar="PATH", help="config file (else $REDISTUI_CONFIG, else what `redistui config path` prints)"
    )
    module.arguments(parser)
    ends = (parser.epilog, examples(verb.name), overview() if verb is DASHBOARD else "")
    parser.description = paragraphs(parser.description or "")
    parser.epilog = "\n\n".join(filter(None, ends))
    return parser
