"""Every route of the portal, tried with what no honest page sends: it is answered, never by a 500 and a traceback."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi.routing import iter_route_contexts
from portal_house import OPERATOR, House
from portal_visit import CSRF, PERSON, Visit, form_of
from yarl import URL

from portal.app import create_app
from schemas.outcomes import Refusal

VALUES = {
    "missing": "",
    "nul": "%00",
    "nul inside": "a%00b",
    "not UTF-8": "%FF%FE%C3",
    "surrogate": "%ED%A0%80",
    "broken percent": "%zz%",
    "long": "x" * 3000,
    "line breaks": "a%0D%0ASet-Cookie:%20a=b",
    "turned round": "%E2%80%AE%E2%81%A6",
    "brackets": "%5B%3A%3A",
    "authority": "%2F%2F%5B",
    "number": "9" * 40,
    "time": "0001-01-01T00%3A00%3A00%2B23%3A59~00000000-0000-0000-0000-000000000000",
    "quote": "%22%27%5C",
    "markup": "%3Cscript%3E",
}
"""Percent-encoded, for paths, queries and forms alike."""
QUERY = ("q", "after", "state", "done", "problem", "dropped", "back", "token", "lang", "at", "mark", "name", "profile")
FIELDS = ("why", "document", "token", "back", "form", "request", "to", "asked", "From", "To", "OptOutType")
ENCODED = {"content-type": "application/x-www-form-urlencoded"}


def routes(house: House) -> list[tuple[str, str]]:
    """(method, path) of everything that is served; a path's parts in braces."""
    found = []
    for route in iter_route_contexts(create_app(house.settings, house.store).routes):
        found += [(method, route.path) for method in sorted(route.methods or ()) if method != "OPTIONS"]
    return found


async def test_no_route_answers_500(desk: Visit) -> None:
    """NUL, bytes that are no UTF-8, what is far too long or missing: in path, query and form of every route, signed in
    and not. Whatever is said, it is said on purpose."""
    house, client = desk
    document, token = await house.sent()
    export = await house.receive()
    parked = house.record(export, "FT 2")
    await house.register(export, parked)
    await house.park("signing", parked.document_id, Refusal("certificate-unfit", "The certificate is over."))
    (stop,) = await house.ask("SELECT parked_id FROM parked")
    (link,) = await house.ask("SELECT link_id FROM link")
    (attempt,) = await house.ask("SELECT attempt_id FROM attempt")
    real = {
        "token": token, "document_id": document, "parked_id": stop["parked_id"], "link_id": link["link_id"],
        "attempt": attempt["attempt_id"], "export_id": export.export_id, "name": "pdf", "digest": "x",
        "sha256": house.rendered[document].sha256, "colours": "7a1f3d-c9973b",
    }  # fmt: skip
    async with client.get(f"/operator/documents/{document}") as answer:
        found = CSRF.search(await answer.text())
    async with client.get(f"/d/{token}", headers=PERSON) as answer:
        form = form_of(await answer.text())
    assert found is not None
    honest = urlencode({"csrf": found.group(1), **form, "document": str(document)})
    bearer = {"Authorization": f"Bearer {OPERATOR}"}
    served_routes = routes(house)
    assert len(served_routes) > 35
    bad: list[tuple[str, str, str, int]] = []

    waiting: list[Any] = []

    def ask(*question: Any) -> None:
        waiting.append(asked(*question))

    async def asked(what: str, method: str, path: str, query: str, body: str, headers: dict[str, str]) -> None:
        address = URL(path + (f"?{query}" if query else ""), encoded=True)
        sent = body.encode() if method == "POST" else None
        async with client.request(method, address, data=sent, headers=headers, allow_redirects=False) as answer:
            told = await answer.text(errors="replace")
            if answer.status >= 500 or "Traceback" in told:
                bad.append((what, method, path, answer.status))

    for (method, pattern), (what, value) in itertools.product(served_routes, VALUES.items()):
        whole = re.sub(r"{(\w+)}", lambda part: str(real.get(part.group(1), uuid4())), pattern)
        hostile = re.sub(r"{(\w+)}", value or "-", pattern)
        fields = "&".join(f"{name}={value}" for name in FIELDS)
        query = "&".join(f"{name}={value}" for name in QUERY)
        some = {**PERSON, **bearer, **ENCODED}
        if hostile != whole:
            ask(what, method, hostile, "", honest, some)
        ask(what, method, whole, query, f"{honest}&{fields}", some)
        if method == "POST":
            ask(what, method, whole, "", f"csrf={found.group(1)}&form={quote(form['form'])}&{fields}", some)
        ask(what, method, whole, query, fields, {**ENCODED, "Cookie": "", "Authorization": "Bearer \xff"})
    boundary = {**PERSON, **bearer, "content-type": "multipart/form-data; boundary=x"}
    parts = f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{found.group(1)}\r\n'
    for pattern in [pattern for method, pattern in served_routes if method == "POST"]:
        whole = re.sub(r"{(\w+)}", lambda part: str(real.get(part.group(1), uuid4())), pattern)
        for name in ("why", "file", "\x00", "document"):
            for file in ("", '; filename="\x00\x07..\\/\xff.xml"'):
                end = f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n\x00\xff\r\n--x--\r\n'
                ask("multipart", "POST", whole, "", parts + end, boundary)
        ask("no multipart", "POST", whole, "", "--y", boundary)
        ask("no body", "POST", whole, "", "", {**PERSON, **bearer})
    for at in range(0, len(waiting), 16):
        await asyncio.gather(*waiting[at : at + 16])
    assert bad == []


async def test_what_is_wrong_is_said(desk: Visit) -> None:
    """A form without what it needs, or with what no text holds, is answered 422 by a sentence, and nothing is done."""
    house, client = desk
    document, token = await house.sent()
    (link,) = await house.ask("SELECT link_id FROM link")
    async with client.get(f"/operator/documents/{document}") as answer:
        found = CSRF.search(await answer.text())
    assert found is not None
    path = f"/operator/links/{link['link_id']}/revoke"
    good: dict[str, Any] = {"csrf": found.group(1), "document": str(document), "why": "sent to the wrong person"}
    for change, sentence in (
        ({"why": "a\0b"}, "The field why holds a NUL character, which no text has."),
        ({"why": " "}, "Say why the link is withdrawn: it stands in the event log."),
        ({"why": "x" * 301}, "The field why has 301 characters; at most 300 are taken."),
        ({"document": ""}, "The form does not say which document it is about: load its page again."),
        ({"document": "\0"}, "The form does not say which document it is about: load its page again."),
    ):
        async with client.post(path, data={**good, **change}, headers=PERSON) as answer:
            assert (answer.status, await answer.text()) == (422, sentence)
    async with client.get(f"/operator/documents?q=%00{quote('a')}") as answer:
        assert (answer.status, await answer.text()) == (400, "The address holds a NUL character, which no text has.")
    async with client.get(f"/d/{token}") as answer:
        assert answer.status == 200
