"""The config file: where it is (path), what it says (show), and everything that is wrong with it (validate).

`show` names where passwords are kept, and never holds one. `validate` also looks whether what the file names can be
used: password files, certificates, hooks, commands, the webhook and the theme.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from redistui.cli.exits import FINE, masked
from redistui.cli.options import add_json
from redistui.cli.output import put
from redistui.config.values import AlertConfig, Config, FleetConfig, RecordingConfig, Secret
from redistui.model import Site
from redistui.view.cells import show

Rows = Iterable[tuple[str, object]]
HIDDEN = "***"
"""What stands for the URL of a webhook: many are as good as a password."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("path", "show", "validate"), metavar="path|show|validate")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.config import config_file

    path, _ = config_file(args.config, os.environ)
    tell = {"path": tell_path, "show": tell_config, "validate": tell_problems}[args.what]
    tell(args, path)
    return FINE


def tell_path(args: argparse.Namespace, path: Path) -> None:
    if args.json:
        put({"path": str(path), "exists": path.exists()})
    else:
        print(path)


def tell_config(args: argparse.Namespace, path: Path) -> None:
    from redistui.cli.opening import config_of

    config = config_of(args)
    if args.json:
        put(document(config))
    else:
        print("\n".join(lines(config)) or f"# {path} does not exist: all defaults")


def tell_problems(args: argparse.Namespace, path: Path) -> None:
    """Raises ConfigErrors with all of them, which the command line tells on stderr; with --json they are on stdout as
    well."""
    from redistui.cli.opening import config_of
    from redistui.config import ConfigErrors
    from redistui.config.checking import check_files
    from redistui.view.figures import plural

    try:
        config = config_of(args)
        check_files(config, os.environ)
    except ConfigErrors as error:
        if args.json:
            put({"path": str(path), "valid": False, "problems": [masked(str(one)) for one in error.problems]})
        raise
    counted = f"{plural(len(config.fleets), 'fleet')}, {plural(len(config.sites), 'site')}"
    if args.json:
        put({"path": str(path), "valid": True, "problems": []})
    else:
        print(f"{path}: fine ({counted})" if config.path else f"{path} does not exist: all defaults")


def document(config: Config) -> dict[str, object]:
    return {
        "path": None if config.path is None else str(config.path),
        "default": config.default,
        "period": config.period,
        "theme": config.theme,
        "ascii": config.ascii,
        "bell": config.bell,
        "keymap": dict(config.keymap),
        "thresholds": dict(config.thresholds),
        "fleets": {name: _told(_fleet(fleet)) for name, fleet in config.fleets.items()},
        "sites": {site.name: _site(site) for site in config.sites},
        "alerts": _told(_alerts(config.alerts)),
        "recording": dict(_recording(config.recording)),
    }


def _alerts(alerts: AlertConfig) -> Iterator[tuple[str, object]]:
    """Of a webhook only where its URL is kept, or that there is one: many are as good as a password."""
    yield "command", alerts.command
    kept = alerts.webhook
    yield "webhook", HIDDEN if isinstance(kept, str) else kept
    yield "levels", list(alerts.levels)
    yield "timeout", alerts.timeout
    yield "at_most", alerts.at_most


def _recording(recording: RecordingConfig) -> Iterator[tuple[str, object]]:
    yield "minutes", recording.minutes
    yield "incidents", recording.incidents
    yield "folder", None if recording.folder is None else str(recording.folder)
    yield "kept", recording.kept


def _site(site: Site) -> dict[str, object]:
    return {
        "members": list(site.members),
        "primary": site.primary,
        "hook_before": site.hook_before,
        "hook_after": site.hook_after,
    }


def _fleet(fleet: FleetConfig) -> Iterator[tuple[str, object]]:
    yield "targets", list(fleet.targets)
    yield "environment", fleet.environment
    yield "user", fleet.user
    yield "password", fleet.password
    yield "sentinel_user", fleet.sentinel_user
    yield "sentinel_password", fleet.sentinel_password
    yield "operator_user", fleet.operator_user
    yield "operator_password", fleet.operator_password
    yield "sentinel_operator_user", fleet.sentinel_operator_user
    yield "sentinel_operator_password", fleet.sentinel_operator_password
    yield "canary_user", fleet.canary_user
    yield "canary_password", fleet.canary_password
    yield "tls", fleet.tls
    for name in ("ca", "cert", "key"):
        path = getattr(fleet, name)
        yield name, None if path is None else str(path)
    yield "verify", fleet.verify
    yield "private", fleet.private
    yield "history", None if fleet.history is None else str(fleet.history)
    yield "period", fleet.period
    yield "addresses", dict(fleet.addresses)
    yield "thresholds", dict(fleet.thresholds)


def _told(rows: Rows) -> dict[str, object]:
    """As JSON takes it: of a password where it is kept."""
    return {name: _kept(value) if isinstance(value, Secret) else value for name, value in rows}


def _kept(secret: Secret) -> str | None:
    if secret.file is not None:
        return f"*** (in {secret.file})"
    return None if secret.variable is None else f"*** (in ${secret.variable})"


def lines(config: Config) -> Iterator[str]:
    """The same as text that is a config itself; what is not set is left out, and so is a webhook's URL."""
    if config.path is not None:
        yield f"# {show(str(config.path), 1000)}"
    told = document(config)
    yield from _rows((name, value) for name, value in told.items() if name != "path" and not isinstance(value, dict))
    tables: list[tuple[str, Rows]] = [("keymap", config.keymap.items()), ("thresholds", config.thresholds.items())]
    tables += [(f"fleets.{_key(name)}", _fleet(fleet)) for name, fleet in config.fleets.items()]
    tables += [(f"sites.{_key(site.name)}", _site(site).items()) for site in config.sites]
    if config.alerts != AlertConfig():
        tables.append(("alerts", _alerts(config.alerts)))
    if config.recording != RecordingConfig():
        tables.append(("recording", _recording(config.recording)))
    for title, rows in tables:
        written = list(_rows(rows, dotted=title == "thresholds"))
        if written:
            yield f"\n[{title}]"
            yield from written


def _rows(rows: Rows, *, dotted: bool = False) -> Iterator[str]:
    """One line for each key. `dotted`: they are names of thresholds."""
    for name, value in rows:
        if name == "thresholds" and isinstance(value, dict):
            yield from (f"thresholds.{row}" for row in _rows(value.items(), dotted=True))
        elif isinstance(value, Secret):
            yield from _rows([(f"{name}_file", value.file and str(value.file)), (f"{name}_env", value.variable)])
        elif name == "webhook" and value == HIDDEN:
            yield f"# {name} = {HIDDEN}"
        elif value not in (None, {}):
            yield f"{_dotted(name) if dotted else _key(name)} = {_spelled(value)}"


def _dotted(threshold: str) -> str:
    """
    >>> _dotted("clients.warn"), _dotted("node:10.0.0.7:*/clients.warn")
    ('clients.warn', 'node."10.0.0.7:*".clients.warn')
    """
    scope, _, rest = threshold.partition(":")
    pattern, _, name = rest.rpartition("/")
    return f"{scope}.{_key(pattern)}.{name}" if rest else threshold


def _key(name: str) -> str:
    """
    >>> _key("orders"), _key("orders.eu")
    ('orders', '"orders.eu"')
    """
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _spelled(name)


def _spelled(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_spelled(name)} = {_spelled(item)}" for name, item in value.items()) + " }"
    return show(json.dumps(value, ensure_ascii=False), 100_000)
