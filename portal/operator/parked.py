"""What needs a person: what stopped and why, put back or closed; and who did not get their document."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pipeline import plain
from pipeline.store import replaying, stops
from portal.desk import Desk
from portal.operator import session
from portal.operator.frame import framed
from schemas.errors import ConfigurationError

PAGE = 100


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)

    @routes.get("/parked")
    async def listed(request: Request, state: str = "open", done: str = "", problem: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        chosen = state if state in stops.STATES else "open"
        async with desk.store.transaction() as conn:
            found = await stops.stops(conn, state=chosen, newest_first=True, limit=PAGE)
        return await framed(
            desk, cookie, "parked", "operator/parked.html",
            found=found, state=chosen, plain=plain, done=done[:200], problem=problem[:300],
        )  # fmt: skip

    @routes.get("/undelivered")
    async def undelivered(request: Request) -> Response:
        cookie = session.signed_in(desk, request)
        async with desk.store.transaction() as conn:
            found = await stops.undelivered(conn)
        counts: dict[str, int] = {}
        for row in found:
            counts[row["reason"] or "unknown"] = counts.get(row["reason"] or "unknown", 0) + 1
        reasons = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return await framed(
            desk, cookie, "undelivered", "operator/undelivered.html", found=found, reasons=reasons, plain=plain
        )

    @routes.post("/parked/{parked_id}/replay")
    async def replay(request: Request, parked_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        return await _act(form, replaying.replay(
            desk.store, parked_id, by="operator:page", why=str(form.get("why", ""))[:300] or "replayed by an operator"
        ), "Put back: it goes on where it stopped.")  # fmt: skip

    @routes.post("/parked/{parked_id}/discard")
    async def discard(request: Request, parked_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        return await _act(form, replaying.discard(
            desk.store, parked_id, by="operator:page", why=str(form.get("why", ""))[:300]
        ), "Closed.")  # fmt: skip

    return routes


async def _act(form: dict[str, Any], doing: Any, said: str) -> Response:
    try:
        await doing
        told = f"done={quote(said)}"
    except ConfigurationError as error:
        told = f"problem={quote(error.text)}"
    document = str(form.get("document", ""))
    return RedirectResponse(f"/operator/documents/{UUID(document)}" if document else f"/operator/parked?{told}", 303)
