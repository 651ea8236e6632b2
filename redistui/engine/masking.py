"""Secrets out of commands and replies, before these are journalled, shown or printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MASK = "***"
SECRET_OPTIONS = frozenset(
    {
        "requirepass",
        "masterauth",
        "primaryauth",
        "auth-pass",
        "sentinel-pass",
        "tls-key-file-pass",
        "tls-client-key-file-pass",
    }
)


def masked(argv: Sequence[str]) -> tuple[str, ...]:
    """A command without its secrets.

    >>> masked(("CONFIG", "SET", "masterauth", "hunter2")), masked(("AUTH", "ops", "hunter2"))
    (('CONFIG', 'SET', 'masterauth', '***'), ('AUTH', '***', '***'))
    >>> masked(("MIGRATE", "h", "1", "", "0", "5", "AUTH2", "mig", "hunter2", "KEYS", "a"))
    ('MIGRATE', 'h', '1', '', '0', '5', 'AUTH2', '***', '***', 'KEYS', 'a')
    """
    out = list(argv)
    for at, word in enumerate(argv):
        lower = word.lower()
        count = {"auth": len(argv) if at == 0 else 1, "auth2": 2}.get(lower, 1 if lower in SECRET_OPTIONS else 0)
        for place in range(at + 1, min(at + 1 + count, len(out))):
            out[place] = MASK
    if argv and argv[0].lower() == "acl":
        out = [MASK if word[:1] in "><#!" and word else word for word in out]
    return tuple(out)


def scrubbed(text: str, secrets: Iterable[str | None]) -> str:
    """A server's text without our passwords: an error reply may repeat the arguments it was sent."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, MASK)
    return text
