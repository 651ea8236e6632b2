"""Reading small files that somebody else may have prepared: never blocks on a fifo, never swallows a huge one."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST_CONFIG = 1024 * 1024
LARGEST_SECRET = 4096


class Unreadable(Exception):
    """Why a file cannot be used: the end of a sentence that begins with its name."""


def read_config(path: Path) -> str:
    """The text of a config file. A byte order mark is dropped; /dev/null is an empty file."""
    if str(path) == os.devnull:
        return ""
    raw = _read(path, LARGEST_CONFIG)[0]
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"is not UTF-8 text (byte 0x{raw[error.start]:02x} in line {line})") from None


def read_password(path: Path) -> str:
    """The one line of a password file, which must be ours alone: owned by us, mode 600 or stricter."""
    raw, state = _read(path, LARGEST_SECRET)
    if state.st_uid != os.geteuid():
        raise Unreadable("belongs to another user: copy it to a file of your own")
    if state.st_mode & 0o077:
        raise Unreadable(f"can be read by others (mode {stat.S_IMODE(state.st_mode):03o}): chmod 600 it")
    try:
        text = raw.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    if not text:
        raise Unreadable("is empty: it must hold the password in one line")
    if "\n" in text or "\r" in text or "\0" in text:
        raise Unreadable("has more than one line: it must hold the password in one line")
    return text


def _read(path: Path, most: int) -> tuple[bytes, os.stat_result]:
    try:
        # O_NONBLOCK: opening a fifo nobody writes to must not wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable("does not exist") from None
    except PermissionError:
        raise Unreadable("may not be read by you") from None
    except ValueError:
        raise Unreadable("is no file name: it holds a NUL") from None
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise Unreadable(f"is {_sort(state.st_mode)}, not a file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            raw = file.read(most + 1)
    finally:
        os.close(handle)
    if len(raw) > most:
        raise Unreadable(f"has {_size(max(state.st_size, len(raw)))}; more than {_size(most)} is refused")
    return raw, state


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{count:,} bytes"


def _sort(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a device or a socket"
