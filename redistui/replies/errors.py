"""Error replies by their first word: texts differ between products and versions, first words do not."""

from __future__ import annotations

from redistui.model import FaultKind

FAULTS: tuple[tuple[str, FaultKind], ...] = (
    ("LOADING", "loading"),
    ("BUSY", "busy"),
    ("UNKILLABLE", "busy"),
    ("MASTERDOWN", "masterdown"),
    ("NOAUTH", "noauth"),
    ("WRONGPASS", "noauth"),
    ("ERR invalid password", "noauth"),
    ("NOPERM", "noperm"),
    ("ERR max number of clients", "maxclients"),
    ("ERR max clients", "maxclients"),
)

SENTENCES: dict[FaultKind, str] = {
    "loading": "loads its dataset",
    "busy": "busy with a script or function; SCRIPT KILL or FUNCTION KILL ends one that has not written",
    "masterdown": "serves no data while its link to the primary is down",
    "noauth": "wants a password, or refuses ours",
    "noperm": "our user may not run what the poll needs",
    "maxclients": "has no room for another connection (maxclients)",
    "error": "answers with an error",
}


def kind_of(error: str) -> FaultKind:
    """The kind of fault an error reply stands for.

    >>> kind_of("LOADING Valkey is loading the dataset in memory"), kind_of("ERR unknown command")
    ('loading', 'error')
    >>> kind_of("BUSYKEY Target key name already exists.")
    'error'
    """
    for start, kind in FAULTS:
        if error.startswith(start) and error[len(start) : len(start) + 1] in ("", " ", ",", "."):
            return kind
    return "error"


def needs_no_password(error: str) -> bool:
    """AUTH was answered: there is nothing to log in to here."""
    return "without any password configured" in error or "no password is set" in error
