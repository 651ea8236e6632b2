"""The config file, read whole. Every problem in it is found in one go."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from redistui.config.alerts import read_alerts
from redistui.config.files import Unreadable, read_config
from redistui.config.fleets import PERIOD, read_fleets
from redistui.config.keymap import read_keymap
from redistui.config.lines import key_lines
from redistui.config.places import theme_files
from redistui.config.problems import ConfigErrors, Problem, nearest
from redistui.config.recording import read_recording
from redistui.config.section import Report, Section
from redistui.config.sites import read_sites
from redistui.config.thresholds import read_thresholds
from redistui.config.values import Config


def load(path: Path, *, must_exist: bool = True, reserved: Iterable[str] = ()) -> Config:
    """The config in a file. `reserved`: words no fleet may be named by. Raises ConfigErrors with every problem."""
    try:
        text = read_config(path)
    except Unreadable as error:
        if not must_exist and not path.exists():
            return Config()
        raise ConfigErrors([Problem(f"{error}", str(path))]) from None
    return parse(text, path, frozenset(reserved))


def parse(text: str, path: Path, reserved: frozenset[str] = frozenset()) -> Config:
    """The config in a text; `path` is named in messages, and relative files start at its folder."""
    document = _document(text, str(path))
    report = Report(str(path), {})
    config = _read(Section(document, (), report), path, reserved)
    if report.problems:
        # Lines are looked up only now: a good file, which is the rule, is not gone through twice.
        report = Report(str(path), key_lines(text))
        _read(Section(document, (), report), path, reserved)
        raise ConfigErrors(sorted(report.problems, key=lambda problem: problem.line or 0))
    return config


def _document(text: str, file: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigErrors([Problem(f"not TOML: {error}", file)]) from None
    except RecursionError:
        raise ConfigErrors([Problem("not TOML that makes sense: brackets in brackets without end", file)]) from None
    except ValueError:
        raise ConfigErrors([Problem("not TOML that makes sense: a number with thousands of digits", file)]) from None


def _read(top: Section, path: Path, reserved: frozenset[str]) -> Config:
    fleets = read_fleets(top.section("fleets"), reserved)
    config = Config(
        path=path,
        default=top.text("default"),
        period=top.number("period", *PERIOD, "seconds"),
        theme=top.text("theme"),
        ascii=top.flag("ascii"),
        bell=top.flag("bell"),
        keymap=read_keymap(top.section("keymap")),
        thresholds=read_thresholds(top.section("thresholds")),
        fleets=fleets,
        sites=read_sites(top.section("sites")),
        alerts=read_alerts(top.section("alerts")),
        recording=read_recording(top.section("recording")),
    )
    if config.default is not None and config.default not in fleets:
        top.wrong("default", f"there is no [fleets.{config.default}]{nearest(config.default, fleets)}")
    if config.theme is not None and config.theme not in (themes := theme_files()):
        top.wrong("theme", f"there is no theme {config.theme!r}{nearest(config.theme, themes)}")
    top.finish()
    return config
