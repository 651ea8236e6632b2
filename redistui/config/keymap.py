"""`[keymap]`: moves keys of the dashboard by the ids that `redistui keys` prints."""

from __future__ import annotations

from redistui.config.section import Section
from redistui.view.keys import check_keymap


def read_keymap(table: Section) -> dict[str, str]:
    """The rows that are moved: id -> keys, several separated by commas.

    An id with a dot may be quoted or not: `app.pause = "p"` is TOML for a table within a table.
    """
    moved = dict(_texts(table, ""))
    for problem in check_keymap(moved):
        name, _, sentence = problem.partition(": ")
        table.wrong(name, sentence)
    return moved


def _texts(table: Section, before: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.table.items():
        if isinstance(value, dict) and not before:
            found += _texts(table.section(name), f"{name}.")
        elif (text := table.text(name)) is not None:
            found.append((f"{before}{name}", text))
    return found
