"""`[fleets.NAME]`: what is looked at, and who looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from redistui.config.problems import nearest
from redistui.config.section import Section
from redistui.config.targets import BadTarget, parse_address, parse_url
from redistui.config.thresholds import read_thresholds
from redistui.config.values import FleetConfig, Secret
from redistui.model import Address

PERIOD = (0.1, 3600.0)
"""Seconds between two polls of one node."""


def read_fleets(section: Section, reserved: frozenset[str]) -> dict[str, FleetConfig]:
    fleets = {}
    for name, table in section.sections().items():
        if name in reserved:
            section.wrong(name, "this is the name of a verb: a fleet needs another")
        elif not re.fullmatch(r"[\w.-]+", name) or name.startswith("-"):
            section.wrong(name, "a fleet's name has letters, digits, dots, dashes")
        fleets[name] = _fleet(name, table)
    for name, fleet in fleets.items():
        _check_targets(Section({}, (*section.at, name), section.report), fleet, fleets)
    return fleets


def _fleet(name: str, table: Section) -> FleetConfig:
    fleet = FleetConfig(
        name=name,
        targets=table.texts("targets") or (),
        environment=table.text("environment"),
        user=table.text("user"),
        password=_secret(table, "password"),
        sentinel_user=table.text("sentinel_user"),
        sentinel_password=_secret(table, "sentinel_password"),
        operator_user=table.text("operator_user"),
        operator_password=_secret(table, "operator_password"),
        sentinel_operator_user=table.text("sentinel_operator_user"),
        sentinel_operator_password=_secret(table, "sentinel_operator_password"),
        canary_user=table.text("canary_user"),
        canary_password=_secret(table, "canary_password"),
        tls=table.flag("tls") or False,
        ca=table.path("ca"),
        cert=table.path("cert"),
        key=table.path("key"),
        verify=table.flag("verify") is not False,
        private=table.flag("private") or False,
        history=table.path("history"),
        period=table.number("period", *PERIOD, "seconds"),
        addresses=dict(_addresses(table.section("addresses"))),
        thresholds=read_thresholds(table.section("thresholds")),
    )
    if "targets" not in table.table:
        table.wrong("targets", 'is missing: it names where to look, as in targets = ["redis://10.0.0.1:6379"]')
    _check_operators(table, fleet)
    if (fleet.cert is None) is not (fleet.key is None):
        table.wrong("cert" if fleet.cert else "key", "a client certificate needs both cert and key")
    table.finish()
    return fleet


def _check_operators(table: Section, fleet: FleetConfig) -> None:
    """A password needs somebody whose it is."""
    rows = (
        ("operator", fleet.operator_user, fleet.operator_password),
        ("sentinel_operator", fleet.sentinel_operator_user, fleet.sentinel_operator_password),
        ("canary", fleet.canary_user, fleet.canary_password),
    )
    for name, user, password in rows:
        key = f"{name}_password_{'file' if password.file is not None else 'env'}"
        if user is None and password != Secret():
            table.wrong(key, f"{name}_user is missing: whose password is it?")


def _secret(table: Section, name: str) -> Secret:
    secret = Secret(table.path(f"{name}_file"), table.text(f"{name}_env"))
    if secret.file is not None and secret.variable is not None:
        table.wrong(f"{name}_env", f"there is {name}_file as well: one of the two")
    return secret


def _addresses(table: Section) -> Iterator[tuple[Address, Address]]:
    for announced in table.table:
        reachable = table.text(announced)
        if reachable is None:
            continue
        try:
            yield parse_address(announced), parse_address(reachable)
        except BadTarget as error:
            table.wrong(announced, str(error))


def _check_targets(section: Section, fleet: FleetConfig, fleets: Mapping[str, FleetConfig]) -> None:
    """Each one is a URL or another fleet; no fleet leads back to itself, and none is named twice."""
    for target in fleet.targets:
        if target in fleets:
            cycle = _cycle((fleet.name,), target, fleets)
            if cycle:
                section.wrong("targets", f"leads back to itself: {' -> '.join(cycle)}")
        elif "://" not in target:
            end = nearest(target, fleets)
            section.wrong("targets", f"{target!r} is neither a URL nor a fleet{end}" if "@" not in target else _NO_URL)
        else:
            try:
                parse_url(target)
            except BadTarget as error:
                section.wrong("targets", str(error))
    for twice in sorted({target for target in fleet.targets if fleet.targets.count(target) > 1}):
        section.wrong("targets", f"{twice!r} is named twice" if "@" not in twice else "a target is named twice")


_NO_URL = "one of them is neither a URL nor a fleet"


def _cycle(way: tuple[str, ...], name: str, fleets: Mapping[str, FleetConfig]) -> tuple[str, ...]:
    """The way from the first fleet back to it; empty when there is none. A cycle further on is its own fleets'."""
    if name == way[0]:
        return (*way, name)
    if name in way or name not in fleets:
        return ()
    found = (_cycle((*way, name), target, fleets) for target in fleets[name].targets)
    return next((cycle for cycle in found if cycle), ())
