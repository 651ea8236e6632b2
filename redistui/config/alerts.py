"""`[alerts]`: what is run, or called, when an alert is raised, gets worse or is over. Nothing is, unless it says so.

[alerts]
command = "/usr/local/bin/page"
webhook_file = "~/.config/redistui/webhook"
levels = ["bad"]
timeout = 10
at_most = 10
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from redistui.config.files import Unreadable, read_password
from redistui.config.problems import nearest
from redistui.config.section import Section
from redistui.config.values import AlertConfig, Secret
from redistui.model import Level

DEFAULT = AlertConfig()
LEVELS: tuple[Level, ...] = ("warn", "bad")
TIMEOUT = (0.1, 60.0)
"""Seconds."""
AT_MOST = (1, 600)
"""A minute."""


def read_alerts(table: Section) -> AlertConfig:
    command = table.path("command")
    config = AlertConfig(
        command=None if command is None else str(command.absolute()),
        webhook=_webhook(table),
        levels=_levels(table),
        timeout=table.number("timeout", *TIMEOUT, "seconds") or DEFAULT.timeout,
        at_most=int(table.number("at_most", *AT_MOST, "a minute") or DEFAULT.at_most),
    )
    table.finish()
    return config


def _webhook(table: Section) -> Secret | str | None:
    """The URL itself, or where it is kept: many of them are as good as a password."""
    url, kept = table.text("webhook"), Secret(table.path("webhook_file"), table.text("webhook_env"))
    if sum(one is not None for one in (url, kept.file, kept.variable)) > 1:
        table.wrong("webhook", "is said more than once: one of webhook, webhook_file and webhook_env")
    if url is not None and (why := unfit_url(url)):
        table.wrong("webhook", why)
    return url if url is not None else None if kept == Secret() else kept


def _levels(table: Section) -> tuple[Level, ...]:
    words = table.texts("levels")
    if words is None:
        return DEFAULT.levels
    for word in words:
        if word not in LEVELS:
            table.wrong("levels", f"{word!r} is no level{nearest(word, LEVELS)}: warn or bad")
    return tuple(level for level in LEVELS if level in words)


def unfit_url(url: str) -> str:
    """Why nothing can be sent to a URL; empty: it can. The URL itself is not repeated: it may hold a secret.

    >>> unfit_url("https://example.org/x"), unfit_url("ftp://example.org")
    ('', 'must begin with https:// or http:// and name a host')
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a port that is none is told by reading it
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        return "must begin with https:// or http:// and name a host"
    if " " in url:
        return "is no URL: there is a space in it"
    return "must hold no user and password; use a token in its path" if parts.username or parts.password else ""


def webhook_of(config: AlertConfig, environ: Mapping[str, str]) -> str | None:
    """The URL, from wherever it is kept. Raises Unreadable with a sentence."""
    kept = config.webhook
    if not isinstance(kept, Secret):
        return kept
    if kept.variable is not None:
        url, place = environ.get(kept.variable, ""), f"${kept.variable}"
        if not url:
            raise Unreadable(f"[alerts] webhook_env: {place} is not set in the environment")
    else:
        assert kept.file is not None
        place = str(kept.file)
        try:
            url = read_password(kept.file)
        except Unreadable as error:
            raise Unreadable(f"[alerts] webhook_file: {place} {error}") from None
    if why := unfit_url(url):
        raise Unreadable(f"[alerts]: the URL in {place} {why}")
    return url
