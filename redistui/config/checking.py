"""Whether what the config names can be used: password files, certificates, hooks, commands, webhooks, the theme.

Nobody who only watches needs all of these, so they are looked at when they are wanted, and by `config validate`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from redistui.config.alerts import webhook_of
from redistui.config.files import Unreadable, read_config
from redistui.config.lines import placed
from redistui.config.operators import check_passwords
from redistui.config.places import theme_files
from redistui.config.problems import ConfigErrors, Problem
from redistui.config.resolve import resolve
from redistui.config.sites import check_hooks
from redistui.config.values import Config
from redistui.view.palette import parse_palette


def check_files(config: Config, environ: Mapping[str, str]) -> None:
    """Raises ConfigErrors with every problem, in the order of the file."""
    checks: list[Callable[[], object]] = [
        partial(_check_theme, config),
        partial(check_hooks, config),
        partial(check_passwords, config),
        partial(_check_webhook, config, environ),
        *(partial(resolve, (name,), config, environ) for name in config.fleets),
    ]
    # A fleet of fleets names the same files once more.
    problems = dict.fromkeys(problem for check in checks for problem in _problems(check))
    if problems:
        raise ConfigErrors(sorted(problems, key=lambda problem: problem.line or 0))


def _problems(check: Callable[[], object]) -> Iterator[Problem]:
    try:
        check()
    except ConfigErrors as error:
        yield from error.problems


def _check_webhook(config: Config, environ: Mapping[str, str]) -> None:
    try:
        webhook_of(config.alerts, environ)
    except Unreadable as error:
        raise ConfigErrors([placed(config, str(error), "alerts")]) from None


def _check_theme(config: Config) -> None:
    file = theme_files().get(config.theme or "")
    if file is not None and (said := theme_problems(file)):
        raise ConfigErrors(placed(config, text, "theme") for text in said)


def theme_problems(file: Path) -> tuple[str, ...]:
    """Everything that is wrong with a theme's file, each with where it stands; empty: it can be drawn with."""
    try:
        return tuple(map(str, parse_palette(read_config(file), file.stem, str(file))[1]))
    except Unreadable as error:
        return (f"{file} {error}",)
