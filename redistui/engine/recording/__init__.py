"""Recordings: everything an engine has seen, in one file or in memory, from which every snapshot can be made again.

A recording is a row of chunks, each a minute long: a key frame, from which one can begin, and parts of a few seconds
that go on from there. Of replies only what the poll reads is kept: no path, no configuration, no user data; passwords
never come in a reply.
"""

from __future__ import annotations

from redistui.engine.keyframes import restore
from redistui.engine.observation import Item
from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.recorder import Recorder
from redistui.engine.recording.tape import Recording, open_recording

__all__ = ["BadRecording", "Item", "Recorder", "Recording", "open_recording", "restore"]
