"""Section: one table of the file, read key by key. Problems are collected, never raised: all of them are told."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from redistui.config.lines import Key, line_of
from redistui.config.problems import Problem, nearest


class Report:
    """Collects problems of one file, each with its line."""

    def __init__(self, file: str, lines: Mapping[Key, int]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []

    def add(self, key: Key, text: str) -> None:
        self.problems.append(Problem(text, self.file, ".".join(map(_spelled, key)), line_of(self.lines, key)))


class Section:
    """Takes keys out of a table by type; `finish` reports the ones that nobody took."""

    def __init__(self, table: Mapping[str, Any], at: Key, report: Report) -> None:
        self.table = table
        self.at = at
        self.report = report
        self._known: list[str] = []

    def wrong(self, name: str, text: str) -> None:
        self.report.add((*self.at, name), text)

    def get(self, name: str, kind: type, what: str) -> Any:
        """The value if it is there and of the right type. TOML's true is no number."""
        self._known.append(name)
        value = self.table.get(name)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.wrong(name, f"must be {what}, not {_sort(value)}")
            return None
        return value

    def text(self, name: str) -> str | None:
        """A text that is not empty and has no control characters."""
        value: str | None = self.get(name, str, "a text in quotes")
        if value is None:
            return None
        if not value.strip() or not value.isprintable():
            self.wrong(name, "must not be empty" if not value.strip() else "holds a control character")
            return None
        return value

    def flag(self, name: str) -> bool | None:
        value: bool | None = self.get(name, bool, "true or false")
        return value

    def number(self, name: str, least: float, most: float, unit: str = "") -> float | None:
        """A number between two bounds, both allowed; never nan or infinite."""
        value = self.get(name, (int, float), "a number")  # type: ignore[arg-type]
        if value is None:
            return None
        if not isfinite(value) or not least <= value <= most:
            self.wrong(name, f"must be {f'from {least:g} to {most:g} {unit}'.rstrip()}, not {value}")
            return None
        return float(value)

    def path(self, name: str) -> Path | None:
        """A file; `~` is the operator's home, and a relative one starts at the config's own folder."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return Path(self.report.file).parent / Path(value).expanduser()
        except RuntimeError:
            self.wrong(name, f"there is no home folder for {value!r}")
            return None

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, at least one."""
        values = self.get(name, list, 'a list of texts, as in ["a", "b"]')
        if values is None:
            return None
        for number, value in enumerate(values, 1):
            if not isinstance(value, str):
                self.wrong(name, f"entry {number} must be a text in quotes, not {_sort(value)}")
                return None
        if not values:
            self.wrong(name, "must not be empty")
            return None
        return tuple(values)

    def section(self, name: str) -> Section:
        """A table within this one; an empty one where it is missing or no table."""
        return Section(self.get(name, dict, "a table") or {}, (*self.at, name), self.report)

    def sections(self) -> dict[str, Section]:
        """All tables within this one, by the names the operator gave them."""
        return {name: self.section(name) for name in self.table if isinstance(self.get(name, dict, "a table"), dict)}

    def finish(self) -> None:
        for name in self.table:
            if name in self._known:
                continue
            if "password" in name.lower() and "password_file" in self._known:
                self.wrong(name, _NO_PASSWORD)
            else:
                self.wrong(name, f"no such key{nearest(name, self._known)}")


_NO_PASSWORD = "passwords do not stand in the config: put it in a file of mode 600 and name that with password_file"


def _sort(value: object) -> str:
    """A TOML value's type in words; the value itself may be a secret in the wrong place and is not repeated."""
    for kind, word in ((bool, "true or false"), (str, "a text"), (int, "a number"), (float, "a number")):
        if isinstance(value, kind):
            return word
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "a date"


def _spelled(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() else f'"{name}"'
