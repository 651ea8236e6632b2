"""The keys of the dashboard, and the ids by which [keymap] in the config moves them: "app.pause" = "p,f2"."""

from __future__ import annotations

import argparse

from redistui.cli.exits import FINE
from redistui.cli.options import add_json


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import config_of
    from redistui.view.keys import KEYS

    moved = config_of(args).keymap
    if args.json:
        from redistui.cli.output import put

        rows = [{"id": row.id, "key": moved.get(row.id, row.key), "where": row.where, "what": row.what} for row in KEYS]
        put(rows)
        return FINE
    from redistui.cli.paint import coloured, table
    from redistui.view.cells import Cell, Column

    def typed(keys: str) -> Cell:
        return Cell(" ".join(as_typed(key) for key in keys.split(",")), "key")

    columns = (Column("ID", 20), Column("KEY", 10), Column("WHERE", 8), Column("WHAT", 40))
    cells = [(Cell(row.id), typed(moved.get(row.id, row.key)), Cell(row.where, "dim"), Cell(row.what)) for row in KEYS]
    for line in table(columns, cells, coloured(), indent=""):
        print(line)
    return FINE


def as_typed(key: str) -> str:
    """A key as [keymap] takes it: the character, or the name of what is no character.

    >>> as_typed("question_mark"), as_typed("pageup"), as_typed("comma")
    ('?', 'pageup', 'comma')
    """
    from redistui.view.keys import shown

    character = shown(key)
    return character if len(character) == 1 and character != "," else key.strip()
