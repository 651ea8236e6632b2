"""A webhook: one POST of a JSON text, on a thread of its own, since it may take its time."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from email.message import Message
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener


class _Stay(HTTPRedirectHandler):
    """A redirection is an answer like any other: what we tell goes nowhere but where the operator said."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> Request | None:
        return None


async def post(url: str, body: bytes, seconds: float) -> str:
    """Sends it; why that failed, or nothing. The URL is in no word of it: it may hold a secret."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def answer(why: str) -> None:
        if not done.done():
            done.set_result(why)

    def work() -> None:
        why = _post(url, body, seconds)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(answer, why)

    threading.Thread(target=work, name="redistui-webhook", daemon=True).start()
    try:
        return await asyncio.wait_for(done, seconds)
    except TimeoutError:
        return f"no answer within {seconds:g} s"


def _post(url: str, body: bytes, seconds: float) -> str:
    headers = {"Content-Type": "application/json", "User-Agent": "redistui"}
    try:
        request = Request(url, data=body, headers=headers, method="POST")
        with build_opener(_Stay()).open(request, timeout=seconds):
            return ""
    except HTTPError as error:
        error.close()
        return f"it answered with HTTP status {error.code}"
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except URLError as error:
        reason = error.reason
        return f"{reason.strerror or reason}" if isinstance(reason, OSError) else str(reason)
    except (OSError, HTTPException, ValueError) as error:
        return f"{type(error).__name__}"
