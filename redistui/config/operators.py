"""Operators: who acts on which servers, and where that one's password is kept. It is read when it is needed, no sooner.

Whoever only watches never needs these passwords, and may well not be allowed to read the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from redistui.config.files import Unreadable, read_password
from redistui.config.lines import placed
from redistui.config.problems import ConfigErrors
from redistui.config.values import Config, FleetConfig, Secret
from redistui.model import Operator

USER = "REDISTUI_OPERATOR_USER"
PASSWORD = "REDISTUI_OPERATOR_PASSWORD"
SENTINEL_USER = "REDISTUI_SENTINEL_OPERATOR_USER"
SENTINEL_PASSWORD = "REDISTUI_SENTINEL_OPERATOR_PASSWORD"
CANARY_USER = "REDISTUI_CANARY_USER"
CANARY_PASSWORD = "REDISTUI_CANARY_PASSWORD"


def operators(fleet: FleetConfig, name: str, environ: Mapping[str, str]) -> tuple[Operator | None, Operator | None]:
    """Who acts on the data nodes and on the Sentinels; None: whoever watches them. The config goes before the
    environment."""
    user = fleet.operator_user or environ.get(USER)
    sentinel_user = fleet.sentinel_operator_user or environ.get(SENTINEL_USER)
    return (
        _operator(user, fleet.operator_password, PASSWORD, f"the data nodes of {name}"),
        _operator(sentinel_user, fleet.sentinel_operator_password, SENTINEL_PASSWORD, f"the Sentinels of {name}"),
    )


def canary(fleet: FleetConfig, name: str, environ: Mapping[str, str]) -> Operator | None:
    """As whom canaries and drills log in at the data nodes; None: as whoever watches them."""
    user = fleet.canary_user or environ.get(CANARY_USER)
    return _operator(user, fleet.canary_password, CANARY_PASSWORD, f"the data nodes of {name}, with canaries")


def _operator(user: str | None, kept: Secret, variable: str, place: str) -> Operator | None:
    if not user:
        return None
    if kept.file is not None:
        return Operator(user, file=str(kept.file), place=place)
    return Operator(user, variable=kept.variable or variable, place=place)


def kept_password(operator: Operator, environ: Mapping[str, str]) -> str | None:
    """The operator's password; None where a person has to be asked. Raises Unreadable with a whole sentence."""
    if operator.file is None:
        return environ.get(operator.variable or "") or None
    try:
        return read_password(Path(operator.file))
    except Unreadable as error:
        raise Unreadable(f"the password of {operator.user} cannot be read: {operator.file} {error}") from None


def check_passwords(config: Config) -> None:
    """That the files that are named can be read. Raises ConfigErrors with all that cannot."""
    problems = []
    for fleet in config.fleets.values():
        for name in ("operator_password", "sentinel_operator_password", "canary_password"):
            kept: Secret = getattr(fleet, name)
            if kept.file is not None and (why := _unreadable(kept.file)):
                problems.append(placed(config, why, "fleets", fleet.name, f"{name}_file"))
    if problems:
        raise ConfigErrors(problems)


def _unreadable(file: Path) -> str:
    try:
        read_password(file)
    except Unreadable as error:
        return f"{file} {error}"
    return ""
