"""The Peppol messages around an invoice: written, judged by phive with OpenPEPPOL's rules, and read back."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from lxml import etree
from peppol_documents import DOCUMENTS, PORTO
from test_ubl_oracle import judged, needs_oracle

from pipeline import maven
from schemas.canonical import Document
from schemas.documents import Identifier, Note, Party
from schemas.errors import EntregaError
from schemas.orders import DespatchAdvice, Order, Package
from stages.formats import registry
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.rules.catalogue import RELEASES, RuleSet
from stages.rules.official import RuleEngine
from stages.rules.recognised import rule_set_of

PEPPOL = registry.target("peppol")


def record(content: bytes) -> Record:
    (only,) = read(io.BytesIO(content), "x.xml", None, None).records
    return only


def back(content: bytes) -> Document:
    only = record(content)
    assert only.document is not None, only.error
    assert only.warnings == ()
    return only.document


@needs_oracle
def test_every_message_passes_the_official_rules(tmp_path: Path) -> None:
    """Orders, answers, despatch advices, catalogues and invoice responses pass XSD and Peppol's rules."""
    verdicts = judged(tmp_path, "peppol", {name: PEPPOL.write(each, {}) for name, each in DOCUMENTS.items()})
    fatal = {name: [each for each in errors if not each.startswith("{")] for name, errors in verdicts.items()}
    assert fatal == {name: [] for name in DOCUMENTS}


@needs_oracle
def test_the_validator_refuses_a_response_without_a_reason(tmp_path: Path) -> None:
    """The validator is awake: a rejection that does not say why breaks PEPPOL-T111-R001."""
    silent = DOCUMENTS["business-response"].model_copy(update={"reasons": (), "actions": ()})
    (errors,) = judged(tmp_path, "peppol", {"silent": PEPPOL.write(silent, {})}).values()
    assert [each.split()[0] for each in errors] == ["PEPPOL-T111-R001"]


def test_each_message_asks_for_peppols_rules() -> None:
    """Whoever validates a message without naming rules is given OpenPeppol's."""
    for document in DOCUMENTS.values():
        assert rule_set_of(etree.fromstring(PEPPOL.write(document, {}))) is RuleSet.PEPPOL


def test_our_own_engine_runs_the_same_rules() -> None:
    """Every message passes schema and rules of both releases as the pipeline runs them; one rejection without a reason
    is refused by the rule that says so, and an order without its number by the schema."""
    engine = RuleEngine(maven.jars("rules"))
    for release in (each for each in RELEASES if each.rule_set is RuleSet.PEPPOL):
        for name, document in DOCUMENTS.items():
            verdict = engine.check(PEPPOL.write(document, {}), release)
            assert [each for each in verdict.findings if each.severity == "fatal"] == [], (name, release.version)
    silent = DOCUMENTS["business-response"].model_copy(update={"reasons": (), "actions": ()})
    assert [each.rule for each in engine.check(PEPPOL.write(silent, {}), RuleSet.PEPPOL).findings] == [
        "PEPPOL-T111-R001"
    ]
    unnumbered = PEPPOL.write(DOCUMENTS["order"], {}).replace(b"<cbc:ID>O-1</cbc:ID>", b"", 1)
    assert [each.rule for each in engine.check(unnumbered, RuleSet.PEPPOL).findings] == ["XSD"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_message_comes_back(name: str) -> None:
    """What was written and read is the same document, with its every field."""
    document = DOCUMENTS[name]
    content = PEPPOL.write(document, {})
    assert PEPPOL.losses(document, {}) == ()
    assert back(content) == document
    assert PEPPOL.write(back(content), {}) == content


def test_what_peppol_does_not_carry_is_told() -> None:
    """Second identifiers, several notes, an unused package, a VAT number: each has its place among the losses."""
    order = DOCUMENTS["order-small"]
    assert isinstance(order, Order)
    two = Party(name="S", endpoint=order.seller.endpoint, vat_identifier="PT1", address=PORTO,
                identifiers=(Identifier(value="1"), Identifier(value="2")))  # fmt: skip
    changed = order.model_copy(update={"seller": two, "notes": (Note(text="a"), Note(text="b", subject_code="AAI"))})
    places = [each.place for each in PEPPOL.losses(changed, {})]
    assert places == ["notes[1].subject_code", "seller.vat_identifier", "notes", "seller.identifiers[1]"]
    again = back(PEPPOL.write(changed, {}))
    assert isinstance(again, Order)
    assert again.notes == (Note(text="a\nb"),)
    advice = DOCUMENTS["despatch-small"].model_copy(update={"packages": (Package(identifier="1", gross_weight=1),)})
    assert [each.place for each in PEPPOL.losses(advice, {})] == ["packages[0].gross_weight", "packages[0]"]


def test_an_order_in_two_currencies_is_refused() -> None:
    """A price in another currency than the order's is not taken for one in it."""
    content = PEPPOL.write(DOCUMENTS["order"], {}).replace(b'"EUR">9.5<', b'"USD">9.5<')
    error = record(content).error
    assert isinstance(error, EntregaError)
    assert [(each.rule, each.found) for each in error.findings] == [("ubl-currency", "USD")]  # type: ignore[attr-defined]


def test_a_party_without_a_name_is_called_by_its_number() -> None:
    """A partner who gives only a GLN is read, with a warning, not refused."""
    content = PEPPOL.write(DOCUMENTS["despatch-small"], {})
    name = b"<cac:PartyLegalEntity><cbc:RegistrationName>Buyer</cbc:RegistrationName></cac:PartyLegalEntity>"
    only = record(content.replace(name, b""))
    assert isinstance(only.document, DespatchAdvice)
    assert only.document.buyer.name == "5790000435975"
    assert [each.rule for each in only.warnings] == ["ubl-name"]


def test_a_weight_in_another_unit_is_kept_aside() -> None:
    """Pounds are not read as kilograms: warned of, and kept with their place."""
    content = PEPPOL.write(DOCUMENTS["despatch-advice"], {}).replace(b'unitCode="KGM"', b'unitCode="LBR"')
    only = record(content)
    assert isinstance(only.document, DespatchAdvice)
    assert only.document.shipment.gross_weight is None
    assert [each.rule for each in only.warnings] == ["ubl-unit"]
    assert list(only.document.extras.values()) == ["120.5"]


def test_a_receipt_advice_is_read() -> None:
    """UBL ReceiptAdvice, which Peppol does not have, becomes a receiving advice."""
    content = (
        b'<ReceiptAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:ReceiptAdvice-2"'
        b' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
        b' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
        b"<cbc:ID>RA-1</cbc:ID><cbc:IssueDate>2026-11-22</cbc:IssueDate>"
        b"<cac:DespatchDocumentReference><cbc:ID>DA-1</cbc:ID></cac:DespatchDocumentReference>"
        b"<cac:DeliveryCustomerParty><cac:Party><cac:PartyName><cbc:Name>Buyer</cbc:Name></cac:PartyName></cac:Party>"
        b"</cac:DeliveryCustomerParty><cac:DespatchSupplierParty><cac:Party><cac:PartyName><cbc:Name>Seller</cbc:Name>"
        b"</cac:PartyName></cac:Party></cac:DespatchSupplierParty><cac:ReceiptLine><cbc:ID>1</cbc:ID>"
        b'<cbc:ReceivedQuantity unitCode="C62">8</cbc:ReceivedQuantity><cbc:ShortQuantity unitCode="C62">2'
        b"</cbc:ShortQuantity><cac:Item><cbc:Name>Needle</cbc:Name></cac:Item></cac:ReceiptLine></ReceiptAdvice>"
    )
    document = back(content)
    assert (document.kind, document.number, document.sender.name) == ("receiving-advice", "RA-1", "Buyer")
    assert [(str(line.received), str(line.short)) for line in document.lines] == [("8", "2")]  # type: ignore[union-attr]


@needs_oracle
def test_an_answer_to_the_whole_order_has_no_lines(tmp_path: Path) -> None:
    """What is accepted line by line becomes CA, what is rejected leaves its lines out: each told, and valid."""
    lined = DOCUMENTS["order-response"]
    assert lined.kind == "order-response"
    answers = {code: lined.model_copy(update={"response_code": code}) for code in ("AP", "RE", "CA")}
    verdicts = judged(tmp_path, "peppol", {code: PEPPOL.write(each, {}) for code, each in answers.items()})
    assert {code: [e for e in errors if not e.startswith("{")] for code, errors in verdicts.items()} == {
        "AP": [], "RE": [], "CA": [],
    }  # fmt: skip
    assert [f.place for f in PEPPOL.losses(answers["AP"], {})] == ["response_code"]
    assert [f.place for f in PEPPOL.losses(answers["RE"], {})] == ["lines"]
    assert PEPPOL.losses(answers["CA"], {}) == ()
