"""Messages as they look to who gets them: e-mail as HTML and as text, SMS with its segments, interchanges as bytes.

The HTML of a message is shown in a sandboxed frame, from an address of its own whose policy lets nothing run or load.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64decode
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from connectors.storage import get
from pipeline import plain
from pipeline.store import pages
from pipeline.story.steps import masked
from portal.desk import Desk
from portal.operator import session
from portal.operator.frame import framed
from portal.operator.paging import older, position
from schemas.errors import ConfigurationError, EntregaError
from schemas.messages import ArtefactRef

PAGE = 40
SEALED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator/outbox", include_in_schema=False)

    @routes.get("")
    async def listed(request: Request, after: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        found: list[dict[str, Any]] = []
        problem = ""
        try:
            begins = position(after)
            async with desk.store.transaction() as conn:
                found = await pages.messages(conn, limit=PAGE + 1, after=begins)
        except ConfigurationError as error:
            problem = error.text
        shown = [{**row, "to": masked(row["address"] or ""), **await _head(desk, row)} for row in found[:PAGE]]
        return await framed(
            desk, cookie, "outbox", "operator/outbox.html", found=shown, plain=plain, paged=bool(after),
            more=older(found, PAGE, "called_at", "attempt_id"), problem=problem,
        )  # fmt: skip

    @routes.get("/{attempt}")
    async def one(request: Request, attempt: UUID) -> Response:
        cookie = session.signed_in(desk, request)
        row = await _row(desk, attempt)
        if row is None:
            return await framed(desk, cookie, "outbox", "operator/missing.html", 404, what="message")
        message = await _read(desk, row)
        return await framed(
            desk,
            cookie,
            "outbox",
            "operator/message.html",
            row=row,
            message=message,
            link=_link(desk, message),
            plain=plain,
        )

    @routes.get("/{attempt}/html")
    async def html(request: Request, attempt: UUID) -> Response:
        session.signed_in(desk, request)
        row = await _row(desk, attempt)
        message = await _read(desk, row) if row else {}
        if "html" not in message:
            raise HTTPException(404)
        headers = {"content-security-policy": SEALED, "x-frame-options": "SAMEORIGIN"}
        return HTMLResponse(message["html"], headers=headers)

    return routes


async def _row(desk: Desk, attempt: UUID) -> dict[str, Any] | None:
    async with desk.store.transaction() as conn:
        found = await pages.messages(conn, attempt=attempt, limit=1)
    return found[0] if found else None


async def _read(desk: Desk, row: dict[str, Any]) -> dict[str, Any]:
    """The stored message, verified: what was given to the provider, byte for byte."""
    ref = ArtefactRef.model_validate(row["message"])
    message: dict[str, Any] = orjson.loads(await asyncio.to_thread(get, desk.storage, ref))
    if "interchange_base64" in message:
        message["interchange"] = b64decode(message["interchange_base64"]).decode("latin-1")
    return message


async def _head(desk: Desk, row: dict[str, Any]) -> dict[str, Any]:
    """Subject, or the text itself where it has none."""
    try:
        message = await _read(desk, row)
    except EntregaError as error:
        return {"head": f"cannot be read: {error.reason}", "segments": None}
    return {"head": _headline(message), "segments": message.get("segments")}


def _headline(message: dict[str, Any]) -> str:
    """Subject, or the text itself where it has none, or which interchange it is."""
    if "interchange_base64" in message:
        return f"{message['format']}, interchange {message['control_number']}"
    return str(message.get("subject") or message["text"])


def _link(desk: Desk, message: dict[str, Any]) -> str | None:
    """The recipient's link in a message of ours, where it leads to our own pages."""
    found = re.search(re.escape(desk.public_url) + r"/d/[a-z2-7]{32}", message.get("text", ""))
    return found.group(0) if found else None
