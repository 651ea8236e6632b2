"""The themes there are, and the file each comes from. An own one goes into the folder that is named first."""

from __future__ import annotations

import argparse

from redistui.cli.exits import FINE
from redistui.cli.options import add_json


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.document import printed
    from redistui.config.places import theme_files

    files = theme_files()
    if args.json:
        print(printed([{"name": name, "file": str(path)} for name, path in files.items()]))
        return FINE
    from redistui.cli.paint import coloured, table
    from redistui.view.cells import Cell, Column

    rows = [(Cell(name, "title"), Cell(str(path), "dim")) for name, path in files.items()]
    for line in table((Column("THEME", 12), Column("FILE", 40)), rows, coloured(), indent=""):
        print(line)
    return FINE
