"""Documents: one search box, and one document's whole story with its files, links and plans."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from connectors.storage import get
from pipeline import plain, story
from pipeline.store import artefacts, lifting, links, pages, queries, resending, searching
from pipeline.story.steps import masked
from portal.behind import size
from portal.desk import Desk
from portal.operator import again, session
from portal.operator.frame import framed
from portal.operator.paging import older, position
from schemas.errors import ConfigurationError
from schemas.messages import ArtefactKind

PAGE = 50
KINDS = {
    "source": "Export as it came", "canonical": "Canonical document", "completed": "With totals completed",
    "e-format": "E-format", "signature": "Signed container", "detached-signature": "Signature alone", "pdf": "PDF",
    "message": "Message as sent",
}  # fmt: skip


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)

    @routes.get("/documents")
    async def search(request: Request, q: str = "", after: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        found: list[dict[str, Any]] = []
        problem = ""
        try:
            begins = position(after)
            async with desk.store.transaction() as conn:
                found = await queries.documents(conn, q[:500], limit=PAGE + 1, after=begins)
        except ConfigurationError as error:
            problem = error.text
        async with desk.store.transaction() as conn:
            totals = await queries.totals(conn)
        more = older(found, PAGE, "created_at", "document_id", q=q)
        return await framed(
            desk, cookie, "documents", "operator/documents.html",
            q=q, found=found[:PAGE], more=more, paged=bool(after), problem=problem, fields=searching.FIELDS,
            states=[{**plain.state(word), "count": totals[word]} for word in plain.TONES if totals.get(word)],
            plain=plain, empty=not totals,
        )  # fmt: skip

    @routes.get("/documents/{document_id}")
    async def document(request: Request, document_id: UUID, done: str = "", problem: str = "") -> Response:
        cookie = session.signed_in(desk, request)
        async with desk.store.transaction() as conn:
            try:
                told = await story.tell(conn, str(document_id), desk.store.keys)
            except ConfigurationError:
                told = None
            if told is None or told.document["document_id"] != document_id:
                return await _missing(desk, cookie)
            issued = await pages.links_of(conn, document_id)
            suppressed = await lifting.of_document(conn, document_id, desk.store.clock())
        return await framed(
            desk, cookie, "documents", "operator/document.html",
            story=told,
            document=told.document,
            files=[
                {"ref": ref, "kind": KINDS.get(ref.kind, ref.kind), "size": size(ref.size, "en")} for ref in told.files
            ],
            links=[{**link, "address": masked(link["address"] or "")} for link in issued],
            suppressed=[
                {**row, "which": again.which(desk, row), "address": masked(row["address"])} for row in suppressed
            ],
            sendable=told.document["state"] in resending.SENT,
            request=uuid4(),
            plain=plain,
            done=done[:300],
            problem=problem[:300],
        )  # fmt: skip

    @routes.get("/documents/{document_id}/files/{sha256}")
    async def file(request: Request, document_id: UUID, sha256: str) -> Response:
        """One stored file, verified; always as a download, for it holds what others wrote."""
        cookie = session.signed_in(desk, request)
        async with desk.store.transaction() as conn:
            refs = await artefacts.of_owner(conn, document_id)
            try:
                owner = await queries.find(conn, str(document_id))
                refs += await artefacts.of_owner(conn, owner["export_id"], ArtefactKind.SOURCE)
            except ConfigurationError:
                refs = []
        ref = next((each for each in refs if each.sha256 == sha256), None)
        if ref is None:
            return await _missing(desk, cookie)
        content = await asyncio.to_thread(get, desk.storage, ref)
        return Response(
            content,
            media_type=ref.media_type,
            headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(ref.name, safe='')}"},
        )

    @routes.post("/links/{link_id}/revoke")
    async def revoke(request: Request, link_id: UUID) -> Response:
        form = await session.pressed(desk, request)
        document = session.named(form, "document")
        why = session.said(form, "why", needed="Say why the link is withdrawn: it stands in the event log.")
        await links.revoke(desk.store, link_id, why=why, actor="operator:page")
        return RedirectResponse(f"/operator/documents/{document}#links", 303)

    return routes


async def _missing(desk: Desk, cookie: str) -> Response:
    return await framed(desk, cookie, "documents", "operator/missing.html", 404, what="document")
