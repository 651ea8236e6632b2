"""Engine: the thread that polls, listens and acts, with an event loop of its own.

Textual's loop stops when the terminal stops reading; a poll, and above all a half-done failover, must not. Whoever watches
gets whole frozen `Fleet` values, handed over thread-safely, the latest one wins.
"""
