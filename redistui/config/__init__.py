"""Config: the operator's TOML file and the targets of the command line, as frozen values."""

from redistui.config.loading import load
from redistui.config.places import config_file
from redistui.config.problems import ConfigErrors, Problem
from redistui.config.resolve import histories_of, period_of, resolve, thresholds_of
from redistui.config.targets import BadTarget, parse_url
from redistui.config.values import Config, FleetConfig, Secret

__all__ = [
    "BadTarget",
    "Config",
    "ConfigErrors",
    "FleetConfig",
    "Problem",
    "Secret",
    "config_file",
    "histories_of",
    "load",
    "parse_url",
    "period_of",
    "resolve",
    "thresholds_of",
]
