"""What is asked for on the command line, with the config's fleets and the environment -> targets with their logins."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from redistui.config.files import Unreadable, read_password
from redistui.config.lines import placed
from redistui.config.operators import canary, operators
from redistui.config.problems import ConfigErrors, Problem, nearest
from redistui.config.targets import DEFAULT, BadTarget, Url, parse_url
from redistui.config.values import Config, FleetConfig, Secret
from redistui.judge.rules.limits import of_target
from redistui.model import Access, Login, Target, Tls

PASSWORD = "REDISTUI_PASSWORD"
SENTINEL_PASSWORD = "REDISTUI_SENTINEL_PASSWORD"


class Resolver:
    """Makes targets of words, collecting problems so that all of them are told at once."""

    def __init__(self, config: Config, environ: Mapping[str, str]) -> None:
        self.config = config
        self.environ = environ
        self.problems: list[Problem] = []

    def fleet(self, fleet: FleetConfig) -> list[Target]:
        """All targets of a fleet. The config has no cycles: it was checked when it was read."""
        data = Login(fleet.user, self._password(fleet, "password", fleet.password, PASSWORD))
        sentinel = Login(
            fleet.sentinel_user,
            self._password(fleet, "sentinel_password", fleet.sentinel_password, SENTINEL_PASSWORD),
        )
        found: list[Target] = []
        for word in fleet.targets:
            if word in self.config.fleets:
                found += self.fleet(self.config.fleets[word])
            else:
                access = Access(
                    data,
                    sentinel,
                    self._fleet_tls(fleet),
                    fleet.addresses,
                    *operators(fleet, fleet.name, self.environ),
                    canary(fleet, fleet.name, self.environ),
                    fleet.private,
                )
                found.append(self._target(parse_url(word), access, fleet))
        return found

    def url(self, word: str) -> list[Target]:
        try:
            url = parse_url(word)
        except BadTarget as error:
            self.problems.append(Problem(str(error)))
            return []
        data = Login(None, self.environ.get(PASSWORD) or None)
        sentinel = Login(None, self.environ.get(SENTINEL_PASSWORD) or None)
        nothing = FleetConfig("", ())
        data_operator, sentinel_operator = operators(nothing, word, self.environ)
        access = Access(
            data,
            sentinel,
            operator=data_operator,
            sentinel_operator=sentinel_operator,
            canary=canary(nothing, word, self.environ),
        )
        return [self._target(url, access)]

    def _target(self, url: Url, access: Access, fleet: FleetConfig | None = None) -> Target:
        data, sentinel, tls = access.data, access.sentinel, access.tls
        if url.user is not None and url.wanted == "sentinel":
            sentinel = Login(url.user, sentinel.password)
        elif url.user is not None:
            data = Login(url.user, data.password)
        if url.tls:
            tls = self._url_tls(url, tls)
        elif url.addresses[0].startswith("unix:"):
            tls = None
        return Target(
            addresses=url.addresses,
            wanted=url.wanted,
            only=url.only,
            title=_title(url, fleet),
            environment=None if fleet is None else fleet.environment,
            access=replace(access, data=data, sentinel=sentinel, tls=tls),
            text=url.text,
        )

    def _url_tls(self, url: Url, tls: Tls | None) -> Tls:
        """The URL's own certificates go before the fleet's."""
        tls = tls or Tls()
        files = {name: self._file(value, f"{url.text}: {name}=") for name, value in url.options.items()}
        if ("cert" in files) is not ("key" in files):
            self.problems.append(Problem(f"{url.text}: a client certificate needs both cert= and key="))
        return Tls(
            ca=files.get("ca", tls.ca),
            certificate=files.get("cert", tls.certificate),
            key=files.get("key", tls.key),
            verify=tls.verify,
        )

    def _fleet_tls(self, fleet: FleetConfig) -> Tls | None:
        """`tls = true` or a certificate makes all targets of the fleet TLS; `rediss://` does so for one."""
        names = {name: getattr(fleet, name) for name in ("ca", "cert", "key")}
        if not fleet.tls and not any(names.values()) and fleet.verify:
            return None
        files = {name: None if path is None else self._file(str(path), "", name, fleet) for name, path in names.items()}
        return Tls(files["ca"], files["cert"], files["key"], fleet.verify)

    def _file(self, path: str, before: str, key: str = "", fleet: FleetConfig | None = None) -> str:
        """A certificate's file, which must be there to be read."""
        if not Path(path).is_file():
            what = "does not exist"
        elif not os.access(path, os.R_OK):
            what = "may not be read by you"
        else:
            return path
        self._add(fleet, key, f"{before}{path} {what}")
        return path

    def _password(self, fleet: FleetConfig, key: str, secret: Secret, variable: str) -> str | None:
        """From the fleet's file or variable, else from redistui's own variable."""
        if secret.variable is not None:
            password = self.environ.get(secret.variable)
            if not password:
                self._add(fleet, f"{key}_env", f"${secret.variable} is not set in the environment")
            return password
        if secret.file is None:
            return self.environ.get(variable) or None
        try:
            return read_password(secret.file)
        except Unreadable as error:
            self._add(fleet, f"{key}_file", f"{secret.file} {error}")
            return None

    def _add(self, fleet: FleetConfig | None, key: str, text: str) -> None:
        problem = Problem(text) if fleet is None else placed(self.config, text, "fleets", fleet.name, key)
        if problem not in self.problems:
            self.problems.append(problem)


def resolve(
    words: Sequence[str], config: Config, environ: Mapping[str, str], others: Iterable[str] = ()
) -> tuple[Target, ...]:
    """The targets that words name, each once. `others` are words that could have been meant (verbs), for the message.

    Without words: the config's default fleet, else the server on this machine. Raises ConfigErrors with every problem.
    """
    resolver = Resolver(config, environ)
    targets: list[Target] = []
    for word in words or (config.default or DEFAULT,):
        if word in config.fleets:
            targets += resolver.fleet(config.fleets[word])
        elif "://" in word:
            targets += resolver.url(word)
        else:
            resolver.problems.append(Problem(_unknown(word, config, others)))
    if resolver.problems:
        raise ConfigErrors(resolver.problems)
    return tuple(target for at, target in enumerate(targets) if target not in targets[:at])


def fleets_of(words: Sequence[str], config: Config) -> tuple[FleetConfig, ...]:
    """The fleets that words name, with the fleets these name in turn."""
    found: dict[str, FleetConfig] = {}
    waiting = [word for word in words or (config.default or "",) if word in config.fleets]
    while waiting:
        fleet = config.fleets[waiting.pop(0)]
        if fleet.name not in found:
            found[fleet.name] = fleet
            waiting += [word for word in fleet.targets if word in config.fleets]
    return tuple(found.values())


def period_of(words: Sequence[str], config: Config) -> float | None:
    """The shortest period of the fleets named, else the config's."""
    return min((fleet.period for fleet in fleets_of(words, config) if fleet.period is not None), default=config.period)


def histories_of(words: Sequence[str], config: Config) -> dict[Path, frozenset[str]]:
    """By file the targets (their texts) whose past is kept there: the file that their own fleet names, else that of the
    fleet that names it. What stands in several fleets belongs to the first."""
    found: dict[str, Path | None] = {}
    for word in words or (config.default or "",):
        if word in config.fleets:
            _histories(config.fleets[word], config, None, found)
    files: dict[Path, frozenset[str]] = {}
    for text, path in found.items():
        if path is not None:
            files[path] = files.get(path, frozenset()) | {text}
    return files


def _histories(fleet: FleetConfig, config: Config, above: Path | None, found: dict[str, Path | None]) -> None:
    path = fleet.history or above
    for word in fleet.targets:
        if word in config.fleets:
            _histories(config.fleets[word], config, path, found)
        else:
            found.setdefault(parse_url(word).text, path)


def thresholds_of(words: Sequence[str], config: Config) -> dict[str, float]:
    """The config's thresholds, with those of the fleets named over them: where these are not the same for all targets,
    each fleet's by its own (judge.rules.limits.of_target). What stands in several fleets goes by the first."""
    found: dict[str, Mapping[str, float]] = {}
    for word in words or (config.default or "",):
        if word in config.fleets:
            _thresholds(config.fleets[word], config, {}, found)
        elif "://" in word:
            found.setdefault(parse_url(word).text, {})
    own = list(found.values())
    if all(one == own[0] for one in own):
        return {**config.thresholds, **(own[0] if own else {})}
    return {
        **config.thresholds,
        **{of_target(text, name): value for text, one in found.items() for name, value in one.items()},
    }


def _thresholds(
    fleet: FleetConfig, config: Config, above: Mapping[str, float], found: dict[str, Mapping[str, float]]
) -> None:
    """By target; those of a fleet that is named in another one go before that one's."""
    own = {**above, **fleet.thresholds}
    for word in fleet.targets:
        if word in config.fleets:
            _thresholds(config.fleets[word], config, own, found)
        else:
            found.setdefault(parse_url(word).text, own)


def _title(url: Url, fleet: FleetConfig | None) -> str | None:
    """The fleet's name, where its only target is one group; Sentinels that watch several name them themselves."""
    if fleet is None or len(fleet.targets) > 1 or (url.wanted == "sentinel" and url.only is None):
        return None
    return fleet.name


def _unknown(word: str, config: Config, others: Iterable[str]) -> str:
    if "@" in word:
        return (
            "a target is a URL without a password, as in redis://user@host:6379, or the name of a fleet in the config"
        )
    hint = nearest(word, (*config.fleets, *others))
    if not hint and ":" in word and word.isprintable():
        hint = f"; did you mean 'redis://{word}'?"
    if not hint and _like_a_host(word):
        hint = f"; a server is named as in redis://{word}"
    return f"{word!r} is neither a URL nor a fleet in {config.path or 'a config file (there is none)'}{hint}"


def _like_a_host(word: str) -> bool:
    """
    >>> _like_a_host("10.0.0.1"), _like_a_host("localhost"), _like_a_host("frobnicate")
    (True, True, False)
    """
    return word == "localhost" or re.fullmatch(r"[\w-]+(\.[\w-]+)+", word) is not None
