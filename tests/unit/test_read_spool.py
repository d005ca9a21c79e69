"""Print spools by a layout profile: documents split by page, values by pattern and zone, a table by its columns."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from reading_samples import everything, refusal, rules
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from schemas.documents import Invoice
from schemas.errors import ConfigurationError, ExportUnreadable
from schemas.payments import OpenItems
from schemas.profiles import load_profile

COMMON = """
  decimal: ","
  thousands: "."
  dates: ["%d.%m.%Y"]
  begins: 'INVOICE +No'
  document: {invoice_number: number, issue_date: date, buyer.name: customer, totals.tax_inclusive: total}
  line: {name: item, quantity: quantity, net_price: price}
"""
CONSTANTS = 'constants: {currency: EUR, seller: {name: S}, line: {vat_category: S, vat_rate: "23"}}'
TEXT = load_profile(f"""
name: text
{CONSTANTS}
spool:{COMMON}
  encoding: cp850
  fields:
    number: {{pattern: 'INVOICE +No (\\S+)'}}
    date: {{pattern: 'Date: (\\S+)'}}
    customer: {{zone: {{left: 40, top: 1, right: 70, bottom: 3}}}}
    total: {{pattern: 'Total +(\\S+)', page: last}}
  table:
    begins: '^Item +Qty'
    ends: 'Total|Carried'
    columns: {{item: [1, 25], quantity: [25, 35], price: [35, 50]}}
    first: quantity
""")
PDF = load_profile(f"""
name: pdf
{CONSTANTS}
spool:{COMMON}
  fields:
    number: {{pattern: 'INVOICE No (\\S+)'}}
    date: {{zone: {{left: 140, top: 15, right: 200, bottom: 25}}, pattern: '\\d+\\.\\d+\\.\\d+'}}
    customer: {{zone: {{left: 15, top: 40, right: 100, bottom: 50}}}}
    total: {{pattern: 'Total (\\S+)', page: last}}
  table:
    begins: '^Item Qty'
    ends: '^Total|^Carried'
    columns: {{item: [15, 90], quantity: [90, 120], price: [120, 170]}}
    first: quantity
""")
ROWS = {"A-1": [("Café noir", "1.000", "2,50"), ("finely ground", "", "")], "A-2": [("Pens", "2", "1,00")] * 3,
        "A-3": [("Ink", "1", "x,00")]}  # fmt: skip
SPLIT = {"A-2": 2}
"""Rows on the first page, where a document has two."""


def text_spool(feed: str = "\f") -> bytes:
    pages = []
    for number, rows in ROWS.items():
        head = f"INVOICE   No {number}{'':20}".ljust(39) + "Anna\n" + f"Date: 02.11.2026{'':24}".ljust(39) + "Porto\n"
        at = SPLIT.get(number, len(rows))
        for n, part in enumerate((rows[:at], rows[at:])):
            if part or not n:
                body = "".join(f"{a:24}{b:>8}  {c:>12}\n" for a, b, c in part)
                end = "Carried forward\n" if not n and rows[at:] else "Total   1.234,50\n"
                pages.append(
                    (head if not n else f"Page 2 of {number}\n") + "Item                    Qty\n" + body + end
                )
    return feed.join(pages).encode("cp850")


def pdf_spool() -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(210 * mm, 297 * mm), pageCompression=1)

    def put(x: float, y: float, text: str) -> None:
        canvas.drawString(x * mm, (297 - y) * mm, text)

    for number, rows in ROWS.items():
        at = SPLIT.get(number, len(rows))
        for n, part in enumerate((rows[:at], rows[at:])):
            if n and not part:
                continue
            if not n:
                put(20, 20, f"INVOICE No {number}")
                put(150, 20, "Date: 02.11.2026")
                put(20, 45, "Anna")
            for x, word in ((20, "Item"), (100, "Qty"), (140, "Price")):
                put(x, 100, word)
            for row, (a, b, c) in enumerate(part):
                for x, word in ((20, a), (100, b), (140, c)):
                    put(x, 110 + 6 * row, word)
            put(20, 200, "Carried forward" if not n and rows[at:] else "Total 1.234,50")
            canvas.showPage()
    canvas.save()
    return target.getvalue()


@pytest.mark.parametrize("limit", [1, 100])
@pytest.mark.parametrize("kind", ["text", "pdf"])
def test_a_spool_of_three_documents(kind: str, limit: int) -> None:
    """Pages become documents, a table goes on over pages, a row over lines; a wrong cell refuses its document."""
    data, profile = (text_spool(), TEXT) if kind == "text" else (pdf_spool(), PDF)
    one, two, three = everything(data, profile, limit=limit)
    assert isinstance(one.document, Invoice)
    assert isinstance(two.document, Invoice)
    assert [r.address for r in (one, two, three)] == ["page 1", "page 2", "page 4"]
    assert (one.document.invoice_number, one.document.issue_date) == ("A-1", date(2026, 11, 2))
    assert one.document.buyer.name.split("\n")[0] == "Anna"
    assert one.document.totals.tax_inclusive == Decimal("1234.50")
    (line,) = one.document.lines
    assert (line.name, line.quantity, line.net_price) == ("Café noir\nfinely ground", 1000, Decimal("2.50"))
    assert [(x.name, x.quantity) for x in two.document.lines] == [("Pens", 2)] * 3
    assert (rules(three), refusal(three).found) == (["spool-number"], "x,00")
    assert refusal(three).place == 'page 4, table row 1, column "price"'


def test_pages_of_so_many_lines() -> None:
    """A text without form feeds is cut by its lines; pages before the first document are told."""
    page = [
        "INVOICE No B-1".ljust(39) + "Anna",
        "Date: 02.11.2026",
        "Item  Qty",
        f"{'Paper':24}{'1':>8}  {'2,00':>12}",
        "Total 2,00",
    ]
    text = "\n".join([*["BANNER"] * 6, *page, ""] * 1 + [*page, ""]) + "\n"
    profile = TEXT.model_copy(update={"spool": TEXT.spool.model_copy(update={"page_lines": 6})})  # type: ignore[union-attr]
    banner, one, two = everything(text, profile)
    assert (rules(banner), banner.address) == (["spool-begin"], "page 1")
    assert [r.document and r.document.number for r in (one, two)] == ["B-1", "B-1"]


def test_what_is_no_spool_is_refused() -> None:
    """A PDF whose text does not begin a document, damaged and encrypted ones: each by its rule."""
    data = pdf_spool()
    with pytest.raises(ExportUnreadable) as damaged:
        everything(data[:-200], PDF)
    assert damaged.value.findings[0].rule == "spool-pdf"
    other = load_profile(
        f"name: x\n{CONSTANTS}\nspool:{COMMON.replace('INVOICE +No', 'RECHNUNG')}"
        + """
  fields: {number: {pattern: x}, date: {pattern: x}, customer: {pattern: x}, total: {pattern: x}}
  table: {begins: x, columns: {item: [1, 2], quantity: [2, 3], price: [3, 4]}, first: item}
"""
    )
    (record,) = everything(data, other)
    assert rules(record) == ["spool-begin"]


def written(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is its catalogue."""
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n" % count + table + b"trailer<</Size %d/Root 1 0 R>>\n" % count
    return body + end + b"startxref\n%d\n%%%%EOF" % len(body)


def form(content: bytes, draws: bytes = b"", *, kind: bytes = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]") -> bytes:
    return b"<<%s%s/Length %d>>stream\n" % (kind, draws, len(content)) + content + b"\nendstream"


@cache
def bombs() -> dict[str, bytes]:
    """A stream of 150 MB in one; ten forms that each draw the next a hundred times; a form that draws itself."""
    packed = zlib.compress(b" " * 150_000_000)
    start = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>"
    draw = form(b"/F Do " * 100, kind=b"")
    deep = [form(b"/F Do " * 100, b"/Resources<</XObject<</F %d 0 R>>>>" % (n + 1)) for n in range(5, 14)]
    stream = b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"
    return {
        "stream": written(*start, page, stream, form(b"")),
        "forms": written(*start, page, draw, *deep, form(b"q Q")),
        "itself": written(*start, page, draw, form(b"/F Do", b"/Resources<</XObject<</F 5 0 R>>>>")),
    }


@pytest.mark.parametrize("name", ["stream", "forms", "itself"])
def test_bombs_are_refused_before_they_are_drawn(name: str) -> None:
    """A PDF that unpacks or draws more than any page has is refused by its rule, in no time."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(bombs()[name], PDF)
    assert refused.value.findings[0].rule == "spool-pdf"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("first: quantity", "first: price_"), "first"),
        (("quantity: [25, 35]", "quantity: [35, 25]"), "quantity"),
        (("invoice_number: number", "invoice_number: numero"), "numero"),
        (("'Total +(", "'Total +(("), "regular expression"),
    ],
)
def test_a_layout_that_cannot_work_is_refused(change: tuple[str, str], told: str) -> None:
    """What contradicts itself is told when the profile is loaded."""
    text = f"""
name: text
{CONSTANTS}
spool:{COMMON}
  fields: {{number: {{pattern: a}}, date: {{pattern: a}}, customer: {{pattern: a}}, total: {{pattern: 'Total +(a)'}}}}
  table: {{begins: a, columns: {{item: [1, 25], quantity: [25, 35], price: [35, 50]}}, first: quantity}}
"""
    load_profile(text)
    with pytest.raises(ConfigurationError, match=told):
        load_profile(text.replace(*change))


def test_a_spool_with_its_ageing_report() -> None:
    """One archive of a print run: the invoices of the PDF, and each customer's open items of the report beside it."""
    yaml = """
csv:
  kind: open-items
  separator: ";"
  key: [Customer]
  document: {number: Customer, buyer.name: Name}
  line: {document_number: Invoice, balance: Open}
"""
    report = load_profile("name: r\nconstants: {currency: EUR, issue_date: '2026-11-30', seller: {name: S}}" + yaml)
    both = PDF.model_copy(update={"csv": report.csv, "constants": {**PDF.constants, "issue_date": "2026-11-30"}})
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("run.pdf", pdf_spool())
        archive.writestr("ageing.csv", "Customer;Name;Invoice;Open\n7;Anna;A-1;12.50\n7;Anna;A-2;3.00\n")
    records = everything(packed.getvalue(), both)
    assert [(r.address, r.document.kind if r.document else None) for r in records] == [
        ("run.pdf: page 1", "invoice"), ("run.pdf: page 2", "invoice"), ("run.pdf: page 4", None),
        ("ageing.csv: line 2", "open-items"),
    ]  # fmt: skip
    assert isinstance(records[3].document, OpenItems)
    assert [str(item.balance) for item in records[3].document.items] == ["12.50", "3.00"]
