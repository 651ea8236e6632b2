"""Config: what the operator's file says, checked and frozen. It holds no secret, only where secrets are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from redistui.model import Address, Site


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a password is kept: a file, or an environment variable. Neither: redistui's own variables, or a prompt."""

    file: Path | None = None
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """One `[fleets.NAME]`: what the operator calls by one name."""

    name: str
    targets: tuple[str, ...]
    """URLs, or names of other fleets."""
    environment: str | None = None
    """PROD, STAGE, DEV ...: the badge."""
    user: str | None = None
    password: Secret = Secret()
    sentinel_user: str | None = None
    sentinel_password: Secret = Secret()
    operator_user: str | None = None
    """Who acts on data nodes; None: the user that watches, or the one that the environment names."""
    operator_password: Secret = Secret()
    sentinel_operator_user: str | None = None
    sentinel_operator_password: Secret = Secret()
    canary_user: str | None = None
    """Whose writes canaries and drills are; None: the user that watches, or the one that the environment names."""
    canary_password: Secret = Secret()
    tls: bool = False
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True
    period: float | None = None
    addresses: Mapping[Address, Address] = field(default_factory=dict)
    """Announced -> reachable."""
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. Without a file: all defaults."""

    path: Path | None = None
    default: str | None = None
    """The fleet to open when none is named."""
    period: float | None = None
    """Seconds between two polls of one node."""
    theme: str | None = None
    ascii: bool | None = None
    """None: ASCII glyphs where the locale is not UTF-8."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    fleets: Mapping[str, FleetConfig] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
