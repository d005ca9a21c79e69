"""Who may see the operator's pages: whoever has shown the operator's token, for twelve hours.

The cookie holds no secret: an end, a nonce and our mark over both and the token, so another token ends every session.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal.desk import Desk, same
from portal.templating import page

COOKIE = "entrega_operator"
HOURS = 12
TRIES = 20
"""Wrong tokens within a minute, from anywhere; then the door is shut for the rest of it."""


class SignInNeeded(Exception):
    """Nobody is signed in; `form` where a form was sent, which a redirect would lose."""

    def __init__(self, back: str, form: bool) -> None:
        super().__init__(back)
        self.back, self.form = back, form


def signed_in(desk: Desk, request: Request) -> str:
    """The session's cookie. Raises SignInNeeded."""
    cookie = request.cookies.get(COOKIE, "")
    end, _, rest = cookie.partition(".")
    nonce, _, mark = rest.partition(".")
    valid = end.isascii() and end.isdigit() and len(end) < 12 and int(end) > desk.store.clock().timestamp()
    if not (desk.marked(mark, "session", desk.operator_token, end, nonce) and valid):
        query = f"?{request.url.query}" if request.url.query else ""
        raise SignInNeeded(request.url.path + query, request.method == "POST")
    return cookie


def form_mark(desk: Desk, cookie: str) -> str:
    """What every form of a session carries."""
    return desk.mark("operator-form", cookie)


async def pressed(desk: Desk, request: Request, **limits: Any) -> dict[str, Any]:
    """The form of who is signed in, sent from a page of this session. Raises SignInNeeded."""
    cookie = signed_in(desk, request)
    form = await request.form(**limits)
    if request.headers.get("sec-fetch-site") not in (None, "same-origin") or not same(
        str(form.get("csrf", "")), form_mark(desk, cookie)
    ):
        raise SignInNeeded(request.url.path, True)
    return {**form, "files": form.getlist("file")}


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)
    wrong: list[float] = []

    @routes.get("/login")
    async def by_link(request: Request, token: str | None = None) -> Response:
        if token is None:
            return page("operator/login.html", back=_inside(request.query_params.get("back")), wrong=False)
        return enter(token, request.query_params.get("back"))

    @routes.post("/login")
    async def by_form(request: Request) -> Response:
        form = await request.form()
        return enter(str(form.get("token", "")).strip(), str(form.get("back", "")))

    @routes.post("/logout")
    async def leave(request: Request) -> Response:
        await pressed(desk, request)
        answer = RedirectResponse("/operator/login", 303)
        answer.delete_cookie(COOKIE, path="/operator", httponly=True, samesite="strict", secure=desk.is_public)
        return answer

    def enter(token: str, back: str | None) -> Response:
        now = desk.store.clock().timestamp()
        wrong[:] = [at for at in wrong if at > now - 60]
        if len(wrong) >= TRIES or not same(token, desk.operator_token):
            wrong.append(now)
            return page("operator/login.html", 429 if len(wrong) > TRIES else 403, back=_inside(back), wrong=True)
        end, nonce = str(int(now + HOURS * 3600)), secrets.token_urlsafe(12)
        answer = RedirectResponse(_inside(back), 303)
        answer.set_cookie(
            COOKIE, f"{end}.{nonce}.{desk.mark('session', desk.operator_token, end, nonce)}", max_age=HOURS * 3600,
            path="/operator", httponly=True, samesite="strict", secure=desk.is_public,
        )  # fmt: skip
        return answer

    return routes


def _inside(back: str | None) -> str:
    """Where to go next: a page of the operator's, never somebody else's, and never with a token in it.

    >>> _inside("/operator/documents?q=state%3Aparked"), _inside("//evil.example/operator"), _inside(None)
    ('/operator/documents?q=state%3Aparked', '/operator', '/operator')
    """
    parts = urlsplit(back or "")
    if parts.scheme or parts.netloc or not parts.path.startswith("/operator") or "\\" in (back or ""):
        return "/operator"
    if parts.path.startswith("/operator/log") or "token" in parse_qs(parts.query):
        return "/operator"
    return back or "/operator"
