"""Exit codes: what a script may rely on, and the one exception that carries them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from signal import SIGTERM

FINE = 0
BUG = 1
USAGE = 2
"""Wrong arguments, a broken config, no terminal."""
UNREACHED = 3
"""Nothing could be reached; trying again later makes sense."""
UNHEALTHY = 4
REFUSED = 5
FAILED = 6
UNKNOWN = 7
INTERRUPTED = 130


def of_signal(number: int) -> int:
    """Ended by a signal: 128 and its number.

    >>> of_signal(15)
    143
    """
    return 128 + number


def service_code(code: int) -> int:
    """Of a verb that runs as a service, and is meant to be ended by SIGTERM: that is fine then.

    >>> service_code(143), service_code(130)
    (0, 130)
    """
    return FINE if code == of_signal(SIGTERM) else code


def masked(text: str) -> str:
    """Leaves out what may be a password: a target with one may have been typed in any word's place.

    >>> masked("no action is called 'redis://ann:secret@host:6379'")
    "no action is called 'redis://***@host:6379'"
    >>> masked("redis://ann@host:6379: connection refused")
    'redis://ann@host:6379: connection refused'
    """
    return re.sub(r"[^\s/:@'\"]*:(?!//)\S*@", "***@", text)


class Quit(Exception):
    """Ends the program with a code, after saying why on stderr, one sentence a line. No sentence holds a password."""

    def __init__(self, code: int, sentences: Iterable[str] = ()) -> None:
        self.code = code
        self.sentences = tuple(map(masked, sentences))
        super().__init__("\n".join(self.sentences))
