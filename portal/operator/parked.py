"""What needs a person: what stopped and why, put back or closed; and who did not get their document."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pipeline import plain
from pipeline.store import orphans, replaying, stops
from pipeline.story.steps import masked
from portal.desk import Desk
from portal.operator import session
from portal.operator.frame import framed
from portal.operator.paging import older, position
from schemas.errors import ConfigurationError

PAGE = 50


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)

    @routes.get("/parked")
    async def listed(
        request: Request, state: str = "open", after: str = "", done: str = "", problem: str = ""
    ) -> Response:
        cookie = session.signed_in(desk, request)
        chosen = state if state in stops.STATES else "open"
        found: list[dict[str, Any]] = []
        try:
            begins = position(after)
            async with desk.store.transaction() as conn:
                found = await stops.stops(conn, state=chosen, newest_first=True, after=begins, limit=PAGE + 1)
        except ConfigurationError as error:
            problem = error.text
        more = older(found, PAGE, "parked_at", "parked_id", state=chosen)
        return await framed(
            desk, cookie, "parked", "operator/parked.html",
            found=found[:PAGE], state=chosen, more=more, paged=bool(after), plain=plain, done=done[:200],
            problem=problem[:300],
        )  # fmt: skip

    @routes.get("/undelivered")
    async def undelivered(request: Request, after: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        found: list[dict[str, Any]] = []
        problem = ""
        async with desk.store.transaction() as conn:
            try:
                found = await stops.undelivered(conn, after=position(after), limit=PAGE + 1)
            except ConfigurationError as error:
                problem = error.text
            reasons = await stops.undelivered_reasons(conn)
            strays, stray_count = await orphans.listed(conn, limit=PAGE), await orphans.count(conn)
        more = older(found, PAGE, "updated_at", "document_id")
        return await framed(
            desk, cookie, "undelivered", "operator/undelivered.html", found=found[:PAGE], reasons=reasons, plain=plain,
            more=more, paged=bool(after), problem=problem,
            strays=[row | {"recipient": masked(row["recipient"] or "")} for row in strays], stray_count=stray_count,
        )  # fmt: skip

    @routes.post("/parked/{parked_id}/replay")
    async def replay(request: Request, parked_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        why = session.said(form, "why") or "replayed by an operator"
        back = _back(form)
        doing = replaying.replay(desk.store, parked_id, by="operator:page", why=why)
        return await _act(doing, back, "Put back: it goes on where it stopped.")

    @routes.post("/parked/{parked_id}/discard")
    async def discard(request: Request, parked_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        why, back = session.said(form, "why"), _back(form)
        return await _act(replaying.discard(desk.store, parked_id, by="operator:page", why=why), back, "Closed.")

    return routes


def _back(form: dict[str, Any]) -> str:
    """Where the button stood: on the page of a document, or on that of all stops."""
    return f"/operator/documents/{session.named(form, 'document')}" if form.get("document") else ""


async def _act(doing: Awaitable[object], back: str, said: str) -> Response:
    try:
        await doing
        told = f"done={quote(said)}"
    except ConfigurationError as error:
        told = f"problem={quote(error.text)}"
    return RedirectResponse(f"{back or '/operator/parked'}?{told}", 303)
