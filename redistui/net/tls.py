"""TLS of our own connections, whoever opens them.

To make a context costs some milliseconds, and as many as forty where it reads the system's certificates: after a
failover a client opens dozens of connections at once, so they share one. It is made anew when one of its files has
changed, since certificates are renewed while we run.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache

from redistui.model import Tls


def context_of(tls: Tls | None) -> ssl.SSLContext | None:
    """One context for all that are equal, for as long as its files stay as they are; None: a connection without TLS.
    Raises OSError, ssl.SSLError."""
    if tls is None:
        return None
    files = (tls.ca, tls.certificate, tls.key)
    return _made(tls, tuple(None if file is None else os.stat(file).st_mtime_ns for file in files))


@lru_cache(maxsize=16)
def _made(tls: Tls, _changed: tuple[int | None, ...]) -> ssl.SSLContext:
    return tls_context(tls)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or later, host name and certificate verified unless told otherwise. Raises OSError, ssl.SSLError."""
    context = ssl.create_default_context(cafile=tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate:
        context.load_cert_chain(tls.certificate, tls.key)
    return context


def bad_files(tls: Tls) -> OSError | None:
    """Why no context can be made of our own files; None: one can, and what failed is between us and the other end."""
    try:
        tls_context(tls)
    except OSError as error:
        return error
    return None
