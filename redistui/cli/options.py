"""Arguments that several verbs have in common."""

from __future__ import annotations

import argparse
from math import isfinite


def add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("targets", nargs="*", default=[], metavar="TARGET", help="a URL, or a fleet of the config")


def add_target_option(parser: argparse.ArgumentParser) -> None:
    """For verbs whose own words come first. May be given several times."""
    parser.add_argument(
        "--target",
        dest="targets",
        action="append",
        default=[],
        metavar="TARGET",
        help="a URL, or a fleet of the config",
    )


def add_timeout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", type=seconds, default=5.0, metavar="SECONDS", help="how long to wait for answers (default 5)"
    )


def add_period(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--period",
        type=period,
        metavar="SECONDS",
        help="time between two polls of one node (default: the config's, or 1)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def seconds(text: str) -> float:
    """A length of time: a number, with or without an s.

    >>> seconds("2.5s")
    2.5
    """
    return _bounded(text, 0.01, 86_400)


def period(text: str) -> float:
    return _bounded(text, 0.1, 3600)


def _bounded(text: str, least: float, most: float) -> float:
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds") from None
    if not isfinite(value) or not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text} is not from {least:g} to {most:g} seconds")
    return value
