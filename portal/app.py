"""The web application: recipients' pages, the operator's, providers' webhooks, the programming interface."""

from __future__ import annotations

import errno
from typing import Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from connectors.profiles import Profiles
from connectors.storage import Storage
from pipeline import wiring
from pipeline.settings import Settings
from pipeline.store.database import Store
from portal import api, operator, recipient, templating, webhooks
from portal.desk import Desk
from portal.headers import Guard
from portal.pictures import Pictures
from portal.problems import Problem
from schemas.errors import EntregaError, StoreUnavailable

log = structlog.get_logger()

REASONS = {404: "not-found", 405: "method-not-allowed"}
"""Our words for what the framework refuses; anything else is `request-invalid`."""


def create_app(
    settings: Settings,
    store: Store,
    *,
    public_url: str | None = None,
    storage: Storage | None = None,
    profiles: Profiles | None = None,
) -> FastAPI:
    """The application over an opened store. What is not given is wired as the settings say."""
    desk = Desk(
        settings=settings,
        store=store,
        storage=storage or wiring.storage(settings),
        profiles=profiles or wiring.profiles(settings),
        door=wiring.door(settings, store),
        pictures=Pictures(settings.data / "cache" / "pictures"),
        public_url=public_url or wiring.public_url(settings),
        secret=wiring.drawn(settings, "portal-secret").encode(),
        operator_token=wiring.operator_token(settings),
        bounce_token=wiring.drawn(settings, "bounce-token"),
    )
    app = FastAPI(
        title="Entrega", version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json",
        dependencies=[Depends(_readable)],
    )  # fmt: skip
    app.state.desk = desk
    for part in (templating.router(), recipient.router(desk), webhooks.router(desk), api.router(desk)):
        app.include_router(part)
    operator.mount(app, desk)
    _errors(app)
    app.add_middleware(Guard)
    return app


def _errors(app: FastAPI) -> None:
    """Programs get problem+json, people a page; neither ever gets a traceback."""

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> Response:
        return Response(status_code=204, headers={"cache-control": "public, max-age=86400"})

    @app.get("/robots.txt", include_in_schema=False)
    async def robots() -> Response:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")

    @app.exception_handler(Problem)
    async def problem(_: Request, error: Any) -> Response:
        answer: Response = error.response()
        return answer

    @app.exception_handler(EntregaError)
    async def known(request: Request, error: Any) -> Response:
        unavailable = isinstance(error, StoreUnavailable)
        if _for_programs(request):
            return Problem(503 if unavailable else 500, error.reason, error.text).response()
        log.error("page-failed", reason=error.reason, text=error.text)
        return recipient.nothing(request, "unavailable" if unavailable else "failed", None)

    @app.exception_handler(OSError)
    async def no_room(request: Request, error: Any) -> Response:
        """An upload is set aside in the folder of temporary files while it comes in."""
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise error
        log.error("page-failed", reason="store-unavailable", text="the disk is full")
        if _for_programs(request):
            return Problem(503, "store-unavailable", "The disk is full; nothing was taken.").response()
        return recipient.nothing(request, "unavailable", None)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, _: Any) -> Response:
        if _for_programs(request):
            return Problem(400, "request-invalid", "A part of the address or query cannot be read.").response()
        return recipient.nothing(request, "unknown", None)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: Any) -> Response:
        if _for_programs(request):
            reason = REASONS.get(error.status_code, "request-invalid")
            return Problem(error.status_code, reason, str(error.detail)).response()
        if error.status_code == 404:
            return recipient.nothing(request, "unknown", None)
        return Response(str(error.detail), error.status_code, error.headers, media_type="text/plain")


def _readable(request: Request) -> None:
    """No text of ours holds a NUL, and the database takes none: said once, for the queries of all pages."""
    if any("\0" in value for value in request.query_params.values()):
        raise HTTPException(400, "The address holds a NUL character, which no text has.")


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith(("/v1/", "/webhooks/", "/healthz", "/readyz", "/openapi"))
