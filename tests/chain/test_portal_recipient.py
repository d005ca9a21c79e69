"""The recipient's page: what it shows, in whose language, and what its buttons give."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import yaml
from portal_house import TENANT, open_house
from portal_visit import PERSON, Visit, form_of, page, press, served

from connectors.storage import put
from pipeline.store import artefacts
from schemas.messages import ArtefactKind


async def test_page_shows_document(visit: Visit) -> None:
    """The page says who sent what, how much and until when, in the recipient's language and the supplier's name."""
    house, client = visit
    _, token = await house.sent(language="pl")
    status, text, headers = await page(client, f"/d/{token}")
    assert status == 200
    for words in ("Vinhos do Sul", "Faktura", "FT 2026/117", "Do zapłaty", "1\xa0234,50\xa0€", "20 grudnia 2026",
                  "Potwierdzam odbiór", "certyfikatem testowym", 'lang="pl"'):  # fmt: skip
        assert words in text, words
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"].startswith("noindex")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "<script" not in text
    assert "style=" not in text


async def test_page_of_a_copy(visit: Visit) -> None:
    """Where the authority's platform issues the original the page says so, and only there."""
    house, client = visit
    _, token = await house.sent(language="de")
    _, text, _ = await page(client, f"/d/{token}")
    assert "Kopie" not in text
    assert "built-in" not in text
    async with house.store.transaction() as conn:
        await conn.execute("UPDATE delivery SET copy_of = 'SdI'")
    _, text, _ = await page(client, f"/d/{token}")
    assert "Kopie: Das rechtsgültige Original wird über die Plattform SdI ausgestellt." in text


async def test_page_of_an_order(visit: Visit) -> None:
    """An order is called one, in the recipient's language; no amount, no due date, and no word of an invoice."""
    house, client = visit
    export = await house.receive()
    record = house.record(
        export, "PO-7", language="pl", document_type="order", due_date=None, amount_due=None, currency=None
    )
    await house.register(export, record)
    await house.make(record)
    await house.open(record, language="pl")
    await house.dispatch()
    status, text, _ = await page(client, f"/d/{await house.token(record.document_id)}")
    assert status == 200
    for words in ("Zamówienie", "PO-7", "Dokument elektroniczny", "Potwierdzam odbiór"):
        assert words in text, words
    for words in ("Faktura", "faktura", "Do zapłaty", "Termin płatności"):
        assert words not in text, words


async def test_confirming(visit: Visit) -> None:
    """Confirming is in the inbox before it is answered, the page says when, and a second time changes nothing."""
    house, client = visit
    document, token = await house.sent(language="en")
    _, text, _ = await page(client, f"/d/{token}")
    house.later(seconds=20)
    status, headers = await press(client, f"/d/{token}/confirm", form_of(text))
    assert status == 303
    assert await house.actions() == ["handed-over"]
    _, text, _ = await page(client, headers["Location"].partition("#")[0])
    assert "You confirmed receipt on 22 November 2026, 13:00 (CET)." in text
    assert await house.acknowledge() == 1
    _, text, _ = await page(client, f"/d/{token}")
    assert "Receipt confirmed" in text
    assert "I confirm receipt" not in text
    status, _ = await press(client, f"/d/{token}/confirm", form_of(text))
    assert status == 303
    assert await house.actions() == ["handed-over"]
    assert (await house.events(document)).count("handed-over") == 1


async def test_downloads(visit: Visit) -> None:
    """A pressed button is a download, with the stored bytes; the same address fetched plainly is only a fetch."""
    house, client = visit
    document, token = await house.sent()
    _, text, _ = await page(client, f"/d/{token}")
    stored = house.storage.read(house.rendered[document].key)
    async with client.post(f"/d/{token}/files/pdf", data=form_of(text), headers=PERSON) as answer:
        assert await answer.read() == stored
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="FT-2026-117.pdf"')
    async with client.post(f"/d/{token}/view", data=form_of(text), headers=PERSON) as answer:
        assert await answer.read() == stored
        assert answer.headers["Content-Disposition"].startswith("inline;")
    assert await house.actions() == ["document-downloaded", "document-viewed"]
    async with client.get(f"/d/{token}/files/pdf", headers=PERSON) as answer:
        assert await answer.read() == stored
    for name, kind in (("e-format", "application/xml"), ("signature", "application/vnd.etsi.asic-e+zip")):
        async with client.get(f"/d/{token}/files/{name}", headers=PERSON) as answer:
            assert answer.headers["Content-Type"].startswith(kind)
    assert await house.actions() == ["document-downloaded", "document-viewed"]
    await house.acknowledge()
    found = await house.events(document)
    assert [found.count(each) for each in ("link-fetched", "document-downloaded", "document-viewed")] == [4, 1, 1]


async def test_picture(visit: Visit) -> None:
    """The first page is a PNG of 35 kB at most, made once and kept."""
    house, client = visit
    _, token = await house.sent()
    async with client.get(f"/d/{token}/picture.png", headers=PERSON) as answer:
        first = await answer.read()
    assert first.startswith(b"\x89PNG")
    assert 5_000 < len(first) < 35_000
    (kept,) = (house.settings.data / "cache" / "pictures").glob("page-*.png")
    assert kept.read_bytes() == first
    kept.write_bytes(b"\x89PNG kept")
    async with client.get(f"/d/{token}/picture.png", headers=PERSON) as answer:
        assert await answer.read() == b"\x89PNG kept"


async def test_no_picture(visit: Visit) -> None:
    """A file that pdfium cannot draw costs the picture, not the page; asked for at once it is drawn once."""
    house, client = visit
    document, token = await house.sent()

    async def status() -> int:
        async with client.get(f"/d/{token}/picture.png", headers=PERSON) as answer:
            return answer.status

    assert await asyncio.gather(*(status() for _ in range(4))) == [200] * 4
    assert len(list((house.settings.data / "cache" / "pictures").iterdir())) == 1
    other = put(
        house.storage, "vinhos", document, ArtefactKind.PDF, b"%PDF-1.7 and nothing more",
        media_type="application/pdf", name="x.pdf",
    )  # fmt: skip
    house.later(seconds=1)
    async with house.store.transaction() as conn:
        await artefacts.insert(conn, [(document, "vinhos", other)], house.now)
    assert await status() == 404
    assert (await page(client, f"/d/{token}"))[0] == 200


async def test_logo(postgres: Callable[[], str], tmp_path: Path) -> None:
    """The supplier's logo is shown, small, as the profile that the document was planned with has it."""
    from PIL import Image

    async with open_house(postgres(), tmp_path) as house, served(house) as client:
        folder = house.settings.profile_folder
        Image.new("RGBA", (900, 300), (122, 31, 61, 255)).save(folder / "logo.png")
        file = folder / f"{TENANT}.yaml"
        profile = yaml.safe_load(file.read_text())
        profile["brand"]["logo"] = "logo.png"
        file.write_text(yaml.safe_dump(profile))
        _, token = await house.sent()
        file.unlink()
        _, text, _ = await page(client, f"/d/{token}")
        assert f'src="/d/{token}/logo.png"' in text
        async with client.get(f"/d/{token}/logo.png", headers=PERSON) as answer:
            drawn = Image.open(BytesIO(await answer.read()))
        assert (drawn.size, drawn.convert("RGB").getpixel((9, 9))) == ((360, 120), (122, 31, 61))


async def test_damaged_file(visit: Visit) -> None:
    """A stored file that was changed is not given away, and pressing its button records no download."""
    house, client = visit
    document, token = await house.sent()
    _, text, _ = await page(client, f"/d/{token}")
    (house.storage.root / house.rendered[document].key).write_bytes(b"%PDF-1.7 other")
    async with client.post(f"/d/{token}/files/pdf", data=form_of(text), headers=PERSON) as answer:
        assert answer.status == 500
        assert b"%PDF" not in await answer.read()
    assert await house.actions() == []


async def test_languages(visit: Visit) -> None:
    """A reader may change the language; the page says so to machines, and keeps it when receipt is confirmed."""
    house, client = visit
    _, token = await house.sent(language="pt")
    _, text, _ = await page(client, f"/d/{token}?lang=es")
    assert "Confirmo la recepción" in text
    assert '<html lang="es">' in text
    assert f'action="/d/{token}/confirm?lang=es"' in text
    _, headers = await press(client, f"/d/{token}/confirm?lang=es", form_of(text))
    assert "lang=es" in headers["Location"]
    _, text, _ = await page(client, f"/d/{token}?lang=xx")
    assert "Confirmo a receção" in text


async def test_a_region_of_the_recipients(visit: Visit) -> None:
    """Words and figures are of the recipient's region, and the list of languages shows theirs as the chosen one."""
    house, client = visit
    _, token = await house.sent(language="pt-BR")
    _, text, _ = await page(client, f"/d/{token}?lang=pt")
    for words in ('<html lang="pt-BR">', "Confirmo o recebimento", "€\xa01.234,50", f'action="/d/{token}/confirm"'):
        assert words in text, words
    assert re.findall(r'hreflang="(\w+)" aria-current', text) == ["pt"]
