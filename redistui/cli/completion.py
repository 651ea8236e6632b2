"""What makes the tab key complete redistui's words: a script for bash, zsh or fish, which asks redistui what fits.

It completes verbs, options, actions, themes, and the names of the config's fleets; where none of these fits, files.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from redistui.cli.exits import FINE

if TYPE_CHECKING:
    from redistui.cli.parser import Parser
    from redistui.cli.verbs import Verb

BASH = """\
_redistui() {
    local IFS=$'\\n'
    COMPREPLY=($(redistui completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _redistui redistui"""

ZSH = """\
_redistui() {
    local -a found
    found=("${(@f)$(redistui completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$found" ]]; then compadd -Q -a found; else _files; fi
}
compdef _redistui redistui"""

FISH = """\
function __redistui
    set -l words (commandline -opc) (commandline -ct)
    redistui completion words -- $words[2..] 2>/dev/null
end
complete -c redistui -a '(__redistui)'"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
CHOICES = {"config": ("path", "show", "validate"), "completion": tuple(SCRIPTS)}
"""First words of verbs that have but these."""
ACTING = ("plan", "do", "drill")


def arguments(parser: Parser) -> None:
    parser.add_argument("shell", choices=(*SCRIPTS, "words"), metavar="bash|zsh|fish", help="whose script is printed")
    parser.add_argument("typed", nargs=argparse.REMAINDER, default=[], help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    if args.shell == "words":
        for word in fitting(args.typed, args.config):
            print(word)
    else:
        print(SCRIPTS[args.shell])
    return FINE


def fitting(typed: Sequence[str], config: str | None = None) -> list[str]:
    """What the last of the words may become; they are those after `redistui`."""
    *before, begun = typed or [""]
    option, equals, value = begun.partition("=")
    if equals and option.startswith("--"):
        return [f"{option}={word}" for word in fitting([*before, option, value], config)]
    return sorted(word for word in candidates(before, begun.startswith("-"), config) if word.startswith(begun))


def candidates(before: Sequence[str], option: bool, config: str | None = None) -> Iterable[str]:
    """What may stand behind these words, where an option is begun, or else another word."""
    from redistui.cli.parser import parser_of, split
    from redistui.cli.verbs import NAMES

    verb, words = split(before)
    parser = parser_of(verb, before)
    known = {name: action for action in parser._actions for name in action.option_strings}
    last = known.get(before[-1]) if before else None
    if last is not None and last.nargs != 0:
        return _values(before[-1], last, config)
    if option:
        return [name for name, action in known.items() if name.startswith("--") and action.help != argparse.SUPPRESS]
    if verb.name == "dashboard" and not words:
        return [*NAMES - {"dashboard"}, *_fleets(config)]
    return _words(verb, words, config)


def _words(verb: Verb, words: Sequence[str], config: str | None) -> Iterable[str]:
    """What is no option: an action first, or one of a verb's few words, else a fleet."""
    if words:
        return () if verb.name in CHOICES else _fleets(config)
    if verb.name in ACTING:
        from redistui.ops.actions import ACTIONS

        return [action.name for action in ACTIONS]
    return CHOICES.get(verb.name) or (() if verb.name in ("record", "replay", "key") else _fleets(config))


def _values(name: str, action: argparse.Action, config: str | None) -> Iterable[str]:
    """What may stand behind an option; nothing known: a file, maybe."""
    if name == "--theme":
        from redistui.config.places import theme_files

        return theme_files()
    return _fleets(config) if name == "--target" else [str(choice) for choice in action.choices or ()]


def _fleets(config: str | None) -> Iterable[str]:
    """Of the config, as far as it can be read: a mistake in it is told by whoever opens it."""
    from redistui.config import ConfigErrors, config_file, load

    path, _ = config_file(config, os.environ)
    with suppress(ConfigErrors):
        return tuple(load(path, must_exist=False).fleets)
    return ()
