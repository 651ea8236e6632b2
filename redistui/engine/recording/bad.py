"""BadRecording: what is wrong with a file that should be a recording."""

from __future__ import annotations


class BadRecording(Exception):
    """The file is no recording of ours, is damaged, or was written by a newer version; one sentence that says which."""
