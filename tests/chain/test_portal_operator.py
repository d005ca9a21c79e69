"""The operator's pages: who may see them, what they say, what their buttons do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from portal_house import OPERATOR, TENANT, House, open_house
from portal_visit import PERSON, served

from connectors.email.outbox import OutboxEmail
from pipeline.store.suppressions import suppress
from schemas.deliveries import Accepted, EmailMessage, ReportAction
from schemas.errors import Finding
from schemas.outcomes import Refusal

Visit = tuple[House, aiohttp.ClientSession]
CSRF = re.compile(r'name="csrf" value="([0-9a-f]{32})"')


@pytest.fixture
async def visit(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[Visit]:
    async with open_house(postgres(), tmp_path) as house, served(house) as client:
        await sign_in(client)
        yield house, client


async def sign_in(client: aiohttp.ClientSession) -> None:
    async with client.get(f"/operator/login?token={OPERATOR}", allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=strict", "Path=/operator", "Secure"):
        assert word in cookie
    assert OPERATOR not in cookie
    client.headers["Cookie"] = cookie.partition(";")[0]


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path, allow_redirects=False) as answer:
        assert answer.status == status, path
        return await answer.text()


async def post(client: aiohttp.ClientSession, path: str, page: str, **fields: str) -> tuple[int, str]:
    found = CSRF.search(page)
    assert found is not None
    async with client.post(
        path, data={"csrf": found.group(1), **fields}, headers=PERSON, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location", "")


async def test_signing_in(visit: Visit) -> None:
    """Without the token there is nothing to see; a wrong one, a forged cookie, or one that is over opens nothing."""
    house, client = visit
    await text(client, "/operator")
    places = ("", "/documents", f"/documents/{UUID(int=1)}", "/parked", "/undelivered", "/outbox")
    stranger = client.headers.popone("Cookie")
    for place in places:
        async with client.get(f"/operator{place}", allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"].startswith("/operator/login?back=")
    for path in ("exports", "links/x/revoke", f"parked/{UUID(int=1)}/replay"):
        async with client.post(f"/operator/{path}", data={}, allow_redirects=False) as answer:
            assert answer.status in (403, 404)
    for wrong in ("", "x", OPERATOR[:-1], OPERATOR + "é"):
        async with client.get("/operator/login", params={"token": wrong}, allow_redirects=False) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers
    end, nonce, mark = stranger.partition("=")[2].split(".")
    for forged in (f"{int(end) + 9}.{nonce}.{mark}", f"{end}.{nonce}.{'0' * 32}", f"{end}.x.{mark}", "", "x.y.z"):
        client.headers["Cookie"] = f"entrega_operator={forged}"
        await text(client, "/operator", 303)
    client.headers["Cookie"] = stranger
    house.later(hours=12, seconds=1)
    await text(client, "/operator", 303)


async def test_wrong_tokens_lock_nobody_out(visit: Visit) -> None:
    """Who guesses is answered 429 after twenty tokens in a minute, at the pages and at /v1 together; a right token
    always enters; another network has tries of its own, until there are too many in all."""
    house, client = visit

    async def guess(address: str, path: str = "/operator/login?token=wrong", **headers: str) -> int:
        headers = {"X-Forwarded-For": address, **headers}
        async with client.get(path, headers=headers, allow_redirects=False) as answer:
            if answer.status == 429:
                assert answer.headers["Retry-After"] == "60"
            return answer.status

    document = f"/v1/documents/{UUID(int=1)}"
    bad, good = {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {OPERATOR}"}
    assert [await guess("192.0.2.1") for _ in range(10)] == [403] * 10
    assert [await guess("192.0.2.2", document, **bad) for _ in range(10)] == [401] * 10
    assert (await guess("192.0.2.3"), await guess("192.0.2.3", document, **bad)) == (429, 429)
    assert await guess("192.0.2.1", f"/operator/login?token={OPERATOR}") == 303
    assert await guess("192.0.2.1", document, **good) == 404
    assert await guess("192.0.2.1", document) == 401  # no token is no guess
    assert await guess("198.51.100.7") == 403
    assert [await guess(f"10.{n}.0.1") for n in range(200)].count(429) > 0
    assert await guess("203.0.113.9", document, **bad) == 429
    assert await guess("203.0.113.9", document, **good) == 404
    house.later(seconds=61)
    assert await guess("192.0.2.1") == 403


async def test_back_stays_inside(visit: Visit) -> None:
    """After signing in one comes to where one was going, and never to somebody else's page."""
    _, client = visit
    for back, expected in (
        ("/operator/documents?q=state%3Aparked", "/operator/documents?q=state%3Aparked"),
        ("https://evil.example/operator", "/operator"),
        ("//evil.example/operator", "/operator"),
        ("/operator\\@evil.example", "/operator"),
    ):
        async with client.post(
            "/operator/login", data={"token": OPERATOR, "back": back}, allow_redirects=False
        ) as answer:
            assert answer.headers["Location"] == expected


async def test_empty(visit: Visit) -> None:
    """Every page of an empty house says what to do."""
    _, client = visit
    assert "Nothing has come in yet" in await text(client, "/operator")
    assert "No documents yet" in await text(client, "/operator/documents")
    assert "Nothing needs you" in await text(client, "/operator/parked")
    assert "Everyone got theirs" in await text(client, "/operator/undelivered")
    assert "No messages yet" in await text(client, "/operator/outbox")
    assert "no such document" in await text(client, f"/operator/documents/{UUID(int=1)}", 404)


async def test_story_of_a_delivered_document(visit: Visit) -> None:
    """One document's page tells every step with its time and gap, its attempts, files, links and message."""
    house, client = visit
    document, token = await house.sent()
    page = await text(client, f"/operator/documents/{document}")
    titles = re.findall(r'<div class="step-head"><b>([^<]+)', page)
    assert titles == [
        "Export received", "Read from the export", "Recipient recognised, work planned",
        "E-format written and checked", "Signed", "PDF made", "Contact and channels chosen", "E-mail composed",
        "Link issued", "E-mail given to outbox", "E-mail kept in the outbox; nothing left the house",
    ]  # fmt: skip
    assert "In the outbox" in page
    assert "a…@zolta-ges.example" in page
    assert "anna@zolta-ges.example" not in page
    assert token not in page
    digest = house.rendered[document].sha256
    async with client.get(f"/operator/documents/{document}/files/{digest}") as answer:
        assert await answer.read() == house.storage.read(house.rendered[document].key)
        assert answer.headers["Content-Disposition"].startswith("attachment")
    other, _ = await house.sent("FT 2026/118")
    await text(client, f"/operator/documents/{other}/files/{digest}", 404)
    (row,) = await house.ask("SELECT attempt_id FROM attempt WHERE document_id = %s", document)
    page = await text(client, f"/operator/outbox/{row['attempt_id']}")
    assert 'sandbox=""' in page
    assert f"https://docs.example.com/d/{token}" in page
    async with client.get(f"/operator/outbox/{row['attempt_id']}/html") as answer:
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert "Ver documento" in await answer.text()
    page = await text(client, "/operator/outbox")
    assert "kept in the outbox" in page


async def test_what_its_recipient_confirmed(visit: Visit) -> None:
    """A document that nothing but the recipient's word ended: no server is said to have taken it."""
    house, client = visit
    document, _ = await house.sent()
    await house.ask(
        "UPDATE document SET state = 'delivered', reason = 'handed-over' WHERE document_id = %s RETURNING state",
        document,
    )
    for path in (f"/operator/documents/{document}", "/operator/documents"):
        page = await text(client, path)
        assert "The recipient has confirmed receipt." in page
        assert "The receiving server or phone took the message." not in page


async def test_withdrawing_a_link(visit: Visit) -> None:
    """The withdraw button closes that link, with its reason in the log; without the session's mark nothing happens."""
    house, client = visit
    document, token = await house.sent()
    page = await text(client, f"/operator/documents/{document}")
    (row,) = await house.ask("SELECT link_id FROM link WHERE document_id = %s", document)
    path = f"/operator/links/{row['link_id']}/revoke"
    fields = {"document": str(document), "why": "sent to the wrong person"}
    async with client.post(path, data=fields, headers=PERSON, allow_redirects=False) as answer:
        assert answer.status == 403
    foreign = {**PERSON, "sec-fetch-site": "cross-site"}
    found = CSRF.search(page)
    assert found is not None
    async with client.post(path, data={**fields, "csrf": found.group(1)}, headers=foreign) as answer:
        assert answer.status == 403
    await text(client, f"/d/{token}")
    assert (await post(client, path, page, **fields))[0] == 303
    await text(client, f"/d/{token}", 410)
    page = await text(client, f"/operator/documents/{document}")
    assert "sent to the wrong person" in page
    assert "Link withdrawn" in page


async def test_a_duplicate_of_what_is_parked_says_what_waits(visit: Visit) -> None:
    """Whoever drops it once more sees why the first one does not move, and the way to it."""
    house, client = visit
    export = await house.receive()
    first = house.record(export, "FT 7", at=1)
    await house.register(export, first)
    await house.park("signing", first.document_id, Refusal("certificate-unfit", "The certificate is over."))
    export = await house.receive()
    again = house.record(export, "FT 7", at=1)
    await house.register(export, again)
    page = await text(client, f"/operator/documents/{again.document_id}")
    assert f'The same was dropped before, and <a href="/operator/documents/{first.document_id}">' in page
    for words in ("Duplicate", "The certificate is over.", "Install a valid certificate, then replay."):
        assert words in page


async def test_what_needs_a_person(visit: Visit) -> None:
    """A stopped document says why, where, what was found and what to do; it is put back or closed by a button."""
    house, client = visit
    finding = Finding(rule="BR-CO-15", message="Totals differ.", place="/Invoice/Total", found="1.00", expected="2.00")
    export = await house.receive()
    short = Finding(rule="R003", message="A reference is missing.")
    refused = house.record(
        export, "FT 1", at=1, refusal=Refusal("document-invalid", "The invoice breaks two rules.", (finding, short))
    )
    good = house.record(export, "FT 2", at=2)
    third = house.record(export, "FT 3", at=3)
    await house.register(export, refused, good, third)
    for record in (good, third):
        await house.park("signing", record.document_id, Refusal("certificate-unfit", "The certificate is over."))
    page = await text(client, "/operator")
    assert "The invoice breaks two rules. /Invoice/Total: found 1.00, expected 2.00." in page
    assert page.index("Needs a person</h2>") < page.index("3 documents") < page.index("Batches")
    page = await text(client, "/operator/parked")
    for words in ("BR-CO-15", "/Invoice/Total", "1.00", "2.00", "Install a valid certificate", "certificate-unfit"):
        assert words in page
    for path in ("/operator/undelivered", f"/operator/documents/{refused.document_id}"):
        page = await text(client, path)
        told = ("The invoice breaks two rules.", "BR-CO-15", "Totals differ.", "/Invoice/Total", "1.00", "2.00", "R003")
        assert [words for words in (*told, "Mend it in the ERP") if words not in page] == [], path
    rows = await house.ask("SELECT parked_id, document_id FROM parked WHERE state = 'open' AND stage = 'signing'")
    ids = {row["document_id"]: row["parked_id"] for row in rows}
    status, where = await post(client, f"/operator/parked/{ids[good.document_id]}/replay", page)
    assert (status, where.startswith("/operator/parked?done=")) == (303, True)
    assert "replayed" in await house.events(good.document_id)
    status, where = await post(client, f"/operator/parked/{ids[third.document_id]}/discard", page, why=" ")
    assert "problem=" in where
    await post(client, f"/operator/parked/{ids[third.document_id]}/discard", page, why="credited by hand")
    assert (await house.events(third.document_id))[-1] == "discarded"
    assert "credited by hand" in await text(client, "/operator/parked?state=discarded")
    _, where = await post(client, f"/operator/parked/{ids[good.document_id]}/replay", page)
    assert "problem=" in where


class Takes:
    """A provider that takes everything and reports later."""

    provider = "sendgrid"
    reports_delivery = True

    async def send(self, message: EmailMessage) -> Accepted:
        return Accepted(provider=self.provider, provider_message_id=message.message_id)

    async def close(self) -> None:
        return None


async def test_a_bounce_in_plain_words(visit: Visit) -> None:
    """A bounce stands in red with the reason, the code, the provider's words without the address, and what to do."""
    house, client = visit
    export = await house.receive()
    record = house.record(export, "FT 9")
    await house.register(export, record)
    await house.make(record)
    await house.open(record)
    await house.dispatch({"email": Takes(), "sms": OutboxEmail(house.settings.data)})
    (row,) = await house.ask("SELECT attempt_id FROM attempt")
    house.later(days=2, hours=3)
    await house.report(
        row["attempt_id"], ReportAction.BOUNCED, permanent=True, status="5.1.1", code="550",
        reason="unknown-recipient", diagnostic="550 5.1.1 <anna@zolta-ges.example>: no such user",
    )  # fmt: skip
    await sign_in(client)
    page = await text(client, f"/operator/documents/{record.document_id}")
    assert '<li class="step bad">\n      <div class="step-head"><b>E-mail bounced for good</b>' in page
    for words in (
        "The mailbox does not exist.",
        "Ask for a working address",
        "550",
        "5.1.1",
        "&lt;a…@zolta-ges.example&gt;: no such user",
        '<li class="pause" aria-label="pause"><span>2 d 3 h</span>',
    ):
        assert words in page, words
    assert "anna@" not in page
    assert "The mailbox does not exist." in await text(client, "/operator/undelivered")


async def test_searching(visit: Visit) -> None:
    """One box with the command line's grammar; pages go on without leaving one out; nonsense is said, not raised."""
    house, client = visit
    export = await house.receive("large.xml")
    records = [
        house.record(export, f"FT {number}", at=number, buyer_name="Casa <b>Verde</b>" if number == 7 else "Other")
        for number in range(1, 121)
    ]
    await house.register(export, *records)
    seen: list[str] = []
    path = "/operator/documents"
    while path:
        page = await text(client, path)
        seen += re.findall(r'<th scope="row"><a href="/operator/documents/([0-9a-f-]{36})"', page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert len(seen) == 120
    assert set(seen) == {str(record.document_id) for record in records}
    page = await text(client, '/operator/documents?q=buyer:"Casa <b>" state:moving')
    assert page.count('<th scope="row">') == 1
    assert "Casa &lt;b&gt;Verde" in page
    assert "<b>Verde" not in page
    for query, words in (
        ("colour:red", "no field of a query"), ("from:13.13.2026", "cannot be read"), ('"', "cannot be read"),
        ("state:parked", "Nothing fits"), ("100%", "Nothing fits"),
    ):  # fmt: skip
        assert words in await text(client, f"/operator/documents?q={query.replace('%', '%25')}"), query
    await text(client, "/operator/documents?after=nonsense")


async def test_dropping(visit: Visit) -> None:
    """A dropped file comes through the door like any other; no file is said."""
    house, client = visit
    page = await text(client, "/operator")
    found = CSRF.search(page)
    assert found is not None
    form: Any = aiohttp.FormData(quote_fields=False)
    form.add_field("csrf", found.group(1))
    form.add_field("file", b"<Invoice/>", filename="../one.xml")
    form.add_field("file", b"a;b", filename="two.csv")
    async with client.post("/operator/exports", data=form, headers=PERSON, allow_redirects=False) as answer:
        where = answer.headers["Location"]
    page = await text(client, where)
    assert "Received: one.xml, two.csv" in page
    rows = await house.ask("SELECT name, received_by, tenant FROM export ORDER BY received_at, name")
    assert [tuple(row.values()) for row in rows] == [
        ("one.xml", "operator:page", TENANT), ("two.csv", "operator:page", TENANT),
    ]  # fmt: skip
    _, where = await post(client, "/operator/exports", page)
    assert "No file was chosen" in await text(client, where)


async def test_everything_that_stopped_is_listed(visit: Visit) -> None:
    """The pages of what needs a person and of who did not get it go on until all of it was shown, each once, and say
    that there is more; reasons are counted over all."""
    house, client = visit
    export = await house.receive("large.xml")
    refusal = Refusal("document-invalid", "It breaks a rule.")
    records = [house.record(export, f"FT {number}", at=number, refusal=refusal) for number in range(1, 121)]
    await house.register(export, *records)
    for start, row in (("parked", r'<h2 id="p-[^"]+">'), ("undelivered", '<th scope="row">')):
        seen: list[str] = []
        path = f"/operator/{start}"
        while path:
            page = await text(client, path)
            seen += re.findall(row + r'<a href="/operator/documents/([0-9a-f-]{36})"', page)
            more = re.search(r'rel="next" href="([^"]+)"', page)
            assert bool(more) == (len(seen) < 120)
            assert start == "parked" or "<b>120</b>" in page
            path = more.group(1).replace("&amp;", "&") if more else ""
        assert sorted(seen) == sorted(str(record.document_id) for record in records)
        assert "cut off" in await text(client, f"/operator/{start}?after=nonsense")


async def test_sending_again(visit: Visit) -> None:
    """The button sends once more, with its reason in the log; pressed twice, from the same page, it sends once. Another
    address is checked, and what was wrong is said on the page."""
    house, client = visit
    document, first = await house.sent()
    page = await text(client, f"/operator/documents/{document}")
    path = f"/operator/documents/{document}/resend"
    key = re.search(r'name="request" value="([0-9a-f-]{36})"', page)
    assert key is not None
    fields = {"request": key.group(1), "why": "the customer lost it", "to": ""}
    async with client.post(path, data=fields, headers=PERSON, allow_redirects=False) as answer:
        assert answer.status == 403
    assert (await post(client, path, page, **{**fields, "why": " "}))[0] == 422
    assert (await post(client, path, page, **{**fields, "request": "x"}))[0] == 422
    _, where = await post(client, path, page, **{**fields, "to": "nobody"})
    assert "the other address must be an e-mail address or a mobile number" in await text(client, where)
    assert "resend-requested" not in await house.events(document)
    _, where = await post(client, path, page, **{**fields, "to": "ana@gabinete.example"})
    assert "Sent again, in round 2, with a new link." in await text(client, where)
    _, where = await post(client, path, page, **{**fields, "to": "ana@gabinete.example"})
    assert "This page had it sent again before, in round 2; once is all." in await text(client, where)
    await house.dispatch()
    page = await text(client, f"/operator/documents/{document}")
    for words in ("Sent again: a person asked for it", "the customer lost it", "a…@gabinete.example"):
        assert words in page
    assert await house.token(document) != first
    assert (await house.events(document)).count("resend-requested") == 1


async def test_using_an_address_again(visit: Visit) -> None:
    """After a hard bounce the page says which address is not used and why; a reason lifts it. An opt-out says that its
    owner has to send START, and is lifted only where they have asked."""
    house, client = visit
    document, _ = await house.sent(phone="+48512345678")
    (attempt,) = await house.ask("SELECT attempt_id FROM attempt")
    await house.report(attempt["attempt_id"], ReportAction.BOUNCED, permanent=True, reason="unknown-recipient")
    async with house.store.transaction() as conn:
        await suppress(conn, TENANT, "sms", "+48512345678", "opted-out", cause=None, now=house.now)
    page = await text(client, f"/operator/documents/{document}")
    assert "anna@" not in page
    assert "+48512345678" not in page
    for words in ("a…@zolta-ges.example</b>", "The mailbox does not exist. Since", "+48…678</b>", "sending START"):
        assert words in page
    path = f"/operator/documents/{document}/lift"
    marks = re.findall(r'name="which" value="([0-9a-f]{32})"', page)
    assert len(marks) == 2
    told = []
    for mark in marks:
        _, where = await post(client, path, page, which=mark, why="they called us")
        told.append(await text(client, where))
    assert sum("The address is used again" in each for each in told) == 1
    assert sum("Not lifted: its owner opted out by STOP" in each for each in told) == 1
    for mark in marks:
        await post(client, path, page, which=mark, why="they called us", asked="yes")
    assert await house.ask("SELECT 1 FROM suppression") == []
    _, where = await post(client, path, page, which=marks[0], why="again")
    assert "This address is used again already" in await text(client, where)
    assert "they called us" in await text(client, f"/operator/documents/{document}")
