"""A target's URL -> what it names. Pure: no file is read and no name is resolved here.

A password in a URL is refused: argv is open to every user of the machine, and shells keep a history. Nothing of a URL
that may hold one is ever repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote

from redistui.config.problems import listed, nearest
from redistui.model import Address, Wanted
from redistui.view.cells import show


class Scheme(NamedTuple):
    """One way to begin a URL."""

    wanted: Wanted
    port: int
    tls: bool


SCHEMES: Mapping[str, Scheme] = {
    "redis": Scheme("any", 6379, False),
    "rediss": Scheme("any", 6379, True),
    "unix": Scheme("any", 0, False),
    "sentinel": Scheme("sentinel", 26379, False),
    "cluster": Scheme("cluster", 6379, False),
}
DEFAULT = "redis://127.0.0.1:6379"
OPTIONS = ("ca", "cert", "key", "tls")
NO_PASSWORD = (
    "holds a password, and a command line can be read by others: leave it out, and give it by password_file in the "
    "config, by REDISTUI_PASSWORD or REDISTUI_SENTINEL_PASSWORD in the environment, or at the prompt"
)
LONGEST_SOCKET = 107
"""Bytes of a unix socket's path (Linux sun_path)."""

LONGEST_QUOTE = 80


class BadTarget(Exception):
    """A sentence on what is wrong with a target; it never holds a secret."""


@dataclass(frozen=True, slots=True)
class Url:
    """A target as it was written, taken apart."""

    text: str
    wanted: Wanted
    addresses: tuple[Address, ...]
    user: str | None = None
    only: str | None = None
    """The one Sentinel name after the slash."""
    tls: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """ca, cert, key: file names. Verification cannot be turned off here, only in the config."""


def parse_url(text: str) -> Url:
    """Takes a target URL apart.

    >>> parse_url("sentinel://10.0.0.1,[fd00::2]:5000/orders").addresses
    ('10.0.0.1:26379', 'fd00::2:5000')
    """
    name, separator, rest = text.partition("://")
    if not separator:
        raise BadTarget(f"{_safe(text)} is no URL: it must begin with {_beginnings()}")
    if _holds_password(rest, name):
        raise BadTarget(f"{_masked(text)} {NO_PASSWORD}")
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        raise BadTarget(
            f"{_safe(text)}: no such kind of target{nearest(name, SCHEMES)}; it must begin with {_beginnings()}"
        )
    try:
        return _unix(text, rest) if name.lower() == "unix" else _network(text, rest, scheme)
    except BadTarget as error:
        if _may_hold_secret(text):  # and what is wrong with it may be a piece of that
            raise BadTarget(f"{_masked(text)} {NO_PASSWORD}") from None
        raise BadTarget(f"{_safe(text)}: {show(str(error))}") from None


def parse_address(text: str, port: int | None = None) -> Address:
    """`host`, `host:port` or `[IPv6]:port` -> an address. `port` is the default; without one it must be written.

    >>> parse_address("[::1]", 6379)
    '::1:6379'
    """
    if text.startswith("["):
        host, closed, after = text[1:].partition("]")
        if not closed or (after and not after.startswith(":")):
            raise BadTarget("an IPv6 address stands in brackets, as in [::1]:6379")
        return f"{_ipv6(host)}:{_port(after.removeprefix(':') or port)}"
    if text.count(":") > 1:
        raise BadTarget("an IPv6 address stands in brackets, as in [::1]:6379")
    host, colon, number = text.partition(":")
    return f"{_host(host)}:{_port(number if colon else port)}"


def bracketed(address: Address) -> str:
    """An address as it stands in a URL.

    >>> bracketed("::1:6379"), bracketed("10.0.0.1:6379")
    ('[::1]:6379', '10.0.0.1:6379')
    """
    host, _, port = address.rpartition(":")
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else address


def _network(text: str, rest: str, scheme: Scheme) -> Url:
    rest, _, query = rest.partition("?")
    user, at, rest = rest.rpartition("@")
    hosts, _, path = rest.partition("/")
    options = dict(_options(query))
    return Url(
        text=text,
        wanted=scheme.wanted,
        addresses=_addresses(hosts, scheme.port),
        user=_user(user) if at else None,
        only=_path(path, scheme),
        tls=_tls(options, scheme),
        options={name: value for name, value in options.items() if name != "tls"},
    )


def _unix(text: str, rest: str) -> Url:
    user, at, path = ("", "", rest) if rest.startswith("/") else rest.partition("@")
    if not path.startswith("/"):
        raise BadTarget("a socket is named by its whole path, as in unix:///run/redis.sock")
    if not path.isprintable() or path.endswith("/"):
        raise BadTarget("that is not the path of a socket")
    if len(path.encode()) > LONGEST_SOCKET:
        raise BadTarget(f"a socket's path has at most {LONGEST_SOCKET} bytes")
    return Url(text, "any", (f"unix:{path}",), _user(user) if at else None)


def _addresses(hosts: str, port: int) -> tuple[Address, ...]:
    found: list[Address] = []
    for part in hosts.split(","):
        address = parse_address(part, port)
        if address in found:
            raise BadTarget(f"{address} is named twice")
        found.append(address)
    return tuple(found)


def _host(host: str) -> str:
    if not host:
        raise BadTarget("the host is missing")
    if re.search(r"\s", host):
        raise BadTarget(f"host {_said(host)} has a space or line break in it")
    if host.startswith("-"):
        raise BadTarget(f"host {_said(host)} begins with a dash")
    if len(host) > 253 or not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", host):
        raise BadTarget(f"{_said(host)} is no host name: letters, digits, dots, dashes")
    if re.fullmatch(r"[0-9.]+", host):
        try:
            IPv4Address(host)
        except AddressValueError:
            raise BadTarget(f"{_said(host)} is no IPv4 address") from None
    return host


def _ipv6(host: str) -> str:
    try:
        IPv6Address(host)
    except AddressValueError:
        raise BadTarget(f"{_said(host)} is no IPv6 address") from None
    return host


def _port(port: str | int | None) -> int:
    if port is None:
        raise BadTarget("the port is missing")
    text = str(port)
    if not (text.isascii() and text.isdecimal()):
        raise BadTarget(f"port {_said(text)} is no number")
    if len(text) > 5 or not 1 <= int(text) <= 65535:
        raise BadTarget(f"port {_said(text)} is not from 1 to 65535")
    return int(text)


def _user(text: str) -> str:
    user = unquote(text)
    if not user or not user.isprintable() or " " in user:
        raise BadTarget("the user before @ is empty or has a space or control character")
    return user


def _path(path: str, scheme: Scheme) -> str | None:
    name = unquote(path)
    if scheme.wanted == "sentinel":
        if name and (not name.isprintable() or " " in name):
            raise BadTarget(f"{_said(name)} is no name that a Sentinel watches")
        return name or None
    # A database number is common in such URLs. It changes nothing here: a server is looked at as a whole.
    if name and not (name.isascii() and name.isdecimal()):
        raise BadTarget(f"{_said('/' + name)} means nothing here; a name after the slash is for sentinel://")
    return None


def _options(query: str) -> Iterator[tuple[str, str]]:
    found: set[str] = set()
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        value = unquote(value)
        if name not in OPTIONS:
            raise BadTarget(f"no such option {_said(name)}{nearest(name, OPTIONS)}; there are {', '.join(OPTIONS)}")
        if name == "tls" and value not in ("yes", "no"):
            raise BadTarget(f"tls={_said(value)} must be tls=yes or tls=no")
        if not value or not value.isprintable():
            raise BadTarget(f"{name}= must name a file")
        if name in found:
            raise BadTarget(f"{name}= is given twice")
        found.add(name)
        yield name, value


def _tls(options: Mapping[str, str], scheme: Scheme) -> bool:
    """`rediss://` always; `sentinel://` and `cluster://` with `tls=yes` or a certificate; `redis://` never."""
    if scheme.wanted != "any":
        wanted = options.get("tls") == "yes"
        if options.get("tls") == "no" and len(options) > 1:
            raise BadTarget("tls=no and certificates contradict each other")
        return wanted or bool(set(options) - {"tls"})
    if not scheme.tls and options:
        raise BadTarget(f"redis:// is without TLS: with {next(iter(options))}= it must be rediss://")
    if "tls" in options:
        raise BadTarget("rediss:// is TLS already; tls= is for sentinel:// and cluster://")
    return scheme.tls


def _holds_password(rest: str, scheme: str) -> bool:
    """Anything before the last @ with a colon in it, wherever a / or ? may stand: a password can hold those too."""
    if re.search(r"[?&](sentinel_?)?(password|pass|pwd|auth)=", rest, re.IGNORECASE):
        return True
    before, at, _ = rest.rpartition("@")
    if not at or ":" not in before:
        return False
    if scheme.lower() == "unix" and rest.startswith("/"):
        return False
    head = rest.partition("?")[0]
    return "@" in head or not _is_plain(head)


def _is_plain(head: str) -> bool:
    """Hosts and ports only: then an @ further on belongs to a file name."""
    try:
        _addresses(head.partition("/")[0], 1)
    except BadTarget:
        return False
    return True


def _masked(text: str) -> str:
    scheme, _, rest = text.partition("://")
    known = scheme.lower() if scheme.lower() in SCHEMES else "..."
    return f"{known}://***{'@...' if '@' in rest else ''}"


def _safe(text: str) -> str:
    """A target in a message: as it is, unless something before an @ might be a secret."""
    if "://" not in text:
        return "that target" if "@" in text else _said(text)
    return _masked(text) if _may_hold_secret(text) else _said(text)


def _may_hold_secret(text: str) -> bool:
    return "@" in text and ":" in text.partition("://")[2].rpartition("@")[0]


def _said(piece: str) -> str:
    """A piece of a target as a message quotes it."""
    return repr(piece if len(piece) <= LONGEST_QUOTE else f"{piece[: LONGEST_QUOTE - 1]}…")


def _beginnings() -> str:
    return listed([f"{name}://" for name in SCHEMES])
