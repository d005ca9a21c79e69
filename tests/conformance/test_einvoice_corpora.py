"""UBL, CII and Factur-X files by other makers: what becomes of each, and that nothing of them is lost on the way.

The table `einvoice_corpora.md` says what is read or refused; GOLDEN=write, in the environment, writes it anew.
"""

from __future__ import annotations

import io
import os
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from ubl_documents import DOCUMENTS

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.errors import PermanentError
from schemas.values import Part
from stages.conversion.totals import complete
from stages.formats.cii import writer as cii
from stages.formats.cii.profile import PLAIN
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.formats.ubl import writer as ubl
from stages.formats.ubl.profile import Profile

CORPORA = Path(__file__).parents[3] / "shared" / "corpora" / "einvoice"
GOLDEN = Path(__file__).parent / "einvoice_corpora.md"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (CORPORA / folder).glob("*"))


def records_of(content: bytes, name: str) -> tuple[Record, ...]:
    return read(io.BytesIO(content), name, None, None).records


def only(content: bytes, name: str = "x.xml") -> Invoice:
    (record,) = records_of(content, name)
    assert isinstance(record.document, Invoice), record.error
    return record.document


@needs_corpora
def test_the_table_is_as_it_was_reviewed() -> None:
    """Every file is read, or refused for the reason that a person has read in einvoice_corpora.md."""
    rows = ["| file | documents | kind | number | outcome | warnings |", "|---|---|---|---|---|---|"]
    for path in files("ubl", "cii", "zugferd-pdf"):
        name = f"{path.parent.name}/{path.name}"
        try:
            records = records_of(path.read_bytes(), path.name)
        except PermanentError as error:
            rows.append(f"| {name} | 0 | | | {error.findings[0].rule} | |")
            continue
        for record in records:
            rows.append(f"| {name} | {len(records)} | {_row(record)} |")
    table = "# Read or refused: e-invoices by other makers\n\n" + "\n".join(rows) + "\n"
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(table, "utf-8")
    assert table == GOLDEN.read_text("utf-8")


def _row(record: Record) -> str:
    warnings = ", ".join(dict.fromkeys(each.rule for each in record.warnings))
    told = f"{len(record.warnings)} {warnings}".strip() if record.warnings else "0"
    document: Document | None = record.document
    if document is None:
        assert record.error is not None
        return f"| {record.number or ''} | {record.error.findings[0].rule} | {told}"  # type: ignore[attr-defined]
    return f"{document.document_type} | {document.number} | read | {told}"


# What CII says that the canonical document says by its shape, or in other words (dates, BT-8 by UNTDID 2475).
_SAID_OTHERWISE = ("TypeCode", "Indicator", "DateTimeString", "DateString", "DueDateTypeCode")


@needs_corpora
@pytest.mark.parametrize("path", files("cii"), ids=lambda path: path.stem)
def test_no_value_of_a_cii_file_is_lost(path: Path) -> None:
    """Every text of the file stands somewhere in the document that was read from it."""
    kept = set(_values(only(path.read_bytes()).model_dump(mode="json")))
    lost = [
        (etree.QName(element).localname, _normal(element.text or ""))
        for element in etree.parse(path).iter()
        if isinstance(element.tag, str) and not len(element) and (element.text or "").strip()
        if not etree.QName(element).localname.endswith(_SAID_OTHERWISE)
        and not element.getparent().tag.endswith("SpecifiedProcuringProject")
        if _normal(element.text or "") not in kept
    ]
    assert lost == []


def _values(value: object) -> list[str]:
    if isinstance(value, dict):
        return [each for below in value.values() for each in _values(below)]
    if isinstance(value, list):
        return [each for below in value for each in _values(below)]
    return [_normal(str(value))]


def _normal(text: str) -> str:
    text = "".join(text.split()) if len(text) > 2000 else text.strip()
    try:
        return format(Decimal(text).normalize(), "f")
    except ArithmeticError:
        return text


def terms(document: Invoice) -> dict[str, Any]:
    """Every business term but those that a writer says of itself. CII has identifiers with a scheme behind those
    without; UBL has an order's number beside a sales order's (`NA` where there is none), and only EN 16931's own terms
    are compared."""
    data = document.model_dump(exclude={"specification", "business_process", "extras", "hints"})
    for role in ("seller", "buyer", "payee"):
        if data[role]:
            data[role]["identifiers"] = sorted(data[role]["identifiers"], key=lambda each: bool(each["scheme"]))
    data["order_reference"] = None if data["order_reference"] == "NA" else data["order_reference"]
    return {name: _content(value) for name, value in data.items()}


def _content(value: Any) -> Any:
    """A group in which nothing stands is none."""
    if isinstance(value, dict):
        below = {name: _content(each) for name, each in value.items()}
        return below if any(each not in (None, (), []) for each in below.values()) else None
    return [_content(each) for each in value] if isinstance(value, (list, tuple)) else value


def _samples() -> list[tuple[str, Invoice]]:
    corpora = [(path.stem, only(path.read_bytes())) for path in files("ubl", "cii")] if CORPORA.is_dir() else []
    return [*DOCUMENTS.items(), *corpora]


@pytest.mark.parametrize(("name", "given"), _samples(), ids=[name for name, _ in _samples()])
def test_both_syntaxes_carry_the_same(name: str, given: Invoice) -> None:
    """Read back from CII, a document is the one read back from UBL, and the one written, but for named losses."""
    document, _ = complete(given)
    lost = {each.place for each in cii.losses(document, PLAIN)}
    from_cii = terms(complete(only(cii.write(document, PLAIN)))[0])
    from_ubl = terms(complete(only(ubl.write(document, Profile.EN16931)))[0])
    differing = {place for place in _differences(from_ubl, from_cii, "")}
    assert differing <= lost, name
    assert set(_differences(terms(document), from_cii, "")) <= lost, name


def thinned(part: Part, chance: random.Random) -> Part:
    """The part with some of its optional fields left out, at every depth."""
    changes: dict[str, Any] = {}
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if (
            not field.is_required()
            and name not in ("kind", "type_code", "vat_category", "lines")
            and chance.random() < 0.4
        ):
            changes[name] = field.get_default(call_default_factory=True)
        elif isinstance(value, Part):
            changes[name] = thinned(value, chance)
        elif isinstance(value, tuple):
            kept = [thinned(each, chance) if isinstance(each, Part) else each for each in value]
            changes[name] = tuple(kept[: chance.randint(1, len(kept))] if kept else ())
    return part.model_copy(update=changes)


def test_random_documents_are_the_same_in_both_syntaxes() -> None:
    """Of documents with everything, random parts left out, both syntaxes carry the same, but for named losses."""
    chance = random.Random(16931)  # noqa: S311
    for _ in range(200):
        full = DOCUMENTS[chance.choice(("everything", "mixed", "direct-debit", "card", "credit-note"))]
        document, _ = complete(thinned(full, chance))
        lost = {each.place for each in (*cii.losses(document, PLAIN), *ubl.losses(document, Profile.EN16931))}
        from_cii = terms(only(cii.write(document, PLAIN)))
        from_ubl = terms(only(ubl.write(document, Profile.EN16931)))
        for differing in (_differences(from_ubl, from_cii, ""), _differences(terms(document), from_cii, "")):
            assert {each for each in differing if not each.startswith(tuple(lost))} == set()


def _differences(one: Any, other: Any, place: str) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        below = [_differences(one[key], other[key], f"{place}.{key}".lstrip(".")) for key in one]
        return [each for found in below for each in found]
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        paired = [_differences(a, b, f"{place}[{at}]") for at, (a, b) in enumerate(zip(one, other, strict=False))]
        longer = [f"{place}[{at}]" for at in range(min(len(one), len(other)), max(len(one), len(other)))]
        return [each for found in paired for each in found] + longer
    return [] if one == other else [place]
