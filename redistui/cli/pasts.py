"""The pasts of the fleets that are looked at, each in the file that its own config names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING

from redistui.cli.exits import USAGE, Quit
from redistui.model import Address
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.engine.annals import Annals
    from redistui.engine.engine import Engine
    from redistui.history import History

Places = Mapping[Path, frozenset[str]]
"""By file the texts of the targets whose past is kept there."""


def loaded(places: Places, history: History, patient: bool) -> list[Annals]:
    """The files, in their order, read into `history`. Quits with code 2 where that cannot be; whoever is `patient` does
    without."""
    from redistui.engine.annals import Annals
    from redistui.engine.annals_head import BadHistory

    found = []
    for path in places:
        annals = Annals(path)
        try:
            annals.load(history, time())
        except BadHistory as error:
            if not patient:
                raise Quit(USAGE, [show(str(error), 1000)]) from None
            annals.give_up(str(error))
        found.append(annals)
    return found


def kept(files: Sequence[Annals], places: Places, engine: Engine, texts: frozenset[str]) -> None:
    """Each fleet's past goes on in its own file until the engine ends. `texts`: of all targets."""
    for annals in files:
        here = places[annals.path]
        annals.keep(engine.history, None if here >= texts else partial(_is_of, engine, here, annals.loaded))
        engine.at_end(annals.close)


def _is_of(engine: Engine, texts: frozenset[str], loaded: Callable[[Address], bool], address: Address) -> bool:
    """By which target a server was found; of one that is not found yet, whether its past came from that file."""
    target = engine.target_of(address)
    return loaded(address) if target is None else target.text in texts


def refuse_foreign(places: Places) -> None:
    """Quits with code 2 where one of the files is none of ours."""
    from redistui.engine.annals_head import BadHistory, check_head

    for path in places:
        try:
            check_head(path)
        except BadHistory as error:
            raise Quit(USAGE, [show(str(error), 1000)]) from None
