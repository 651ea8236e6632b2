"""Config: what the operator's file says, checked and frozen. It holds no secret, only where secrets are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from redistui.model import Address, Level, Site


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
    history: Path | None = None
    """Where the past is kept, so that a restart does not lose it; None: in memory only."""
    private: bool = False
    """No slow log and no client list is asked for: they hold what users send."""
    period: float | None = None
    addresses: Mapping[Address, Address] = field(default_factory=dict)
    """Announced -> reachable."""
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """`[alerts]`: who is told of alerts, besides whoever looks at the screen."""

    command: str | None = None
    """A program with its whole path; None: none."""
    webhook: str | Secret | None = field(default=None, repr=False)
    """A URL, or where it is kept."""
    levels: tuple[Level, ...] = ("bad",)
    timeout: float = 10.0
    """Seconds that a call may take."""
    at_most: int = 10
    """Calls of each a minute."""


@dataclass(frozen=True, slots=True)
class RecordingConfig:
    """`[recording]`: the last minutes, which the dashboard keeps in memory."""

    minutes: float = 15.0
    incidents: bool = True
    """An alert of level bad saves them by itself."""
    folder: Path | None = None
    """Where they are saved; None: in the operator's state folder."""
    kept: int = 10
    """Files of incidents; the oldest go."""


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
    bell: bool | None = None
    """The terminal's bell rings when an alert is raised or gets worse; None: it does."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    fleets: Mapping[str, FleetConfig] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
    alerts: AlertConfig = AlertConfig()
    recording: RecordingConfig = RecordingConfig()
