"""The programming interface: drop an export, ask what became of a document, is everything well.

Errors are problem+json. A repeated `Idempotency-Key` with the same bytes is answered by the first receipt; with other
bytes it is refused.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from pipeline.door import Receipt
from pipeline.store import history, pages, queries, stops
from portal.desk import Desk, same
from portal.problems import Problem
from portal.tries import SECONDS
from schemas import ids
from schemas.errors import ConfigurationError, LimitExceeded, PermanentError, StoreUnavailable
from schemas.events import document_stream

KEY_LENGTH = 255


def router(desk: Desk) -> APIRouter:
    routes = APIRouter()

    def authorised(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not same(given, f"Bearer {desk.operator_token}"):
            if given and desk.tries.wrong(request, desk.store.clock().timestamp()):
                raise Problem(429, "too-many-wrong-tokens", "Wait for a minute.", retry_after=SECONDS)
            raise Problem(401, "not-authorised", "Send the operator's token as a bearer token.")

    @routes.post("/v1/exports", status_code=202, summary="Drop one export, as the body or as a form's files")
    async def drop(request: Request, name: str | None = None, profile: str | None = None) -> Response:
        """Body: the file's bytes, its name in `?name=` or `X-Filename`; or multipart/form-data with one `file` or more.

        202 with a receipt for each. Whether a document was delivered is asked by /v1/documents, never told here.
        """
        authorised(request)
        key = request.headers.get("idempotency-key", "")
        if len(key) > KEY_LENGTH:
            raise Problem(400, "idempotency-key-too-long", f"At most {KEY_LENGTH} characters.")
        files = await _files(request, name or request.headers.get("x-filename") or "export")
        receipts = [
            await _receive(desk, data, file, profile, f"{key}/{at}" if key else None)
            for at, (file, data) in enumerate(files)
        ]
        return JSONResponse({"receipts": receipts}, 202)

    @routes.get("/v1/exports/{export_id}", summary="One export and its documents")
    async def export(request: Request, export_id: UUID) -> Response:
        authorised(request)
        async with desk.store.transaction() as conn:
            found = await pages.export(conn, export_id)
            documents = await queries.documents_of_exports(conn, [export_id]) if found else []
        if found is None:
            raise Problem(404, "export-unknown", "There is no export with this id.")
        return _json({**found, "found": [row for row in documents if row["document_id"]]})

    @routes.get("/v1/documents/{document_id}", summary="One document: its state, what stopped it, attempts, events")
    async def document(request: Request, document_id: UUID) -> Response:
        authorised(request)
        async with desk.store.transaction() as conn:
            try:
                found = await queries.find(conn, str(document_id))
            except ConfigurationError:
                raise Problem(404, "document-unknown", "There is no document with this id.") from None
            attempts = await queries.attempts(conn, document_id)
            stopped = await stops.stops(conn, state="", documents=[document_id])
            log = await history.read_stream(conn, document_stream(document_id))
        told = [
            {
                "event_id": row.event_id, "type": row.type, "occurred_at": row.occurred_at, "actor": row.actor,
                "recorded_at": row.recorded_at, "data": row.data,
            }
            for row in log
        ]  # fmt: skip
        return _json({**found, "stopped": stopped, "attempts": attempts, "events": told})

    @routes.get("/healthz", summary="This process lives")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    @routes.get("/readyz", summary="It can serve: the database answers")
    async def readyz() -> Response:
        try:
            async with asyncio.timeout(3), desk.store.transaction() as conn:
                await pages.answers(conn)
        except (StoreUnavailable, TimeoutError):
            raise Problem(503, "store-unavailable", "The database does not answer.") from None
        return JSONResponse({"status": "ok"})

    return routes


async def _files(request: Request, name: str) -> list[tuple[str, bytes]]:
    from starlette.datastructures import UploadFile

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        data = await request.body()
        if not data:
            raise Problem(400, "export-empty", "The body holds no bytes.")
        return [(name, data)]
    form = await request.form(max_files=100, max_fields=20)
    files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
    found = [(each.filename or "export", await each.read()) for each in files]
    if not any(data for _, data in found):
        raise Problem(400, "export-empty", "The form holds no file.")
    return [(file, data) for file, data in found if data]


async def _receive(desk: Desk, data: bytes, name: str, profile: str | None, key: str | None) -> dict[str, Any]:
    tenant = desk.settings.default_tenant
    export_id = ids.derive("http-export", tenant, key) if key else None
    try:
        receipt = await desk.door.receive(data, name=name, profile=profile, by="http", export_id=export_id)
        if export_id is not None:
            async with desk.store.transaction() as conn:
                kept = await pages.export(conn, export_id)
            if kept is not None and kept["sha256"] != receipt.sha256:
                raise Problem(422, "idempotency-key-reused", "This key was used before for other bytes.")
    except LimitExceeded as error:
        raise Problem(413, error.reason, error.text) from None
    except PermanentError as error:
        raise Problem(422, error.reason, error.text) from None
    except StoreUnavailable as error:
        raise Problem(503, error.reason, error.text, retry_after=error.retry_after) from None
    return told(receipt)


def told(receipt: Receipt) -> dict[str, Any]:
    """A receipt as JSON types."""
    return {
        "export_id": str(receipt.export_id), "tenant": receipt.tenant, "name": receipt.name, "sha256": receipt.sha256,
        "size": receipt.size, "status": f"/v1/exports/{receipt.export_id}",
    }  # fmt: skip


def _json(value: Any) -> Response:
    import orjson

    return Response(orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z), media_type="application/json")
