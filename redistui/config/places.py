"""Where the config file and the themes are. $XDG_CONFIG_HOME is honoured."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import expanduser
from pathlib import Path

VARIABLE = "REDISTUI_CONFIG"
NAME = "config.toml"


def folder() -> Path:
    """The operator's own folder; it need not exist."""
    import platformdirs

    return Path(platformdirs.user_config_dir("redistui", appauthor=False))


def config_file(named: str | None, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """The config file, and whether the operator named it: one that was named must exist.

    `--config` goes before $REDISTUI_CONFIG, and that before the operator's own folder.
    """
    text = named if named is not None else environ.get(VARIABLE)
    if text:
        return Path(expanduser(text)), True
    return folder() / NAME, False


def theme_folders() -> tuple[Path, ...]:
    """Where themes are looked for, first match wins: the operator's own, the package's, the checkout's."""
    package = Path(__file__).resolve().parent.parent
    shipped = (package / "themes", package.parent / "themes")
    return (folder() / "themes", *(path for path in shipped if path.is_dir()))


def theme_files() -> dict[str, Path]:
    """All themes there are, by name, each with the file that is used."""
    found: dict[str, Path] = {}
    for place in theme_folders():
        for file in sorted(place.glob("*.toml")) if place.is_dir() else ():
            found.setdefault(file.stem, file)
    return dict(sorted(found.items()))
