"""Who may see the operator's pages: whoever has shown the operator's token, for twelve hours.

The cookie holds no secret: an end, a nonce and our mark over both and the token, so another token ends every session.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from portal.desk import Desk, same
from portal.templating import page
from portal.tries import SECONDS

COOKIE = "entrega_operator"
HOURS = 12
BACK = 2000
"""A query longer than this is not come back to: it would not fit into a header."""
WORDS = 300
"""Characters of a field that a person fills in, at most."""


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
        query = f"?{request.url.query}" if 0 < len(request.url.query) < BACK else ""
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


def said(form: dict[str, Any], name: str, *, needed: str = "") -> str:
    """What a person wrote into a field, in one line. `needed`: what to tell where it is empty.

    Raises HTTPException (422) where it is empty and must not be, is too long, or holds a NUL, which no text has.
    """
    text = " ".join(str(form.get(name, "")).split())
    if "\0" in text:
        raise HTTPException(422, f"The field {name} holds a NUL character, which no text has.")
    if len(text) > WORDS:
        raise HTTPException(422, f"The field {name} has {len(text)} characters; at most {WORDS} are taken.")
    if needed and not text:
        raise HTTPException(422, needed)
    return text


def named(form: dict[str, Any], name: str) -> UUID:
    """The id that a form carries. Raises HTTPException (422) where it carries none."""
    try:
        return UUID(str(form.get(name, "")))
    except ValueError:
        raise HTTPException(422, f"The form does not say which {name} it is about: load its page again.") from None


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/operator", include_in_schema=False)

    @routes.get("/login")
    async def by_link(request: Request, token: str | None = None) -> Response:
        if token is None:
            return page("operator/login.html", back=_inside(request.query_params.get("back")), wrong=False)
        return enter(request, token, request.query_params.get("back"))

    @routes.post("/login")
    async def by_form(request: Request) -> Response:
        form = await request.form()
        return enter(request, str(form.get("token", "")).strip(), str(form.get("back", "")))

    @routes.post("/logout")
    async def leave(request: Request) -> Response:
        await pressed(desk, request)
        answer = RedirectResponse("/operator/login", 303)
        answer.delete_cookie(COOKIE, path="/operator", httponly=True, samesite="strict", secure=desk.is_public)
        return answer

    def enter(request: Request, token: str, back: str | None) -> Response:
        now = desk.store.clock().timestamp()
        if not same(token, desk.operator_token):
            over = desk.tries.wrong(request, now)
            headers = {"retry-after": str(SECONDS)} if over else None
            return page("operator/login.html", 429 if over else 403, headers, back=_inside(back), wrong=True)
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
    try:
        parts = urlsplit(back or "")
    except ValueError:
        return "/operator"
    if parts.scheme or parts.netloc or not parts.path.startswith("/operator") or "\\" in (back or ""):
        return "/operator"
    if parts.path.startswith("/operator/log") or "token" in parse_qs(parts.query):
        return "/operator"
    return back or "/operator"
