"""What is written as X12 says the same when it is read; what it cannot say is named; others read its envelope."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import ubl_documents
from corpora_table import CORPORA
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ubl_oracle import ORACLE, completed
from x12_documents import INVOICES, OTHERS, SELLER, invoice, item
from x12_schema import schema

from schemas.documents import AllowanceCharge, Invoice, Line
from schemas.errors import DocumentInvalid, PermanentError
from schemas.profiles import load_profile
from stages.conversion.totals import complete
from stages.formats.reading.step import read
from stages.formats.registry import target
from stages.formats.writing.rereading import reread
from stages.formats.x12.envelope import wrap
from stages.formats.x12.writer import grammar_of, write

HERE = Path(__file__).parent
RELEASES = ("004010", "005010")
AT = datetime(2026, 11, 2, 15, 4, tzinfo=UTC)


def interchange(*sets: bytes, version: str = "004010") -> bytes:
    return wrap(
        sets, sender_qualifier="ZZ", sender="WIDGET", receiver_qualifier="01", receiver="123456789",
        control_number=905, group_control_number=77, at=AT, version=version,
    )  # fmt: skip


TARGETS = {"004010": target("x12-4010"), "005010": target("x12-5010")}


def read_back(document: Any, release: str) -> Any:
    found = reread(write(document, release), TARGETS[release])
    assert found.document is not None, found.findings
    return found.document


def documents() -> dict[str, Any]:
    whole = {name: completed(document) for name, document in INVOICES.items()}
    return whole | dict(OTHERS)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", [*INVOICES, *OTHERS])
def test_a_set_carries_every_field(name: str, release: str) -> None:
    """Of the documents written so that X12 can carry them, nothing is lost in any kind and release; the same bytes come
    twice."""
    document = documents()[name]
    lost = [(each.place, each.found) for each in TARGETS[release].losses(document, {})]
    assert lost == []
    assert write(document, release) == write(document, release)
    back = read_back(document, release)
    if isinstance(document, Invoice):
        assert complete(back)[0] == document
    elif name != "syntax-acknowledgement":  # a 997 has parties, number and date in its envelope only
        assert back == document


@pytest.mark.parametrize("name", ubl_documents.DOCUMENTS)
def test_what_is_to_be_paid_survives(name: str) -> None:
    """European invoices lose names of their own, each named, and never an amount: total, tax and lines are the same
    when the set is read and completed anew, unless a loss says which amount."""
    document = completed(ubl_documents.DOCUMENTS[name])
    lost = TARGETS["005010"].losses(document, {})
    assert all(each.severity == "warning" for each in lost)
    assert {each.rule for each in lost} <= {"x12-5010-loss", "x12-5010-altered"}
    back, _ = complete(read_back(document, "005010"))
    told = {each.place.split(".")[-1] for each in lost}
    if "rounding_amount" not in told:
        assert back.totals.amount_due == document.totals.amount_due
    assert back.totals.tax_exclusive == document.totals.tax_exclusive
    assert [each.net_amount for each in back.lines] == [each.net_amount for each in document.lines]


def test_the_target_names_its_losses() -> None:
    """`x12-4010` says which field stays behind and which is altered; what parties are called is not repeated."""
    document = completed(invoice(tender_reference="T-1", seller=SELLER.model_copy(update={"name": "Fundição~Ltda"})))
    found = {each.place: (each.rule, each.found) for each in target("x12-4010").losses(document, {})}
    assert found == {"tender_reference": ("x12-4010-loss", "T-1"), "seller.name": ("x12-4010-altered", None)}
    assert b"N1*SE*Fundicao Ltda*UL*0614141000005~" in target("x12-4010").write(document, {})


def test_a_number_that_does_not_fit_is_refused() -> None:
    """A quantity of eleven digits fits 005010 (R 1/15) and not 004010 (R 1/10); an unknown unit becomes ZZ, and is a
    loss."""
    lines = (Line(**item(1), quantity=Decimal("12345678.901"), unit="H87", net_price=Decimal(1), vat_rate=Decimal(5)),)
    document = completed(invoice(lines=lines, allowances_charges=()))
    with pytest.raises(DocumentInvalid) as refused:
        write(document, "004010")
    assert [(each.rule, each.place[-5:], each.found) for each in refused.value.findings] == [
        ("x12-element", "IT102", "12345678.901")
    ]
    assert b"*12345678.901*PC*" in write(document, "005010")
    odd = document.model_copy(update={"lines": (lines[0].model_copy(update={"unit": "XXX"}),)})
    assert [(each.place, each.found) for each in TARGETS["005010"].losses(odd, {})] == [("lines[0].unit", "XXX")]


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=70).filter(
    lambda text: text.strip() != ""
)
amounts = st.decimals(min_value=0, max_value=99999, places=2)


@settings(max_examples=150, deadline=None)
@given(
    name=texts,
    note=texts,
    quantity=st.decimals(min_value=-999, max_value=9999, places=2),
    price=st.decimals(min_value=0, max_value=9999, places=4),
    rate=st.decimals(min_value="0.01", max_value=30, places=2),
    charge=amounts,
    credit=st.booleans(),
)
def test_any_invoice_reads_back_to_the_cent(
    name: str, note: str, quantity: Decimal, price: Decimal, rate: Decimal, charge: Decimal, credit: bool
) -> None:
    """Whatever a line says, the set reads back to the same amounts; texts that X12 has no signs for are losses."""
    extra = AllowanceCharge(charge=True, amount=charge, reason="x", vat_category="S", vat_rate=rate)
    row = Line(identifier="1", name=name, note=note, quantity=quantity, net_price=price, vat_rate=rate)
    document, findings = complete(
        invoice(lines=(row,), allowances_charges=(extra,), type_code="381" if credit else "380", extras={})
    )
    if any(each.severity == "fatal" for each in findings):
        return
    back, _ = complete(read_back(document, "004010"))
    sign = -1 if credit and quantity < 0 else 1
    assert back.totals.amount_due == (document.totals.amount_due or 0) * sign
    told = {each.place for each in TARGETS["004010"].losses(document, {})}
    assert ("lines[0].name" in told) == (back.lines[0].name != document.lines[0].name)
    assert "lines[0].note" in told


def test_an_interchange_is_read_as_it_was_wrapped() -> None:
    """Two sets in one group get the numbers 0001 and 0002, and both are read, without a warning."""
    first, second = (write(completed(INVOICES[name]), "004010") for name in ("invoice", "credit-note"))
    data = interchange(first, second)
    assert data.startswith(
        b"ISA*00*          *00*          *ZZ*WIDGET         *01*123456789      *261102*1504*U*00401*"
    )
    assert b"ST*810*0002~" in data
    assert data.endswith(b"GE*2*77~\nIEA*1*000000905~\n")
    records = read(io.BytesIO(data), "x.edi", None, None).records
    assert [(each.address, each.document and each.document.number, each.warnings) for each in records] == [
        ("810[1]", "INV-1", ()),
        ("810[2]", "CM-1", ()),
    ]


def test_envelopes_refuse_what_they_cannot_hold() -> None:
    """Sets of two kinds, none at all, a name too long or with a separator, a number of ten digits: refused."""
    order, bill = write(OTHERS["order"], "004010"), write(completed(INVOICES["invoice"]), "004010")
    good = {
        "sender_qualifier": "ZZ", "sender": "AA", "receiver_qualifier": "ZZ", "receiver": "BB", "control_number": 1,
        "group_control_number": 1, "at": AT,
    }  # fmt: skip
    wrong: list[tuple[tuple[bytes, ...], dict[str, Any], str]] = [
        ((order, bill), {}, "GS01"),
        ((), {}, "GS01"),
        ((b"ISA*nothing~",), {}, "ST"),
        ((bill,), {"sender": "A" * 16}, "ISA06"),
        ((bill,), {"receiver": "A*B"}, "ISA08"),
        ((bill,), {"control_number": 1_000_000_000}, "ISA13"),
        ((bill,), {"group_control_number": 0}, "GS06"),
        ((bill,), {"version": "003040"}, "GS08"),
    ]
    for sets, change, place in wrong:
        with pytest.raises(DocumentInvalid) as refused:
            wrap(sets, **{**good, **change})
        assert [each.place for each in refused.value.findings] == [place]


def corpora_documents() -> dict[str, Any]:
    """Documents of other makers' files, as the readers of X12, UBL, SAP IDoc and cXML give them."""
    found: dict[str, Any] = {}
    if not CORPORA.is_dir():
        return found
    sap = load_profile((HERE / "real_exports" / "sap-nl.yaml").read_text("utf-8"))
    files = [
        (file, None) for folder in ("x12", "einvoice/ubl", "cxml") for file in sorted((CORPORA / folder).iterdir())
    ]
    for file, profile in [*files, *((file, sap) for file in sorted((CORPORA / "idoc").glob("*INVOIC02.xml")))]:
        try:
            records = read(io.BytesIO(file.read_bytes()), file.name, profile, None).records
        except PermanentError:
            continue
        for record in records:
            document: Any = record.document
            if isinstance(document, Invoice):
                document, findings = complete(document)
                if any(each.severity == "fatal" for each in findings):
                    continue
            if document is not None:
                found[f"{file.parent.name}-{file.stem[-24:]}-{record.address}".replace(" ", "-")] = document
    return found


@pytest.mark.skipif(
    not (ORACLE.exists() and (ORACLE.parent / "edi/target").is_dir() and shutil.which("java")),
    reason="skipped: no oracle",
)
@pytest.mark.parametrize("release", RELEASES)
def test_other_makers_read_our_interchanges(release: str, tmp_path: Path) -> None:
    """StAEDI accepts envelope, order, occurrences, lengths and types of every kind: of our documents, of European ones
    and of four readers of the corpora. It refuses a changed count, a set without its BIG, a date that is none. pyx12
    reads the same files without an error."""
    from pyx12.x12file import X12Reader

    all_ = documents() | {f"eu-{name}": completed(each) for name, each in ubl_documents.DOCUMENTS.items()}
    all_ |= corpora_documents()
    files = {}
    for name, document in all_.items():
        file = tmp_path / f"{name}.edi"
        file.write_bytes(interchange(write(document, release), version=release))
        files[file] = grammar_of(document).code
        with file.open(encoding="ascii") as stream:
            reader = X12Reader(stream)
            for _ in reader:
                assert reader.pop_errors() == [], name
    good = (tmp_path / "invoice.edi").read_bytes()
    wrong = {
        "count": good.replace(b"GE*1*", b"GE*2*"),
        "order": good.replace(b"BIG*20261102*INV-1*20261001*PO-77***DI*00~\n", b""),
        "date": good.replace(b"BIG*20261102", b"BIG*20261332"),
    }
    for name, data in wrong.items():
        assert data != good
        (tmp_path / f"wrong-{name}.edi").write_bytes(data)
    schemas: list[str] = []
    for code in sorted(set(files.values())):
        (path := tmp_path / f"{code}.xml").write_text(schema(code, release), "utf-8")
        schemas += ["--schema", f"{code}={path}"]
    judged = [*files, *(tmp_path / f"wrong-{name}.edi" for name in wrong)]
    command = [str(ORACLE), "edi", *schemas, *map(str, judged)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    verdicts = {Path(row["file"]): row for row in map(json.loads, answer.stdout.splitlines())}
    assert verdicts.keys() == set(judged), answer.stderr
    refused = {file.name: row["errors"] for file, row in verdicts.items() if not row["ok"]}
    assert refused.keys() == {f"wrong-{name}.edi" for name in wrong}, refused
    for file, code in files.items():
        (each,) = verdicts[file]["details"]["transactions"]
        assert (each["type"], each["schema_given"]) == (code, True)
    assert {name.split("-")[0] for name in all_} >= {
        "eu",
        *(("x12", "ubl", "idoc", "cxml") if CORPORA.is_dir() else ()),
    }


def test_another_makers_grammar_accepts_our_997() -> None:
    """pyx12 validates the written acknowledgement by its own map of the 997, segment by segment (its code lists know
    the groups of health care and remittance only)."""
    from pyx12.params import ParamsBase
    from pyx12.x12n_document import x12n_document

    messages = tuple(each.model_copy(update={"type": "820"}) for each in OTHERS["syntax-acknowledgement"].messages)
    document = OTHERS["syntax-acknowledgement"].model_copy(update={"group_type": "RA", "messages": messages})
    data = interchange(write(document, "004010")).decode()
    assert x12n_document(ParamsBase(), io.StringIO(data), None, None)
    assert not x12n_document(ParamsBase(), io.StringIO(data.replace("AK9*P", "AK9*Q")), None, None)
