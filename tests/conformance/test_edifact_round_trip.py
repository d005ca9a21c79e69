"""EDIFACT written and read again: what a message carries comes back, and what it does not is named beforehand."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from edifact_documents import CONTRL, DESPATCH, ORDER, OTHERS, READ_ONLY
from ubl_documents import DOCUMENTS, invoice, line

from schemas.canonical import Document
from schemas.documents import Note
from schemas.errors import DocumentInvalid
from stages.conversion.totals import complete
from stages.formats.edifact import writer
from stages.formats.edifact.acknowledging import acknowledge
from stages.formats.edifact.envelope import wrap
from stages.formats.edifact.messages import NAMES, grammar
from stages.formats.format import Letter
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.formats.registry import target
from stages.formats.writing.rereading import reread

AT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
RELEASES = ("96A", "01B")
NEVER = {
    "seller.trading_name", "seller.legal_information", "seller.endpoint", "buyer.trading_name", "buyer.endpoint",
    "payment.means_text",
}  # fmt: skip
"""What no INVOIC has a place for, and most documents here have."""


def interchange(*messages: bytes, charset: str = "UNOC") -> bytes:
    return wrap(
        messages, sender="5600000000007", receiver="8400000000000", sender_qualifier="14", receiver_qualifier="14",
        control_number=17, at=AT, charset=charset,
    )  # fmt: skip


def records(data: bytes) -> tuple[Record, ...]:
    return read(io.BytesIO(data), "x.edi", None, None).records


def again(data: bytes) -> Document:
    (record,) = records(interchange(data))
    assert record.document is not None, record.error
    assert [each.rule for each in record.warnings] == []
    return record.document


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", [*OTHERS, *READ_ONLY])
def test_other_messages_come_back(name: str, release: str) -> None:
    """Orders, answers, despatch advices, catalogues, receipts and remittances are the same when read again."""
    document = {**OTHERS, **READ_ONLY}[name]
    lost = target(f"edifact-d{release.lower()}").losses(document, {})
    if name == "remittance-advice" and release == "96A":  # its NAD has no references
        assert {each.place for each in lost} == {
            "payer.legal_registration", "payer.vat_identifier", "payee.identifiers[1]", "payee.legal_registration",
            "payee.vat_identifier",
        }  # fmt: skip
        return
    assert lost == ()
    assert again(writer.write(document, release, {})) == document


@pytest.mark.parametrize(
    ("name", "release", "lost"),
    [
        ("small", "96A", {"payment.means_code"}),
        ("mixed", "96A", {"payment.means_code", "lines[4].allowances_charges[0].reason_code"}),
        ("mixed", "01B", {"payment.means_code", "lines[4].allowances_charges[0].reason_code"}),
        ("negative", "01B", {"payment.means_code"}),
        ("reverse-charge", "01B", {"payment.means_code", "vat_breakdown[0].exemption_reason_code"}),
        (
            "intra-community", "96A",
            {"payment.means_code", "vat_breakdown[0].category", "vat_breakdown[0].exemption_reason_code",
             "lines[0].vat_category", "lines[1].vat_category"},
        ),
        ("prepaid", "96A", {"payment.means_code"}),
        (
            "credit-note", "01B",
            {"payment.means_code", "tender_reference", "object_identifier", "attachments[0].reference"},
        ),
    ],
)  # fmt: skip
def test_invoices_come_back(name: str, release: str, lost: set[str]) -> None:
    """An invoice is the same after writing and reading, but for the fields that are named here."""
    document, _ = complete(DOCUMENTS[name])
    found = {each.place for each in target(f"edifact-d{release.lower()}").losses(document, {})}
    assert found - NEVER == lost


def test_a_long_text_goes_on_and_a_character_that_separates_is_released() -> None:
    """A name of 100 letters, a text of 153 with blanks at the cuts, and each service character come back whole."""
    document = again(writer.write(ORDER, "96A", {}))
    assert document == ORDER
    assert b"it?'s the 2nd gate ?+ stairs??" in writer.write(ORDER, "96A", {})


def test_a_note_without_a_subject_gets_none() -> None:
    """A note's subject (BT-21) comes back as it was given, also where none was."""
    notes = (Note(text="Ring twice"), Note(text="Gate 4", subject_code="AAI"))
    edifact = target("edifact-d96a")
    document = ORDER.model_copy(update={"notes": notes})
    again = reread(edifact.write(document, {}), edifact).document
    assert (again.notes, edifact.losses(document, {})) == (notes, edifact.losses(ORDER, {}))


def test_letters_that_the_set_has_not_are_refused_or_transliterated() -> None:
    """UNOB and UNOC refuse what they cannot hold and name it; the option writes other letters, and tells of each."""
    polish = ORDER.model_copy(update={"notes": (Note(text="Źródło: 5 € za sztukę"),)})
    for charset, character in (("UNOC", "U+0179"), ("UNOB", "U+0179")):
        with pytest.raises(DocumentInvalid) as refusal:
            writer.write(polish, "96A", {"charset": charset})
        assert ("edifact-character", "notes[0].text", character) in [
            (each.rule, each.place, each.found) for each in refusal.value.findings
        ]
    options = {"charset": "UNOB", "transliterate": "yes"}
    assert b"FTX+ZZZ+++Zrodlo?: 5 EUR za sztuke'" in writer.write(polish, "96A", options)
    assert "notes[0].text" in {each.place for each in target("edifact-d96a").losses(polish, options)}
    for charset in ("UNOW",):
        data = interchange(writer.write(polish, "01B", {"charset": charset}), charset=charset)
        (record,) = records(data)
        assert record.document is not None
        assert record.document.notes[0].text == "Źródło: 5 € za sztukę"  # type: ignore[union-attr]


def test_what_is_too_long_to_be_cut_is_refused() -> None:
    """A number that BGM cannot hold stops the document."""
    with pytest.raises(DocumentInvalid) as refusal:
        writer.write(ORDER.model_copy(update={"number": "N" * 36}), "96A", {})
    assert [(each.rule, each.place) for each in refusal.value.findings] == [("edifact-length", "number")]


def test_a_tax_that_the_directory_does_not_know_stops_the_document() -> None:
    """IGIC (category L) has no code in D.96A, and an invoice without its tax would be another one."""
    document, _ = complete(invoice("L-1", line(1, vat_category="L", vat_rate=Decimal(7))))
    with pytest.raises(DocumentInvalid) as refusal:
        writer.write(document, "96A", {})
    assert ("edifact-code", "lines[0].vat_category", "L") in [
        (each.rule, each.place, each.found) for each in refusal.value.findings
    ]


def test_the_envelope_numbers_its_messages() -> None:
    """Two messages get references 1 and 2 in UNH and UNT; UNB and UNZ carry the control reference; all of it reads."""
    data = interchange(writer.write(ORDER, "01B", {}), writer.write(DESPATCH, "01B", {}))
    text = data.decode("iso8859-1")
    assert text.startswith("UNA:+.? '\nUNB+UNOC:3+5600000000007:14+8400000000000:14+261102:1030+17'\nUNH+1+ORDERS:")
    assert "\nUNH+2+DESADV:" in text
    assert text.endswith("'\nUNZ+2+17'\n")
    assert [each.address for each in records(data)] == ["ORDERS[1] 1", "DESADV[2] 2"]
    letter = Letter("14:5600000000007", "14:8400000000000", 17, AT)
    wrapped = target("edifact-d01b").wrap
    assert wrapped is not None
    assert wrapped([writer.write(ORDER, "01B", {}), writer.write(DESPATCH, "01B", {})], letter) == data
    with pytest.raises(DocumentInvalid):
        wrap([b"no message"], sender="A", receiver="B", control_number=1, at=AT)
    with pytest.raises(DocumentInvalid):
        wrap([writer.write(ORDER, "01B", {})], sender="A" * 36, receiver="B", control_number=1, at=AT)


def test_an_interchange_is_acknowledged() -> None:
    """A sound one is accepted; a message with a wrong count is rejected by 29, a wrong UNZ rejects all."""
    good = interchange(writer.write(ORDER, "96A", {}), writer.write(DESPATCH, "96A", {}))
    told = acknowledge(good)
    assert (told.action, told.interchange_reference, told.sender.name) == ("accepted", "17", "8400000000000")
    assert [(each.reference, each.type, each.action) for each in told.messages] == [
        ("1", "ORDERS", "accepted"), ("2", "DESADV", "accepted"),
    ]  # fmt: skip
    count = good.split(b"UNT+")[1].split(b"+")[0]
    partly = acknowledge(good.replace(b"UNT+" + count + b"+1'", b"UNT+9+1'"))
    assert partly.action == "partly-accepted"
    assert [(each.place, each.code) for each in partly.messages[0].errors] == [("UNT", "29")]
    none = acknowledge(good.replace(b"UNZ+2", b"UNZ+3"))
    assert (none.action, [(each.place, each.code) for each in none.errors]) == ("rejected", [("UNZ", "29")])
    assert again(writer.write(told.model_copy(update={"number": "17"}), "96A", {})).kind == "syntax-acknowledgement"
    assert CONTRL.messages[1].errors[1].place == "segment 6, element 1.2"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_a_grammar_has_its_place(name: str, release: str) -> None:
    """No row is written for a segment that the directory's table does not have in that group."""
    of = grammar(name, release)
    assert of.rules
    for slot, rules in of.rules.items():
        assert {rule.tag for rule in rules} == {slot.tag}


def test_another_maker_reads_the_same_segments() -> None:
    """pydifact, a parser by others, finds the elements that were written."""
    import warnings

    from pydifact.parser import Parser

    from stages.formats.edifact.characters import DEFAULT
    from stages.formats.edifact.scanning import split

    text = interchange(writer.write(DESPATCH, "96A", {}), writer.write(ORDER, "96A", {})).decode("iso8859-1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = [[each.tag, *each.elements] for each in Parser().parse(text) if each.tag != "UNA"]
    ours = [split(row[:-1], DEFAULT) for row in text.split("\n")[1:-1]]
    assert [[each[0] if len(each) == 1 else each for each in row] for row in ours] == theirs
