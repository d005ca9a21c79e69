"""Sending a document again, and using an address again: what a person asks for on a document's page."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pipeline.store import lifting, queries, resending
from portal.desk import Desk
from portal.operator import session
from schemas.errors import ConfigurationError

BY = "operator:page"


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator/documents/{document_id}", include_in_schema=False)

    @routes.post("/resend")
    async def resend(request: Request, document_id: UUID) -> Response:
        """Each page that was loaded carries a key of its own: its button pressed twice sends once."""
        form = await session.pressed(desk, request)
        why = session.said(form, "why", needed="Say why it is sent again: it stands in the event log.")
        to, key = session.said(form, "to") or None, session.named(form, "request")
        try:
            done = await resending.resend(desk.store, document_id, by=BY, why=why, request=str(key), to=to)
        except ConfigurationError as error:
            return _back(document_id, problem=f"Not sent again: {error.text}.")
        if done.repeated:
            return _back(document_id, done=f"This page had it sent again before, in round {done.round}; once is all.")
        return _back(document_id, done=f"Sent again, in round {done.round}, with a new link. Earlier links stay.")

    @routes.post("/lift")
    async def lift(request: Request, document_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        why = session.said(form, "why", needed="Say why the address is used again: it stands in the event log.")
        asked = form.get("asked") == "yes"
        try:
            async with desk.store.transaction() as conn:
                tenant = (await queries.find(conn, str(document_id)))["tenant"]
                rows = await lifting.of_document(conn, document_id, desk.store.clock())
            row = next((row for row in rows if which(desk, row) == form.get("which")), None)
            if row is None:
                return _back(document_id, problem="This address is used again already.")
            await lifting.lift(desk.store, row["address"], by=BY, why=why, tenant=tenant, they_asked=asked)
        except ConfigurationError as error:
            return _back(document_id, problem=f"{error.text[:1].upper()}{error.text[1:]}.")
        return _back(document_id, done="The address is used again, from the next message on. Send the document again.")

    return routes


def which(desk: Desk, row: dict[str, Any]) -> str:
    """What a form says instead of the address, which stands on no page in full."""
    return desk.mark("suppressed", row["tenant"], row["channel"], row["address"], row["since"])


def _back(document: UUID, **told: str) -> Response:
    query = "&".join(f"{name}={quote(text)}" for name, text in told.items())
    return RedirectResponse(f"/operator/documents/{document}?{query}", 303)
