"""The pages in a real browser: no script, a phone's width, a keyboard, and what a person's press sends."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from portal_house import OPERATOR, TENANT, House, open_house
from portal_visit import served

from pipeline.store.suppressions import suppress
from schemas.errors import Finding
from schemas.outcomes import Refusal
from stages.words import LANGUAGES

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="skipped: no Chromium; the system's package is enough")

Visit = tuple[House, str, Any]


@pytest.fixture
async def browser() -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield started
        finally:
            await started.close()


@pytest.fixture
async def visit(postgres: Callable[[], str], tmp_path: Path, browser: Any) -> AsyncIterator[Visit]:
    # Over plain HTTP here, so the address is not https: the operator's cookie would not be sent.
    async with (
        open_house(postgres(), tmp_path, public_url="http://docs.example.com") as house,
        served(house) as client,
    ):
        yield house, str(client._base_url).rstrip("/"), browser


async def tab(browser: Any, width: int = 1280, script: bool = False, agent: str = PERSON) -> tuple[Any, list[str]]:
    """A fresh browser of a person's, and what it complains of."""
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, java_script_enabled=script, user_agent=agent, locale="en-GB"
    )
    page = await context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    # A download ends the navigation that asked for it: Chromium calls that failed.
    page.on("requestfailed", lambda request: "/files/" in request.url or said.append(f"failed: {request.url}"))
    return page, said


SHAPE = """() => {
  const luminance = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= .04045 ? v / 12.92 :
      ((v + .055) / 1.055) ** 2.4 }); return .2126 * r + .7152 * g + .0722 * b };
  const colour = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = node => { for (; node; node = node.parentElement) { const c = colour(getComputedStyle(node)
      .backgroundColor); if (c.length === 3 || c[3] === 1) return c.slice(0, 3) } return [255, 255, 255] };
  const pale = [], small = [];
  for (const node of document.body.querySelectorAll('*')) {
    const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    if (own && box.width > 2 && box.height > 2 && !node.closest('svg')) {
      const a = luminance(colour(style.color)), b = luminance(ground(node));
      const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
      if (ratio < (large ? 3 : 4.5)) pale.push(node.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
    }
    if (node.matches('button, input:not([type=hidden], .hidden), summary, nav a, .filters a') && box.width > 2
        && (box.height < 24 || box.width < 24)) small.push(node.textContent.trim().slice(0, 30));
  }
  const inputs = [...document.querySelectorAll('input:not([type=hidden], .hidden)')];
  const labels = inputs.filter(n => !n.labels.length).length;
  const images = [...document.images].filter(n => !n.hasAttribute('alt')).length;
  const levels = [...document.querySelectorAll('h1, h2, h3')].map(n => +n.tagName[1]);
  const wide = [...document.querySelectorAll('body *')].filter(n => n.getBoundingClientRect().right > innerWidth + 1)
      .map(n => n.tagName + '.' + n.className).slice(-3);
  return { wide, over: document.documentElement.scrollWidth - document.documentElement.clientWidth, pale, small, labels,
           images, levels, ids: [...document.querySelectorAll('[id]')].map(n => n.id),
           lang: document.documentElement.lang, main: document.querySelectorAll('main').length, title: document.title };
}"""
"""What WCAG 2.2 AA asks that can be measured: contrast (1.4.3), reflow (1.4.10), target size (2.5.8), labels, order."""


async def fits(page: Any) -> None:
    shape = await page.evaluate(SHAPE)
    assert shape["over"] <= 0, (page.url, shape["wide"])
    assert shape["pale"] == []
    assert shape["small"] == []
    assert (shape["labels"], shape["images"], shape["main"]) == (0, 0, 1)
    assert shape["levels"][0] == 1
    assert all(after - before <= 1 for before, after in zip(shape["levels"], shape["levels"][1:], strict=False))
    assert len(shape["ids"]) == len(set(shape["ids"]))
    assert shape["lang"]
    assert shape["title"]


async def test_recipient(visit: Visit) -> None:
    """A person without JavaScript views, downloads and confirms; each press counts once, and the page says so."""
    house, address, browser = visit
    document, token = await house.sent(language="pl")
    page, said = await tab(browser, 390)
    weights: list[int] = []

    async def weigh(request: Any) -> None:
        sizes = await request.sizes()
        weights.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])

    page.on("requestfinished", weigh)
    await page.goto(f"{address}/d/{token}", wait_until="networkidle")
    assert await page.locator("h1").inner_text() == "Faktura FT 2026/117"
    assert await page.locator(".amount").inner_text() == "1\xa0234,50\xa0€"
    assert sum(weights) < 100_000
    assert len(weights) == 4  # the page, two stylesheets, the picture
    async with page.expect_download() as waiting:
        await page.locator("button.file").first.click()
    download = await waiting.value
    assert download.suggested_filename == "FT-2026-117.pdf"
    saved = await download.path()
    assert saved.read_bytes() == house.storage.read(house.rendered[document].key)
    async with page.context.expect_page() as opened:
        await page.locator("button.picture").click()
    await (await opened.value).close()
    house.later(seconds=2)
    await page.get_by_role("button", name="Potwierdzam odbiór").click()
    await page.wait_for_url(re.compile("#receipt$"))
    assert "Odbiór potwierdzono: 22 listopada 2026, 13:00 (CET)" in await page.locator("#receipt").inner_text()
    assert await house.actions() == ["document-downloaded", "document-viewed", "handed-over"]
    await page.reload()
    assert await house.actions() == ["document-downloaded", "document-viewed", "handed-over"]
    assert said == []


async def test_scripts_cannot_confirm(visit: Visit) -> None:
    """A scanner with a real browser engine that sends every form by script confirms nothing; a person does."""
    house, address, browser = visit
    _, token = await house.sent(language="en")
    for agent in (PERSON, PERSON.replace("Chrome/", "HeadlessChrome/")):
        for form in range(5):
            page, _ = await tab(browser, script=True, agent=agent)
            submit = f"const f = document.forms[{form}]; f.target = ''; f.submit()"
            await page.add_init_script(
                f"if (!sessionStorage.done) addEventListener('load', () => {{ sessionStorage.done = 1; {submit} }})"
            )
            async with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
                await page.goto(f"{address}/d/{token}")
            assert (await answered.value).status == 403
            await page.context.close()
    assert await house.actions() == []
    page, _ = await tab(browser)
    await page.goto(f"{address}/d/{token}")
    await page.get_by_role("button", name="I confirm receipt").click()
    await page.wait_for_url(re.compile("#receipt$"))
    assert await house.actions() == ["handed-over"]


async def test_keyboard(visit: Visit) -> None:
    """With the keyboard alone one comes from the skip link to the button, and confirms with Enter."""
    house, address, browser = visit
    _, token = await house.sent(language="en")
    page, _ = await tab(browser, script=True)
    await page.goto(f"{address}/d/{token}")
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.textContent") == "Skip to the document"
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.textContent.trim()") == "I confirm receipt"
    assert await page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("#receipt$"))
    assert await house.actions() == ["handed-over"]


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_accessible(visit: Visit, width: int) -> None:
    """Every page in every language: its width, contrast, targets of 24 px, labels, one main part, ordered headings."""
    house, address, browser = visit
    document, token = await house.sent(language="pl", phone="+48512345678")
    async with house.store.transaction() as conn:  # its page has the form by which an address is used again, too
        await suppress(conn, TENANT, "sms", "+48512345678", "opted-out", cause=None, now=house.now)
    finding = Finding(rule="BR-CO-15", message="Totals differ.", place="/Invoice/" + "LegalMonetaryTotal/" * 6)
    export = await house.receive("a-very-long-name-of-an-export-without-any-blank-in-it-2026-11-22-000001.xml")
    bad = house.record(export, "FT " + "9" * 40, refusal=Refusal("document-invalid", "It breaks a rule.", (finding,)))
    await house.register(export, bad)
    (row,) = await house.ask("SELECT attempt_id FROM attempt")
    page, said = await tab(browser, width, script=True)
    spoken = [f"/d/{token}?lang={each}" for each in LANGUAGES]
    for path in (f"/d/{token}", *spoken, "/operator/login", f"/operator/login?token={OPERATOR}"):
        await page.goto(address + path)
        await fits(page)
    documents = [f"/documents/{each}" for each in (document, bad.document_id)]
    messages = ["/outbox", f"/outbox/{row['attempt_id']}"]
    for path in ("", "/documents", "/documents?q=nothing-fits", *documents, "/parked", "/undelivered", *messages):
        answer = await page.goto(f"{address}/operator{path}")
        assert answer.status == 200, path
        for summary in await page.locator("summary").all():
            await summary.click()
        await fits(page)
    assert said == []
    await page.goto(f"{address}/d/{'a' * 32}")
    await fits(page)


async def test_mail_in_its_frame(visit: Visit) -> None:
    """The captured e-mail is shown in a frame where nothing runs, with its own look, and loads nothing."""
    house, address, browser = visit
    await house.sent(language="en")
    (row,) = await house.ask("SELECT attempt_id FROM attempt")
    page, said = await tab(browser, script=True)
    await page.goto(f"{address}/operator/login?token={OPERATOR}")
    await page.goto(f"{address}/operator/outbox/{row['attempt_id']}", wait_until="networkidle")
    frame = page.frames[1]
    assert "€1,234.50" in await frame.locator("body").inner_text()
    colour = "() => [...document.querySelectorAll('a')].map(a => getComputedStyle(a).backgroundColor)"
    assert "rgb(122, 31, 61)" in await frame.evaluate(colour)
    assert said == []


async def test_sent_again_without_script(visit: Visit) -> None:
    """On a phone, without JavaScript: opened, filled in, pressed twice; one message more, and the page says so."""
    house, address, browser = visit
    document, _ = await house.sent(language="en")
    page, said = await tab(browser, 390)
    await page.goto(f"{address}/operator/login?token={OPERATOR}")
    await page.goto(f"{address}/operator/documents/{document}")
    await page.get_by_text("Send this document again").click()
    await page.get_by_label("Why? It stands in the event log.").fill("the customer lost it")
    await page.get_by_label("To another address").fill("clerk@example.com")
    await page.get_by_role("button", name="Send again").dblclick()
    await page.wait_for_url(re.compile("done="))
    assert "in round 2" in await page.locator("[role=status]").inner_text()
    (row,) = await house.ask("SELECT count(*) AS n FROM delivery")
    assert row["n"] == 2
    await fits(page)
    assert [line for line in said if not line.endswith("/resend")] == []  # the first press was overtaken
