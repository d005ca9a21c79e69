"""What every answer carries, what no request may exceed, and the one line a request leaves in the log.

The log names the route, never the path: a link's token stands in no log. Uvicorn's own access log is off.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: dict[str, str] = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
"""Where an answer sets one of these itself, its own holds."""

MIB = 1024 * 1024
LIMITS: tuple[tuple[str, int], ...] = (
    ("/v1/exports", 201 * MIB),
    ("/operator/exports", 201 * MIB),
    ("/webhooks/", MIB),
    ("", 64 * 1024),
)
"""How many bytes a request may bring, by the beginning of its path."""


class TooLarge(Exception):
    """More bytes came than the path takes."""


class Guard:
    """Adds the headers, stops what is too large, logs one line. Pure ASGI: bodies are streamed through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, answered = time.monotonic(), {"status": 0}
        limit = next(size for beginning, size in LIMITS if scope["path"].startswith(beginning))
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLarge
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["status"] = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = list(message["headers"]) + [
                    (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in given
                ]
            await send(message)

        try:
            if _announced(scope) > limit:
                raise TooLarge
            await self.app(scope, counted, dressed)
        except TooLarge:
            if not answered["status"]:
                await _plain(dressed, 413, "The request is larger than what is taken here.")
        except Exception:
            log.exception("page-failed", route=_route(scope), method=scope["method"])
            if not answered["status"]:
                await _plain(dressed, 500, "Something went wrong here. It was noted; please try again later.")
        finally:
            log.info(
                "request", method=scope["method"], route=_route(scope), status=answered["status"],
                milliseconds=round((time.monotonic() - started) * 1000, 1),
            )  # fmt: skip


def _route(scope: Scope) -> str:
    """The pattern that matched, `/d/{token}`; nothing of the path itself."""
    route: Any = scope.get("route")
    return str(getattr(route, "path", "none"))


def _announced(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(value) if value.isdigit() and len(value) < 19 else 0


async def _plain(send: Send, status: int, text: str) -> None:
    body = text.encode("utf-8")
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
