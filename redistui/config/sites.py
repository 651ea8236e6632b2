"""`[sites.NAME]`: who stands where, where writes belong, and what is run around a takeover."""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path

from redistui.config.lines import placed
from redistui.config.problems import ConfigErrors
from redistui.config.section import Section
from redistui.config.values import Config
from redistui.model import Site

HOOKS = ("hook_before", "hook_after")


def read_sites(section: Section) -> tuple[Site, ...]:
    """All sites, in the order of the file. None needs to be the primary one; two are a mistake."""
    sites = tuple(_site(name, table, section) for name, table in section.sections().items())
    _check_members(section, sites)
    _check_primaries(section, sites)
    return sites


def _site(name: str, table: Section, section: Section) -> Site:
    members = table.texts("members")
    if "members" not in table.table:
        table.wrong("members", 'is missing: it names who stands there, as in members = ["10.1.0.0/16"]')
    for wrong in filter(None, map(_bad_member, members or ())):
        table.wrong("members", wrong)
    if not name.strip() or not name.isprintable():
        section.wrong(name, "a site's name must not be empty or hold control characters")
    site = Site(
        name=name,
        members=members or (),
        primary=table.flag("primary") or False,
        hook_before=_hook(table, "hook_before"),
        hook_after=_hook(table, "hook_after"),
    )
    table.finish()
    return site


def _hook(table: Section, name: str) -> str | None:
    """Its whole path. Whether it can be run is looked at by `config validate`, and before it is run: a script that is
    missing keeps nobody from watching."""
    path = table.path(name)
    return None if path is None else str(path.absolute())


def _bad_member(member: str) -> str:
    """What is wrong with `host`, `host:port`, a CIDR, or a pattern with `*`; empty when nothing is."""
    if not member or not member.isprintable() or " " in member:
        return f"{member!r} is empty or has a space or control character"
    if "/" in member and not member.startswith("unix:"):
        try:
            ip_network(member, strict=False)
        except ValueError:
            return f"{member!r} is no network, as in 10.1.0.0/16"
    return ""


def _check_members(section: Section, sites: Iterable[Site]) -> None:
    seen: dict[str, str] = {}
    for site in sites:
        for member in site.members:
            other = seen.setdefault(member, site.name)
            if other != site.name:
                _at(section, site).wrong("members", f"{member!r} stands in site {other!r} already")


def _check_primaries(section: Section, sites: Iterable[Site]) -> None:
    """Writes belong to one site: with two, a fail back would have no goal."""
    leading = [site for site in sites if site.primary]
    for site in leading[1:]:
        _at(section, site).wrong("primary", f"site {leading[0].name!r} is the primary one already: one of the two")


def _at(section: Section, site: Site) -> Section:
    return Section({}, (*section.at, site.name), section.report)


def check_hooks(config: Config) -> None:
    """Whether every hook could be run. Raises ConfigErrors with all that could not."""
    problems = []
    for site in config.sites:
        for name in HOOKS:
            path: str | None = getattr(site, name)
            if path is not None and (why := unfit(Path(path))):
                problems.append(placed(config, f"{path} {why}", "sites", site.name, name))
    command = config.alerts.command
    if command is not None and (why := unfit(Path(command))):
        problems.append(placed(config, f"{command} {why}", "alerts", "command"))
    if problems:
        raise ConfigErrors(problems)


def unfit(path: Path) -> str:
    """Why a file cannot be run by us; empty: it can."""
    if not path.exists():
        return "does not exist"
    if not path.is_file():
        return "is no file"
    return "" if os.access(path, os.X_OK) else "may not be executed by you: chmod +x it"
