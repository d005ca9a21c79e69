"""The operator's pages: what they say of what is on its way, what arrived, and what stopped."""

from __future__ import annotations

import re
from uuid import UUID

from portal_visit import Visit, sign_in, text

from connectors.email.outbox import OutboxEmail
from schemas.deliveries import Accepted, EmailMessage, ReportAction
from schemas.outcomes import Refusal


async def test_empty(desk: Visit) -> None:
    """Every page of an empty house says what to do."""
    _, client = desk
    assert "Nothing has come in yet" in await text(client, "/operator")
    assert "No documents yet" in await text(client, "/operator/documents")
    assert "Nothing needs you" in await text(client, "/operator/parked")
    assert "Everyone got theirs" in await text(client, "/operator/undelivered")
    assert "No messages yet" in await text(client, "/operator/outbox")
    assert "no such document" in await text(client, f"/operator/documents/{UUID(int=1)}", 404)


async def test_story_of_a_delivered_document(desk: Visit) -> None:
    """One document's page tells every step with its time and gap, its attempts, files, links and message."""
    house, client = desk
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


async def test_what_its_recipient_confirmed(desk: Visit) -> None:
    """A document that nothing but the recipient's word ended: no server is said to have taken it."""
    house, client = desk
    document, _ = await house.sent()
    await house.ask(
        "UPDATE document SET state = 'delivered', reason = 'handed-over' WHERE document_id = %s RETURNING state",
        document,
    )
    for path in (f"/operator/documents/{document}", "/operator/documents"):
        page = await text(client, path)
        assert "The recipient has confirmed receipt." in page
        assert "The receiving server or phone took the message." not in page


async def test_a_duplicate_of_what_is_parked_says_what_waits(desk: Visit) -> None:
    """Whoever drops it once more sees why the first one does not move, and the way to it."""
    house, client = desk
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


class Takes:
    """A provider that takes everything and reports later."""

    provider = "sendgrid"
    reports_delivery = True

    async def send(self, message: EmailMessage) -> Accepted:
        return Accepted(provider=self.provider, provider_message_id=message.message_id)

    async def close(self) -> None:
        return None


async def test_a_bounce_in_plain_words(desk: Visit) -> None:
    """A bounce stands in red with the reason, the code, the provider's words without the address, and what to do."""
    house, client = desk
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


async def test_searching(desk: Visit) -> None:
    """One box with the command line's grammar; pages go on without leaving one out; nonsense is said, not raised."""
    house, client = desk
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


async def test_everything_that_stopped_is_listed(desk: Visit) -> None:
    """The pages of what needs a person and of who did not get it go on until all of it was shown, each once, and say
    that there is more; reasons are counted over all."""
    house, client = desk
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
