"""The themes there are, the file each comes from, and what is wrong with it.

One of your own is a copy of such a file, with another name, in the folder `themes` beside the config file.
"""

from __future__ import annotations

import argparse
import sys

from redistui.cli.exits import FINE
from redistui.cli.options import add_json


def arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.output import put
    from redistui.config.checking import theme_problems
    from redistui.config.places import theme_files

    files = {name: (str(path), theme_problems(path)) for name, path in theme_files().items()}
    if args.json:
        rows = [{"name": name, "file": path, "problems": list(wrong)} for name, (path, wrong) in files.items()]
        put(rows)
        return FINE
    from redistui.cli.paint import coloured, table
    from redistui.view.cells import Cell, Column, show

    cells = [(Cell(name, "title"), Cell(show(path, 300), "dim")) for name, (path, _) in files.items()]
    for line in table((Column("THEME", 12), Column("FILE", 40)), cells, coloured(), indent=""):
        print(line)
    for said in (text for _, wrong in files.values() for text in wrong):
        print(f"redistui: {show(said, 400)}", file=sys.stderr)
    return FINE
