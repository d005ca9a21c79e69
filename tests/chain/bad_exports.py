"""Exports that are wrong in one way each, and good ones to lie between them. Every document has a number of its own."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[2] / "pipeline" / "demo"

RECIPIENTS = """name,erp_id,vat,endpoint_scheme,endpoint,country,language,email
Casa Verde Lda,4711,PT512994501,0088,5609999200207,PT,en,accounts@casa-verde.example
"Garrafeira São Vicente, Lda.",100401,PT510045189,0088,5609999200016,PT,pt,contas@garrafeira.example
"""

SHOP = r"""
name: shop
constants:
  currency: EUR
  payment_terms: 30 days net
  buyer_reference: shop
  seller: {name: Vinhos Lda, vat_identifier: PT509873219, endpoint: {value: PT509873219, scheme: "9946"},
           address: {line_1: Rua 1, city: Porto, post_code: 4000-001, country: PT}}
  line: {vat_category: S, vat_rate: "23"}
csv:
  separator: ";"
  layout: rows
  key: [Invoice]
  document:
    invoice_number: Invoice
    issue_date: Date
    buyer.erp_id: Customer
    buyer.name: Name
    buyer.address.country: {column: Land, default: PT}
  line: {name: Item, quantity: Qty, net_price: Price}
"""
CSV_HEAD = "Invoice;Date;Customer;Name;Land;Item;Qty;Price\n"


def document(number: str, **changes: Any) -> dict[str, Any]:
    """A canonical invoice of 123.00 EUR to somebody whom the directory knows."""
    given: dict[str, Any] = {
        "invoice_number": number,
        "issue_date": "2026-11-02",
        "due_date": "2026-12-02",
        "currency": "EUR",
        "buyer_reference": "order 7",
        "seller": {
            "name": "Vinhos Lda",
            "vat_identifier": "PT509873219",
            "endpoint": {"value": "PT509873219", "scheme": "9946"},
            "address": {"line_1": "Rua 1", "city": "Porto", "post_code": "4000-001", "country": "PT"},
        },
        "buyer": {
            "name": "Casa Verde Lda",
            "vat_identifier": "PT512994501",
            "address": {"line_1": "Rua 2", "city": "Coimbra", "post_code": "3000-389", "country": "PT"},
        },
        "lines": [
            {"identifier": "1", "name": "Wine", "quantity": "10", "net_price": "10.00", "vat_category": "S",
             "vat_rate": "23"}
        ],
    }  # fmt: skip
    return {**given, **changes}


def line(**changes: Any) -> list[dict[str, Any]]:
    return [{**copy.deepcopy(document("x")["lines"][0]), **changes}]


def as_json(*documents: dict[str, Any]) -> bytes:
    return json.dumps(list(documents), indent=1).encode()


def as_ubl(number: str, **changes: Any) -> bytes:
    """The same invoice as UBL 2.1, UTF-8."""
    from schemas.documents import Invoice
    from stages.conversion import totals
    from stages.formats.ubl import writer as ubl
    from stages.formats.ubl.profile import Profile

    given = Invoice.model_validate({**document(number), **changes})
    endpoint = {"endpoint": {"value": "5609999200207", "scheme": "0088"}}
    with_endpoint = given.model_copy(update={"buyer": type(given.buyer)(**given.buyer.model_dump() | endpoint)})
    return ubl.write(totals.complete(with_endpoint)[0], Profile.PEPPOL)


def as_csv(*rows: str) -> bytes:
    return (CSV_HEAD + "\n".join(rows) + "\n").encode()


def csv_row(number: str, price: str = "10.00") -> str:
    return f"{number};2026-11-02;4711;Casa Verde Lda;PT;Wine;10;{price}"


def idocs(*numbers: str) -> bytes:
    """SAP's export of the demo, its first IDoc once for each number."""
    text = (DEMO / "exports" / "1-sap-idoc.xml").read_text("utf-8")
    start, end = text.index("<IDOC"), text.index("</IDOC>") + len("</IDOC>")
    first = text[start:end]
    return (text[:start] + "\n".join(first.replace("FT 2026/1041", number) for number in numbers)).encode() + text[
        text.rindex("</IDOC>") + len("</IDOC>") :
    ].encode()


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "."), content)
    return out.getvalue()


def bomb(mebibytes: int) -> bytes:
    """A ZIP whose one file unpacks to that many MiB, a thousandth of it packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open("invoices.xml", "w") as inner:
        for _ in range(mebibytes):
            inner.write(b" " * 1024 * 1024)
    return out.getvalue()


def laughs(depth: int = 12) -> bytes:
    """Billion laughs before a real invoice."""
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, depth))
    head = f'<?xml version="1.0"?>\n<!DOCTYPE Invoice [<!ENTITY a0 "ha">{entities}]>\n'
    return head.encode() + as_ubl("LAUGHS").split(b"?>", 1)[1]


def files() -> dict[str, bytes]:
    """Every file of the drop by its name; numbers that begin with GOOD belong to documents that must go on."""
    ubl = as_ubl("CUT-1")
    umlaut = as_ubl("UMLAUT", buyer={**document("x")["buyer"], "name": "Casa Verde São João"})
    given = as_json(document("GOOD-JSON-1"), document("CUT-2"))
    return {
        "a-good.json": as_json(document("GOOD-1")),
        "b-random.bin": random.Random(5).randbytes(8192),  # noqa: S311
        "c-truncated-ubl.xml": ubl[: len(ubl) * 6 // 10],
        "d-truncated-idocs.xml": (cut := idocs("GOOD-IDOC-1", "GOOD-IDOC-2", "CUT-IDOC"))[: len(cut) - 3000],
        "e-truncated.json": given[: len(given) - 200],
        "f-good.xml": as_ubl("GOOD-2"),
        "g-latin1-declared-utf8.xml": umlaut.decode().encode("latin-1"),
        "h-latin1.json": json.dumps(
            [document("LATIN", buyer={**document("x")["buyer"], "name": "São João"})], ensure_ascii=False
        ).encode("latin-1"),
        "i-billion-laughs.xml": laughs(),
        "j-external-entity.xml": b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + as_ubl("XXE").split(b"?>", 1)[1].replace(b"Casa Verde Lda", b"&x;"),
        "k-bomb.zip": bomb(400),
        "l-bomb.json.gz": gzip.compress(b"[" + b" " * (250 * 1024 * 1024)),
        "m-comma.csv": as_csv(csv_row("GOOD-CSV-1"), csv_row("COMMA", "13,75"), csv_row("GOOD-CSV-2")),
        "n-float.json": as_json(document("GOOD-FLOAT-1"), document("FLOAT", lines=line(net_price=13.75)),
                                document("GOOD-FLOAT-2")),
        "o-currency.json": as_json(document("EURO", currency="EURO"), document("GOOD-CURRENCY")),
        "p-nobody.json": as_json(
            document("NOBODY", buyer={**document("x")["buyer"], "vat_identifier": "PT999999990"}),
            document("GOOD-NOBODY"),
        ),
        "q-totals.json": as_json(
            document("TOTALS", totals={"tax_exclusive": "100.00", "tax_amount": "23.00", "amount_due": "132.00"}),
            document("GOOD-TOTALS"),
        ),
        "r-deep.json": b"[" * 100_000,
        "s-empty.csv": b"",
        "t-a.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
        "u-mixed.zip": archive(one__json=as_json(document("GOOD-ZIP-1")), two__xml=ubl[:800],
                               three__json=as_json(document("GOOD-ZIP-2"))),
        "v-one-document-too-large.json": as_json(
            document("LARGE", notes=[{"text": "x" * 4000} for _ in range(6000)]), document("GOOD-LARGE")
        ),
        "w-date.csv": as_csv(csv_row("GOOD-DATE"), csv_row("DATE").replace("2026-11-02", "31.02.2026")),
        "x-no-lines.json": as_json(document("NOLINES", lines=[]), document("GOOD-NOLINES")),
        "y-control-character.json": as_json(document("CONTROL", lines=line(name="Wine\u0000\u0001"))),
        "z-good.csv": as_csv(csv_row("GOOD-3")),
    }  # fmt: skip


REFUSED: dict[str, tuple[str, str, str, str | None]] = {
    "b-random.bin": ("export-unreadable", "format-unknown", "line 1", "45 7c 76"),
    "c-truncated-ubl.xml": ("export-unreadable", "xml-syntax", "line 2, column ", None),
    "d-truncated-idocs.xml": ("export-unreadable", "xml-syntax", ", column ", None),
    "e-truncated.json": ("export-unreadable", "json-syntax", "line 4", None),
    "g-latin1-declared-utf8.xml": ("export-unreadable", "xml-syntax", "line 2, column ", None),
    "h-latin1.json": ("export-unreadable", "json-encoding", "line 1", "byte 0xE3"),
    "i-billion-laughs.xml": ("export-unreadable", "xml-doctype", "line 2", "<!DOCTYPE"),
    "j-external-entity.xml": ("export-unreadable", "xml-doctype", "line 1", "<!DOCTYPE"),
    "k-bomb.zip": ("limit-exceeded", "archive-limit", "the archive", None),
    "l-bomb.json.gz": ("limit-exceeded", "archive-limit", "l-bomb.json", None),
    "m-comma.csv": ("export-unreadable", "csv-number", 'line 3, column "Price"', "13,75"),
    "n-float.json": ("export-unreadable", "json-float", "lines[0].net_price", "13.75"),
    "o-currency.json": ("export-unreadable", "field-code", "line 6, currency", "EURO"),
    "q-totals.json": ("document-invalid", "BR-CO-16", "totals.amount_due", "132.00"),
    "r-deep.json": ("export-unreadable", "format-unknown", "line 1", "[[[["),
    "s-empty.csv": ("export-unreadable", "format-unknown", "line 1", None),
    "t-a.pdf": ("export-unreadable", "pdf-damaged", "the PDF", None),
    "u-mixed.zip": ("export-unreadable", "xml-syntax", "two.xml, line 2, column ", None),
    "v-one-document-too-large.json": ("limit-exceeded", "json-limit", "line 2", None),
    "w-date.csv": ("export-unreadable", "csv-date", 'line 3, column "Date"', "31.02.2026"),
    "x-no-lines.json": ("export-unreadable", "field-missing", "lines", None),
    "y-control-character.json": ("export-unreadable", "field-character", "lines[0].name", "U+0000"),
}
"""What becomes of each bad file: reason, rule, and what place and found value tell. A file may have several."""
