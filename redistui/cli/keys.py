"""The keys of the dashboard. [keymap] in the config moves them by their ids."""

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
        from redistui.cli.document import printed

        rows = [{"id": row.id, "key": moved.get(row.id, row.key), "where": row.where, "what": row.what} for row in KEYS]
        print(printed(rows))
        return FINE
    from redistui.cli.paint import coloured, table
    from redistui.view.cells import Cell, Column

    columns = (Column("ID", 20), Column("KEY", 10), Column("WHERE", 8), Column("WHAT", 40))
    cells = [
        (Cell(row.id), Cell(moved.get(row.id, row.key), "key"), Cell(row.where, "dim"), Cell(row.what)) for row in KEYS
    ]
    for line in table(columns, cells, coloured(), indent=""):
        print(line)
    return FINE
