"""What `--help` prints below the options: verbs, actions, examples. Made to fit the terminal it is printed on."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill, wrap
from typing import Any

from redistui.cli.examples import EXAMPLES
from redistui.cli.verbs import DASHBOARD, VERBS

WIDEST = 120
WHOLE: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}
"""What is typed as one word is not broken."""
MIDDLE = 30
"""Where the second column begins at the latest; a longer first one has a line of its own."""


def columns() -> int:
    """As wide as the terminal, as far as that can be read: argparse leaves two columns free, too."""
    return min(WIDEST, max(50, shutil.get_terminal_size().columns - 2))


def paragraphs(text: str) -> str:
    """Prose filled to the terminal's width; what stands between empty lines is one paragraph.

    >>> print(paragraphs("One\\nand two.\\n\\nThree."))
    One and two.
    <BLANKLINE>
    Three.
    """
    return "\n\n".join(fill(part, columns(), **WHOLE) for part in text.strip().split("\n\n"))


def rows(pairs: Iterable[tuple[str, str]], width: int | None = None) -> Iterator[str]:
    """Two columns, the second one wrapped.

    >>> print(*rows([("do", "runs an action"), ("status", "one snapshot of it all")], 24), sep="\\n")
      do      runs an action
      status  one snapshot
              of it all
    """
    listed, width = list(pairs), width or columns()
    middle = min(MIDDLE, max(len(first) for first, _ in listed) + 4)
    for first, second in listed:
        parts = wrap(second, width - middle, **WHOLE)
        if len(first) + 4 > middle:
            yield from (f"  {part}" for part in wrap(first, width - 2, subsequent_indent="    ", **WHOLE))
        else:
            yield f"  {first:<{middle - 4}}  {parts.pop(0) if parts else ''}".rstrip()
        yield from (f"{'':<{middle}}{part}" for part in parts)


def usage(words: str) -> str:
    """Behind `usage: `, as argparse has it, but wrapped, which it leaves to whoever says it himself."""
    return f"\n{'':15}".join(wrap(words, columns() - 15, **WHOLE))


def titled(title: str, pairs: Sequence[tuple[str, str]]) -> str:
    return "\n".join([f"{title}:", *rows(pairs)])


def examples(verb: str) -> str:
    """How the verb is used, each with what it does; empty for a verb that needs no example."""
    found = EXAMPLES.get(verb, ())
    return "" if not found else titled("examples", [(line, what) for line, what in found])


def overview() -> str:
    """What stands below the options of `redistui --help`."""
    kinds = dict.fromkeys(verb.kind for verb in VERBS if verb is not DASHBOARD)
    parts = [
        titled(kind, [(f"{verb.name} {verb.usage}".strip(), verb.what) for verb in VERBS if verb.kind == kind])
        for kind in kinds
    ]
    return "\n\n".join(
        ["`redistui VERB --help` tells more of each verb.", *parts, titled("targets", TARGETS), paragraphs(PASSWORDS)]
    )


TARGETS = (
    ("redis://[user@]host:port[,...]", "any node; the whole group behind it is found. rediss:// with TLS"),
    ("unix:///path", "the same over a socket"),
    ("sentinel://host:port[,...][/name]", "all groups that these Sentinels watch, or one"),
    ("cluster://host:port[,...]", "a cluster"),
    ("NAME", "a fleet of the config"),
    ("none", "the config's default, else redis://127.0.0.1:6379"),
)
PASSWORDS = """\
Passwords never stand here: password_file in the config, $REDISTUI_PASSWORD,
$REDISTUI_SENTINEL_PASSWORD, or a prompt."""
