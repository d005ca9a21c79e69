"""The recipient's page behind a link: what came from whom, how much, until when; the files; "I confirm receipt".

A GET or HEAD shows, and is recorded as a fetch: mail scanners open everything, so it proves no reader and consumes
nothing. Only a form that a person sent counts: viewed, downloaded, confirmed; it is in the inbox before it is answered.
A link that is expired or withdrawn (410), or that never was (404), offers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from connectors.storage import get
from pipeline.store import events, inbox, links
from portal import languages, visitors
from portal.behind import Behind, behind
from portal.desk import Desk
from portal.pictures import NoPicture
from portal.templating import brand_stylesheet, page
from schemas import ids
from schemas.errors import EntregaError, StoreUnavailable
from schemas.events import Event, EventType, document_stream
from schemas.messages import ArtefactKind, ArtefactRef
from schemas.outcomes import PageAction
from stages.words import LANGUAGES, language_of, load_page

log = structlog.get_logger()

PREFIX = "/d"
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
FORM_SECONDS = 24 * 3600
"""How long a page may stand open before its buttons ask to be pressed again."""

KINDS: dict[str, ArtefactKind] = {
    "pdf": ArtefactKind.PDF,
    "e-format": ArtefactKind.E_FORMAT,
    "signature": ArtefactKind.SIGNATURE,
}


def router(desk: Desk) -> APIRouter:
    routes = APIRouter(prefix=PREFIX + "/{token}", include_in_schema=False)
    both = ["GET", "HEAD"]

    @routes.api_route("", methods=both)
    async def show(request: Request, token: str) -> Response:
        try:
            link = await links.look_up(desk.store, token)
            if link.state != "valid":
                return nothing(request, link.state, link.language)
            found = await behind(desk, link)
            await _fetched(desk, request, link, "page")
        except StoreUnavailable:
            return nothing(request, "unavailable", None)
        return _shown(desk, request, token, found)

    @routes.api_route("/picture.png", methods=both)
    async def picture(token: str) -> Response:
        link = await links.look_up(desk.store, token)
        found = await behind(desk, link) if link.state == "valid" else None
        pdf = found.artefacts.get(ArtefactKind.PDF) if found else None
        if pdf is None:
            return Response(status_code=404)
        try:
            return Response(await desk.pictures.first_page(desk.storage, pdf), media_type="image/png")
        except NoPicture:
            return Response(status_code=404)

    @routes.api_route("/logo.png", methods=both)
    async def logo(token: str) -> Response:
        link = await links.look_up(desk.store, token)
        found = await behind(desk, link) if link.state == "valid" else None
        if found is None or found.logo is None:
            return Response(status_code=404)
        try:
            return Response(await desk.pictures.logo(found.logo), media_type="image/png")
        except NoPicture:
            return Response(status_code=404)

    @routes.api_route("/files/{name}", methods=both)
    async def fetched(request: Request, token: str, name: str) -> Response:
        """The file for who asks by a GET, a program perhaps: recorded as a fetch, and as nothing more."""
        try:
            link = await links.look_up(desk.store, token)
            if link.state != "valid":
                return nothing(request, link.state, link.language)
            found = await behind(desk, link)
            ref = found.artefacts.get(KINDS[name]) if name in KINDS else None
            if ref is None:
                return nothing(request, "unknown", link.language)
            answer = await _file(desk, ref, inline=False)
            await _fetched(desk, request, link, name)
        except StoreUnavailable:
            return nothing(request, "unavailable", None)
        return answer

    @routes.post("/files/{name}")
    async def downloaded(request: Request, token: str, name: str) -> Response:
        return await _acted(desk, request, token, EventType.DOCUMENT_DOWNLOADED, name)

    @routes.post("/view")
    async def viewed(request: Request, token: str) -> Response:
        return await _acted(desk, request, token, EventType.DOCUMENT_VIEWED, "pdf")

    @routes.post("/confirm")
    async def confirmed(request: Request, token: str) -> Response:
        return await _acted(desk, request, token, EventType.HANDED_OVER, None)

    return routes


async def _acted(desk: Desk, request: Request, token: str, act: EventType, name: str | None) -> Response:
    """A person pressed a button: in the inbox first, then the answer. Nothing is recorded otherwise."""
    try:
        link = await links.look_up(desk.store, token)
        if link.state != "valid":
            return nothing(request, link.state, link.language)
        found = await behind(desk, link)
        visitor = visitors.guess(request.method, request.headers, _address(request))
        form = await request.form()
        now = desk.store.clock()
        if not visitors.pressed(request.headers, visitor) or not _fresh(desk, str(form.get("form", "")), found):
            await _fetched(desk, request, link, "form", why="form-not-ours")
            return _shown(desk, request, token, found, press_again=True)
        ref = found.artefacts.get(KINDS[name]) if name in KINDS else None
        if name is not None and ref is None:
            return nothing(request, "unknown", link.language)
        answer = None if ref is None else await _file(desk, ref, inline=act is EventType.DOCUMENT_VIEWED)
        if act is not EventType.HANDED_OVER or found.confirmed_at is None:
            assert link.link_id and link.tenant  # noqa: PT018
            data: dict[str, Any] = {} if ref is None else {"what": name, "sha256": ref.sha256}
            action = PageAction(act, link.link_id, now, data, visitor.personal)
            await inbox.receive_action(desk.store, tenant=link.tenant, action=action)
    except StoreUnavailable:
        return nothing(request, "unavailable", None)
    if answer is not None:
        return answer
    language = request.query_params.get("lang", "")
    at = int(now.timestamp())
    query = f"?at={at}&mark={desk.mark('confirmed', link.link_id, at)}" + (f"&lang={language}" if language else "")
    return RedirectResponse(f"{PREFIX}/{token}{query}#receipt", 303)


def form_mark(desk: Desk, found: Behind) -> str:
    """What a form of this page carries: when it was made, and our mark on that."""
    at = int(desk.store.clock().timestamp())
    return f"{at}-{desk.mark('form', found.link_id, at)}"


def _fresh(desk: Desk, given: str, found: Behind) -> bool:
    at, _, mark = given.partition("-")
    if not _SECONDS.fullmatch(at):
        return False
    age = desk.store.clock().timestamp() - int(at)
    return -5 <= age <= FORM_SECONDS and desk.marked(mark, "form", found.link_id, int(at))


def _shown(desk: Desk, request: Request, token: str, found: Behind, press_again: bool = False) -> Response:
    language = languages.of_page(request.query_params.get("lang"), found.language)
    confirmed = found.confirmed_at
    at, mark = request.query_params.get("at", ""), request.query_params.get("mark", "")
    if confirmed is None and _SECONDS.fullmatch(at) and desk.marked(mark, "confirmed", found.link_id, int(at)):
        # The confirmation stands in the inbox and is on its way to the document: the mark says that we took it.
        confirmed = found.moment(int(at))
    return page(
        "recipient/page.html",
        403 if press_again else 200,
        words=load_page(language),
        languages=[load_page(each) for each in LANGUAGES],
        language=language_of(language),
        document=found.in_words(language),
        confirmed=found.at(confirmed, language) if confirmed else None,
        base=f"{PREFIX}/{token}",
        form=form_mark(desk, found),
        brand_stylesheet=brand_stylesheet(found.colour, found.accent),
        press_again=press_again,
        lang_query="" if language == languages.of_page(None, found.language) else f"?lang={language_of(language)}",
    )


def nothing(request: Request, state: str, language: str | None) -> Response:
    """A page that says why there is nothing, names nobody and offers nothing."""
    accepted = languages.accepted(request.headers.get("accept-language"))
    texts = load_page(languages.of_page(None, language) if language else accepted)
    status = {"expired": 410, "revoked": 410, "unavailable": 503, "failed": 500}.get(state, 404)
    key = {404: "unknown", 500: "unavailable"}.get(status, state)
    return page(
        "recipient/nothing.html", status, {"retry-after": "5"} if status == 503 else None, words=texts,
        heading=getattr(texts, key), lead=getattr(texts, f"{key}_lead"),
    )  # fmt: skip


async def _file(desk: Desk, ref: ArtefactRef, *, inline: bool) -> Response:
    """Bytes that were verified, under their name (RFC 6266; RFC 8187 for letters beyond ASCII)."""
    import asyncio

    content = await asyncio.to_thread(get, desk.storage, ref)
    kind = "inline" if inline else "attachment"
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in ref.name)
    return Response(
        content,
        media_type=ref.media_type,
        headers={
            "content-disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(ref.name, safe='')}",
            # A browser's own PDF viewer is a page with parts of its own, which a policy for pages would take from it.
            "content-security-policy": "frame-ancestors 'none'" if inline else "sandbox; default-src 'none'",
        },
    )


async def _fetched(desk: Desk, request: Request, link: links.Link, what: str, *, why: str | None = None) -> None:
    """Something asked for the page: a fact, and no more. The same asking within a second is the same fact.

    The page is shown all the same where the log does not take it.
    """
    visitor = visitors.guess(request.method, request.headers, _address(request))
    now = desk.store.clock()
    data: Mapping[str, Any] = {
        "link": str(link.link_id),
        "what": what,
        "method": request.method,
        "guess": visitor.kind if why is None else "scanner",
        "why": why or visitor.why,
    }
    cause = ids.derive("fetch", *data.values(), visitor.agent, visitor.network, int(now.timestamp()))
    assert link.document_id and link.tenant  # noqa: PT018
    event = Event(
        tenant=link.tenant,
        stream=document_stream(link.document_id),
        type=EventType.LINK_FETCHED,
        cause=str(cause),
        occurred_at=now,
        actor="link",
        data=dict(data),
        personal=visitor.personal,
    )
    try:
        async with desk.store.transaction() as conn:
            await events.append(conn, [event], recorded_at=now, keys=desk.store.keys)
    except EntregaError as error:
        log.warning("fetch-not-recorded", reason=error.reason, link=str(link.link_id))


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None
