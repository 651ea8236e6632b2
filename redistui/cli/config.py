"""The config file: where it is (path), what it says (show), and everything that is wrong with it (validate).

`show` names where passwords are kept, and never holds one. `validate` also looks whether what the file names can be
used: password files, certificates, hooks, commands, the webhook and the theme.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator

from redistui.cli.exits import FINE
from redistui.cli.options import add_json
from redistui.config.values import AlertConfig, Config, FleetConfig, RecordingConfig, Secret
from redistui.model import Site


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("path", "show", "validate"), metavar="path|show|validate")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.document import printed
    from redistui.cli.opening import config_of
    from redistui.config import config_file
    from redistui.config.checking import check_files
    from redistui.view.figures import plural

    path, _ = config_file(args.config, os.environ)
    if args.what == "path":
        print(printed({"path": str(path), "exists": path.exists()}) if args.json else path)
        return FINE
    config = config_of(args)
    if args.what == "show":
        print(
            printed(document(config))
            if args.json
            else "\n".join(lines(config)) or f"# {path} does not exist: all defaults"
        )
        return FINE
    check_files(config, os.environ)
    counted = f"{plural(len(config.fleets), 'fleet')}, {plural(len(config.sites), 'site')}"
    said = f"{path}: fine ({counted})" if config.path else f"{path} does not exist: all defaults"
    print(printed({"path": str(path), "valid": True, "problems": []}) if args.json else said)
    return FINE


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
        "fleets": {name: dict(_fleet(fleet)) for name, fleet in config.fleets.items()},
        "sites": {site.name: _site(site) for site in config.sites},
        "alerts": dict(_alerts(config.alerts)),
        "recording": dict(_recording(config.recording)),
    }


def _alerts(alerts: AlertConfig) -> Iterator[tuple[str, object]]:
    """Of a webhook only where its URL is kept, or that there is one: many are as good as a password."""
    yield "command", alerts.command
    kept = alerts.webhook
    yield "webhook", _secret(kept) if isinstance(kept, Secret) else None if kept is None else "***"
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
    yield "password", _secret(fleet.password)
    yield "sentinel_user", fleet.sentinel_user
    yield "sentinel_password", _secret(fleet.sentinel_password)
    yield "operator_user", fleet.operator_user
    yield "operator_password", _secret(fleet.operator_password)
    yield "sentinel_operator_user", fleet.sentinel_operator_user
    yield "sentinel_operator_password", _secret(fleet.sentinel_operator_password)
    yield "canary_user", fleet.canary_user
    yield "canary_password", _secret(fleet.canary_password)
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


def _secret(secret: Secret) -> str | None:
    """Where it is kept."""
    if secret.file is not None:
        return f"*** (in {secret.file})"
    return None if secret.variable is None else f"*** (in ${secret.variable})"


def lines(config: Config) -> Iterator[str]:
    """The same as TOML-like text; what is not set is left out."""
    told = document(config)
    for name, value in told.items():
        if not isinstance(value, dict) and value is not None:
            yield f"{name} = {_spelled(value)}"
    limits = {_dotted(name): value for name, value in config.thresholds.items()}
    tables: list[tuple[str, dict[str, object]]] = [("keymap", dict(config.keymap)), ("thresholds", dict(limits))]
    tables += [(f"fleets.{_key(name)}", dict(_fleet(fleet))) for name, fleet in config.fleets.items()]
    tables += [(f"sites.{_key(site.name)}", _site(site)) for site in config.sites]
    if config.alerts != AlertConfig():
        tables.append(("alerts", dict(_alerts(config.alerts))))
    if config.recording != RecordingConfig():
        tables.append(("recording", dict(_recording(config.recording))))
    for title, table in tables:
        rows = [f"{name} = {_spelled(value)}" for name, value in table.items() if value not in (None, {})]
        if rows:
            yield f"\n[{title}]"
            yield from rows


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
    import json

    from redistui.view.cells import show

    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_spelled(name)} = {_spelled(item)}" for name, item in value.items()) + " }"
    return show(json.dumps(value, ensure_ascii=False), 100_000)
