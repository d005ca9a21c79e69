"""The buttons of the operator's pages: each does what it says, with its reason in the log, for who has signed in."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
from portal_house import TENANT
from portal_visit import CSRF, PERSON, Visit, post, text

from pipeline.store.suppressions import suppress
from schemas.deliveries import ReportAction
from schemas.errors import Finding
from schemas.outcomes import Refusal


async def test_withdrawing_a_link(desk: Visit) -> None:
    """The withdraw button closes that link, with its reason in the log; without the session's mark nothing happens."""
    house, client = desk
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


async def test_what_needs_a_person(desk: Visit) -> None:
    """A stopped document says why, where, what was found and what to do; it is put back or closed by a button."""
    house, client = desk
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


async def test_dropping(desk: Visit) -> None:
    """A dropped file comes through the door like any other; no file is said."""
    house, client = desk
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


async def test_sending_again(desk: Visit) -> None:
    """The button sends once more, with its reason in the log; pressed twice, from the same page, it sends once. Another
    address is checked, and what was wrong is said on the page."""
    house, client = desk
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


async def test_using_an_address_again(desk: Visit) -> None:
    """After a hard bounce the page says which address is not used and why; a reason lifts it. An opt-out says that its
    owner has to send START, and is lifted only where they have asked."""
    house, client = desk
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
    assert sum("Not lifted: its owner opted out, and takes" in each for each in told) == 1
    for mark in marks:
        await post(client, path, page, which=mark, why="they called us", asked="yes")
    assert await house.ask("SELECT 1 FROM suppression") == []
    _, where = await post(client, path, page, which=marks[0], why="again")
    assert "This address is used again already" in await text(client, where)
    assert "they called us" in await text(client, f"/operator/documents/{document}")
