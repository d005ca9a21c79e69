"""The operator's pages: what happened, what stopped and why, what left the house. In English, times in UTC."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from portal.desk import Desk
from portal.operator import again, documents, outbox, overview, parked, session
from portal.templating import page


def mount(app: FastAPI, desk: Desk) -> None:
    """Add the pages, and what happens to who is not signed in."""
    for part in (session, overview, documents, again, parked, outbox):
        app.include_router(part.router(desk))

    @app.exception_handler(session.SignInNeeded)
    async def sign_in(_: Request, error: Exception) -> Response:
        assert isinstance(error, session.SignInNeeded)
        if error.form:
            return page("operator/login.html", 403, back="/operator", wrong=False)
        return RedirectResponse(f"/operator/login?back={quote(error.back)}", 303)
