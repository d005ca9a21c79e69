"""A link of a message: whom it opens the page to, and how a reader is told from a scanner."""

from __future__ import annotations

import aiohttp
import pytest
from portal_visit import PERSON, Visit, form_of, page, press

from pipeline.store import links


async def test_expired_and_revoked(visit: Visit) -> None:
    """Expired and withdrawn links say so, with 410, and offer nothing: no file, no form, no name."""
    house, client = visit
    document, token = await house.sent(language="en")
    _, text, _ = await page(client, f"/d/{token}")
    form = form_of(text)
    (row,) = await house.ask("SELECT link_id FROM link WHERE document_id = %s", document)
    before = await house.events(document)
    house.later(days=91)
    await refused(client, token, form, 410, "This link has expired")
    house.later(days=-91)
    assert await links.revoke(house.store, row["link_id"], why="test", actor="operator:test")
    await refused(client, token, form, 410, "This link was withdrawn")
    assert await house.actions() == []
    assert await house.events(document) == [*before, "link-revoked"]


async def refused(client: aiohttp.ClientSession, token: str, form: dict[str, str], status: int, words: str) -> None:
    answers = [await page(client, f"/d/{token}{path}") for path in ("", "/files/pdf")]
    for got, text, _ in answers:
        assert got == status
        assert words in text
        assert "<form" not in text
        assert "Vinhos" not in text
    async with client.get(f"/d/{token}/picture.png", headers=PERSON) as answer:
        assert answer.status == 404
    for path in ("/confirm", "/view", "/files/pdf"):
        assert (await press(client, f"/d/{token}{path}", form))[0] == status


async def test_other_tokens(visit: Visit) -> None:
    """Of a thousand changed tokens none opens anything, and no log line, event or inbox row holds a token."""
    house, client = visit
    _, token = await house.sent()
    _, other = await house.sent("FT 2026/118")
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    changed = {token[:at] + letter + token[at + 1 :] for at in range(32) for letter in alphabet} - {token}
    assert len(changed) == 32 * 31
    states = [(await links.look_up(house.store, each)).state for each in changed]
    assert set(states) == {"unknown"}
    shapes = (token[:-1], token + "a", "a" * 32, "..%2f" + token, "%00", "x" * 5000, token + "%20")
    for wrong in (min(changed), *shapes):
        status, text, _ = await page(client, f"/d/{wrong}")
        assert status == 404, wrong
        assert "Vinhos" not in text
    _, text, _ = await page(client, f"/d/{token}")
    # A form of one link is none of another's.
    status, _ = await press(client, f"/d/{other}/confirm", form_of(text))
    assert status == 403
    assert await house.actions() == []
    kept = await house.ask("SELECT e.*::text AS row FROM event e UNION ALL SELECT i.*::text FROM inbox i")
    assert not any(token in row["row"] or other in row["row"] for row in kept)


async def test_log_is_silent(visit: Visit, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A link's token stands in no log line, whatever is asked and whatever fails."""
    house, client = visit
    _, token = await house.sent()
    await page(client, f"/d/{token}")
    await page(client, f"/d/{token}/files/none")
    await press(client, f"/d/{token}/confirm", {})
    await house.store.pool.close()
    status, text, _ = await page(client, f"/d/{token}")
    assert status == 503
    assert "Your link remains valid" in text
    written = caplog.text + "".join(capfd.readouterr())
    assert "/d/{token}" in written
    assert token not in written


SCANNERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "head": ("HEAD", "", {}),
    "plain get": ("GET", "", {}),
    "get of a file": ("GET", "/files/pdf", {}),
    "double fetch": ("GET", "", {"user-agent": "Mozilla/5.0 Firefox/140.0"}),
    "safe links": ("GET", "", {"user-agent": "Mozilla/5.0 (Windows NT 10.0) SafeLinks"}),
    "office preview": ("GET", "", {"user-agent": "Microsoft Office Existence Discovery"}),
    "prefetch": ("GET", "", {"sec-purpose": "prefetch"}),
    "no agent": ("POST", "/confirm", {"user-agent": ""}),
    "posts with curl": ("POST", "/confirm", {"user-agent": "curl/8.5"}),
    "headless presses all": ("POST", "/confirm", {"user-agent": "Mozilla/5.0 HeadlessChrome/142.0 Safari/537.36"}),
    "script submits": ("POST", "/confirm", {"sec-fetch-user": ""}),
    "posts from elsewhere": ("POST", "/view", {"sec-fetch-site": "cross-site"}),
    "posts every form": ("POST", "/files/pdf", {"user-agent": "Barracuda Sentinel (EE)"}),
}
"""What mail scanners do to a link: method, what is asked, what differs from a person's browser."""


async def test_scanners_are_no_readers(visit: Visit) -> None:
    """A scanner's visit is a fetch: nothing is handed over, viewed or downloaded, and the link still works after."""
    house, client = visit
    for number, (name, (method, path, changed)) in enumerate(SCANNERS.items()):
        document, token = await house.sent(f"FT 2026/{number}")
        _, text, _ = await page(client, f"/d/{token}")
        headers = {key: value for key, value in {**PERSON, **changed}.items() if value}
        for _ in range(2):
            house.later(seconds=2)
            async with client.request(
                method, f"/d/{token}{path}", data=form_of(text) if method == "POST" else None, headers=headers,
                allow_redirects=False,
            ) as answer:  # fmt: skip
                assert answer.status == (403 if method == "POST" else 200), name
        assert await house.actions() == [], name
        assert (await house.events(document))[-3:] == ["link-fetched"] * 3, name
        _, text, _ = await page(client, f"/d/{token}")
        assert (await press(client, f"/d/{token}/confirm", form_of(text)))[0] == 303, name
        assert await house.actions() == ["handed-over"], name
        await house.acknowledge()
        house.seen += 1


async def test_people_are_counted(visit: Visit) -> None:
    """Whoever presses the button is counted each time, also with browsers that tell little of themselves."""
    house, client = visit
    _, token = await house.sent()
    browsers = (
        {},
        {"sec-fetch-site": "", "sec-fetch-user": ""},  # older, or over plain HTTP
        {"user-agent": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/18.0 Safari/604.1", "sec-fetch-user": ""},
        {"user-agent": "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0"},
    )
    _, text, _ = await page(client, f"/d/{token}")
    for number in range(60):
        headers = {key: value for key, value in {**PERSON, **browsers[number % 4]}.items() if value}
        async with client.post(
            f"/d/{token}/confirm", data=form_of(text), headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 303
    assert await house.actions() == ["handed-over"] * 60


async def test_stale_form(visit: Visit) -> None:
    """A page that stood open for more than a day asks to be pressed again; then the press counts."""
    house, client = visit
    _, token = await house.sent(language="en")
    _, text, _ = await page(client, f"/d/{token}")
    house.later(hours=25)
    async with client.post(f"/d/{token}/confirm", data=form_of(text), headers=PERSON) as answer:
        assert answer.status == 403
        text = await answer.text()
    assert "Please press the button once more" in text
    assert (await press(client, f"/d/{token}/confirm", form_of(text)))[0] == 303


async def test_fetch_event(visit: Visit) -> None:
    """A fetch says what was asked and what it may have been; the network, cut short, and the agent are personal."""
    from pipeline.store import history

    house, client = visit
    document, token = await house.sent()
    await page(client, f"/d/{token}", **{"x-forwarded-for": "203.0.113.77"})
    async with house.store.transaction() as conn:
        rows = await history.read_stream(conn, f"document:{document}", reveal=True, keys=house.store.keys)
    row = rows[-1]
    assert row.type == "link-fetched"
    assert {key: row.data[key] for key in ("what", "method", "guess", "why")} == {
        "what": "page", "method": "GET", "guess": "unknown", "why": "may-be-a-person",
    }  # fmt: skip
    assert row.personal == {"agent": PERSON["user-agent"], "network": "203.0.113.0/24"}
