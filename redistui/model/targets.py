"""Where to start looking, and how to get in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from redistui.model.places import Address, Wanted


@dataclass(frozen=True, slots=True)
class Tls:
    """How to open a TLS connection. Verification is on unless `verify` says otherwise; None: the system's own CAs."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """A user and its password. Never printed: the password is kept out of repr."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts, where that is another user than the one that watches. Holds no password, only where it is kept.

    Two are the same only when they are of the same fleet: a password given for one is never sent to another's servers.
    """

    user: str
    file: str | None = None
    """A file that only we can read; None: none."""
    variable: str | None = None
    """Of the environment. Where neither leads to a password, a person is asked for it."""
    place: str = ""
    """Whose servers, in the operator's words: `the data nodes of orders`."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything needed to open a connection to the nodes of one target, besides the address."""

    data: Login = Login()
    """Who watches."""
    sentinel: Login = Login()
    tls: Tls | None = None
    reachable: Mapping[Address, Address] = field(default_factory=dict)
    """Announced address -> the one to dial instead (NAT, port forwarding)."""
    operator: Operator | None = None
    """Who acts on data nodes; None: whoever watches them."""
    sentinel_operator: Operator | None = None
    """Who acts on Sentinels; None: whoever watches them."""
    canary: Operator | None = None
    """Whose reads and writes canaries and drills are; None: those of whoever watches."""
    private: bool = False
    """What users send, and who they are, is nobody's to look at: no slow log, no client list."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to start looking: a few addresses of one fleet, and what the operator calls it."""

    addresses: tuple[Address, ...]
    wanted: Wanted = "any"
    only: str | None = None
    """The one Sentinel name to keep, or None for all of them."""
    title: str | None = None
    """The group's name from the config file; None: the Sentinel's name or the seed's address."""
    environment: str | None = None
    """PROD, STAGE, DEV ... : the badge on every screen and in every dialog."""
    access: Access = Access()
    text: str = ""
    """As it was written on the command line or in the config, without secrets."""


@dataclass(frozen=True, slots=True)
class Site:
    """A datacenter or zone of the config: which nodes stand there."""

    name: str
    members: tuple[str, ...]
    """`host:port`, host, CIDR, or a pattern with `*`."""
    primary: bool = False
    """Where writes belong, by the config; of one site at most."""
    hook_before: str | None = None
    """An executable, with its whole path, that is run before this site takes over; it may veto that."""
    hook_after: str | None = None
    """One that is run when it has."""
