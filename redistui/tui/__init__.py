"""The dashboard. `run` is its door: nothing here imports textual before it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redistui.engine.engine import Engine
    from redistui.engine.late import LateEngine
    from redistui.engine.playback import Playback
    from redistui.model import Fleet


@dataclass(frozen=True, slots=True)
class Settings:
    """How the operator wants the dashboard."""

    theme: str | None = None
    """None: the default one, or prod-red where every group is a PROD one and no theme was asked for."""
    ascii: bool | None = None
    """None: ASCII signs where the locale is not UTF-8."""
    mouse: bool = False
    bell: bool = True
    """It rings when an alert is raised or gets worse."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Id of a row in `redistui.view.keys.KEYS` -> keys."""
    armed: bool = False
    replay: bool = False
    """A recording is looked at, not servers."""
    group: str | None = None
    """The group to look at first."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Those that the config sets: plots show them."""
    notes: tuple[str, ...] = ()
    """Anything else to tell the operator, a sentence each; `:problems` lists them."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Texts that a crash report must not show."""
    wants_password: Callable[[Fleet], bool] | None = None
    """Whether a snapshot shows that a password must be asked for: the dashboard then ends, so that it can be."""


def run(engine: Engine | LateEngine | Playback, settings: Settings) -> int:
    """Shows the dashboard until it is left; the process' exit code. The engine is started by then, or on its way."""
    from redistui.tui.terminal import run_app

    return run_app(engine, settings)
