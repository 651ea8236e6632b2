"""What can go wrong with a demo, each as one sentence for whoever started it."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot run as asked; `str()` says what, where and what to do."""


class StartFailed(DemoError):
    """A server ended or stayed silent while starting."""


class PortTaken(StartFailed):
    """Somebody else took a port between our look and the server's: another try with other ports is worth it."""
