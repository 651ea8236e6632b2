"""WireFault: why a connection could not be opened, or ended, in one sentence that says what to look at.

No sentence says who we are: no user, no password, no file of ours.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl

from redistui.model import FaultKind, Tls
from redistui.net.tls import bad_files
from redistui.replies.errors import SENTENCES, kind_of


class WireFault(Exception):
    """Why a connection could not be opened, or ended."""

    def __init__(self, kind: FaultKind, text: str) -> None:
        self.kind: FaultKind = kind
        self.text = text
        super().__init__(text)


def fault_of_error(text: str) -> WireFault:
    """What a server said before it closed the connection, such as being out of client connections."""
    kind = kind_of(text)
    return WireFault(kind, SENTENCES[kind] if kind != "error" else text[:200])


def cut_short(tls: Tls | None) -> WireFault:
    """What it means when a connection ends before the first answer. Over TLS 1.3 a server takes or refuses a client's
    certificate only after the handshake, and its refusal may be lost with the connection."""
    if tls is None:
        return WireFault("closed", "closes the connection without an answer; does the port speak TLS (rediss://)?")
    wish = "does it trust our client certificate?" if tls.certificate else "does it want a client certificate?"
    return WireFault("tls", f"closes the connection right after the TLS handshake; {wish}")


def fault_of_opening(error: Exception, tls: bool) -> WireFault:
    """One sentence for each way in which opening a connection fails."""
    match error:
        case TimeoutError():
            text = "no answer to the TLS handshake; does the port speak TLS?" if tls else "no answer to the connection"
            return WireFault("tls" if tls else "unreachable", text)
        case ssl.SSLCertVerificationError():
            return WireFault("tls", f"certificate not trusted: {error.verify_message}")
        case ssl.SSLError():
            return WireFault(
                "tls", f"TLS handshake failed: {(error.reason or 'unknown reason').lower().replace('_', ' ')}"
            )
        case ConnectionRefusedError():
            return WireFault("refused", "connection refused: nothing listens there")
        case ConnectionResetError():
            return WireFault("tls" if tls else "closed", "connection reset")
        case FileNotFoundError():
            return WireFault("refused", "no such socket")
        case PermissionError():
            return WireFault("refused", "no permission to open the socket")
        case socket.gaierror():
            return WireFault("unreachable", "host name not known")
        case OverflowError():
            return WireFault("unreachable", "no such port: it lies between 1 and 65535")
        case OSError() if _numbers(error) == {errno.ECONNREFUSED}:
            return WireFault("refused", "connection refused: nothing listens there")
    return WireFault("unreachable", (getattr(error, "strerror", None) or "cannot connect").lower())


def unopened(error: OSError, tls: Tls | None) -> str:
    """Why a connection of ours was not made, in the system's or the TLS library's few words, and what to look at.

    >>> unopened(ConnectionRefusedError(errno.ECONNREFUSED, "refused"), None)
    'connection refused'
    >>> unopened(ConnectionResetError(errno.ECONNRESET, "reset"), None)
    'connection reset by peer; does the port speak TLS (rediss://)?'
    """
    match error:
        case ConnectionResetError():
            return f"{system_text(error)}{look_at(tls)}"
        case ConnectionError():
            return system_text(error)
    if tls is not None and (bad := bad_files(tls)) is not None:
        return f"certificate files cannot be used: {system_text(bad)}"
    return fault_of_opening(error, True).text if isinstance(error, ssl.SSLError) else system_text(error)


def look_at(tls: Tls | None) -> str:
    """What may be the matter where the other end hangs up before its first word."""
    return f"; {cut_short(tls).text.rpartition('; ')[2]}"


def system_text(error: OSError) -> str:
    """The operating system's or the TLS library's own few words."""
    tls = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    if isinstance(tls, str):
        return tls.lower().replace("_", " ")
    known = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else error.strerror
    return (known or "connection failed").lower()


def _numbers(error: OSError) -> set[int]:
    """The errors behind an error: asyncio wraps those of several addresses of one name (::1 and 127.0.0.1) in words."""
    return {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}


def garbage(chunk: bytes, error: Exception) -> str:
    """What stands at the other end, by the first bytes that are not of our protocol."""
    if chunk.startswith(b"HTTP/"):
        return "answers in HTTP, not in the Redis protocol; check the port"
    if chunk.startswith(b"SSH-"):
        return "answers with an SSH banner, not in the Redis protocol; check the port"
    if chunk.startswith((b"\x15\x03", b"\x16\x03")):
        return "speaks TLS; use rediss://"
    return f"does not answer in the Redis protocol ({type(error).__name__}); check the port"
