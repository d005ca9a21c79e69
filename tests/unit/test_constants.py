"""Constants of a profile complete the party, place and way to pay that they mean, and lend nothing to another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading_samples import canonical, everything, refusal, rules, ubl

from schemas.documents import Invoice
from schemas.orders import Order
from schemas.profiles import ExtractionProfile
from stages.formats.reading.step import Record

OURS = {
    "name": "Vinhos do Vale, Lda.",
    "vat_identifier": "PT509873219",
    "legal_information": "Capital social 75 000 EUR",
    "endpoint": {"value": "5609999100002", "scheme": "0088"},
    "address": {"line_1": "Rua do Lagar, 12", "city": "São João", "post_code": "5130-321", "country": "PT"},
}
ACCOUNT = "PT50009900170004201835582"
TRANSFER = {"means_code": "30", "credit_transfers": [{"account": ACCOUNT}]}


def read(given: dict[str, Any], constants: dict[str, Any] | None = None) -> Record:
    """A canonical document with these fields, read with these constants."""
    profile = ExtractionProfile(name="p", constants={"seller": OURS} if constants is None else constants)
    return everything(json.dumps(canonical(**given)), profile)[0]


def invoice(given: dict[str, Any], constants: dict[str, Any] | None = None) -> Invoice:
    document = read(given, constants).document
    assert isinstance(document, Invoice)
    return document


@pytest.mark.parametrize(
    ("seller", "place", "found", "expected"),
    [
        ({"name": "Azeites do Monte, Lda."}, "name", "Azeites do Monte, Lda.", "Vinhos do Vale, Lda."),
        ({"name": "Vinhos do Vale"}, "name", "Vinhos do Vale", "Vinhos do Vale, Lda."),
        (
            {"name": OURS["name"], "vat_identifier": "ES509873219"},
            "vat_identifier", "ES509873219", "PT509873219",
        ),
        (
            {"name": OURS["name"], "endpoint": {"value": "5609999100019", "scheme": "0088"}},
            "endpoint.value", "5609999100019", "5609999100002",
        ),
    ],
)  # fmt: skip
def test_another_seller_gets_nothing_of_ours(seller: dict[str, Any], place: str, found: str, expected: str) -> None:
    """A seller that the constants do not mean gets no VAT number of them: the document is refused, and what was found
    stands beside what the constants say."""
    record = read({"seller": seller})
    assert rules(record) == ["constants-another-party"]
    finding = refusal(record)
    assert finding.place.endswith(f"seller.{place}")
    assert (finding.found, finding.expected) == (found, expected)
    assert "vat_identifier (BT-31)" in finding.message or "vat_identifier" in seller
    assert record.number == "J-1"


def test_another_seller_that_lacks_nothing_is_its_own() -> None:
    """A document of another seller that says all that the constants could give is read as it stands."""
    theirs = {**OURS, "name": "Azeites do Monte, Lda.", "vat_identifier": "PT501234560", "legal_information": "x"}
    assert invoice({"seller": theirs}).seller.vat_identifier == "PT501234560"


@pytest.mark.parametrize(
    "seller",
    [
        {"name": "VINHOS DO VALE LDA"},
        {"name": "Vinhos do Vale", "vat_identifier": "PT 509 873 219"},
        {"name": "Vinhos do Vale", "vat_identifier": "509873219"},
        {"name": "Vinhos", "endpoint": {"value": "5609999100002", "scheme": "0088"}},
        {"name": "007", "identifiers": [{"value": "007"}]},
        {"name": None},
    ],
)
def test_our_seller_is_completed_however_it_is_written(seller: dict[str, Any]) -> None:
    """Case, accents and stops make no other name; an equal VAT number or endpoint outweighs a name; a number that
    stands for the name is none."""
    read = invoice({"seller": seller}).seller
    assert read.legal_information == "Capital social 75 000 EUR"
    assert read.vat_identifier in ("PT509873219", seller.get("vat_identifier"))


def test_a_branch_is_given_what_is_the_companys() -> None:
    """A branch has its company's VAT number and a GLN of its own: it gets the company's legal words, and not the
    address of the branch that the constants are of."""
    branch = {"name": "Loja do Porto", "vat_identifier": "PT509873219", "endpoint": {"value": "56", "scheme": "0088"}}
    read = invoice({"seller": branch}).seller
    assert (read.legal_information, read.address) == ("Capital social 75 000 EUR", None)


def test_money_for_another_is_not_sent_to_our_account() -> None:
    """An account of the constants is their seller's: it goes neither to another seller nor to a payee of the export's
    own; the payee may be the seller by its name, or the one the constants name."""
    constants = {"seller": OURS, "payment": TRANSFER}
    theirs = {**OURS, "name": "Azeites", "vat_identifier": "PT501234560"}
    refused = read({"seller": theirs}, constants)
    assert (rules(refused), refusal(refused).found) == (["constants-another-party"], "PT501234560")
    factor = read({"seller": OURS, "payee": {"name": "Factor SA"}}, constants)
    assert (rules(factor), refusal(factor).found) == (["constants-another-party"], "Factor SA")
    assert refusal(factor).place.endswith("payee.name")
    for payee, more in ((None, {}), ({"name": OURS["name"]}, {}), ({"name": "F"}, {"payee": {"name": "F"}})):
        payment = invoice({"seller": OURS, "payee": payee}, {**constants, **more}).payment
        assert payment is not None
        assert payment.credit_transfers[0].account == ACCOUNT


@pytest.mark.parametrize(
    ("payment", "account"),
    [
        ({"means_code": "58"}, ACCOUNT),
        ({"means_code": "1"}, ACCOUNT),
        ({"remittance_information": "F-1"}, ACCOUNT),
        ({"means_code": "59", "mandate": "M1"}, None),
        ({"means_code": "10"}, None),
    ],
)
def test_another_way_to_pay_is_left_as_it_is(payment: dict[str, Any], account: str | None) -> None:
    """An account is given to a transfer and to a payment that says no way, and none to a direct debit or cash."""
    read = invoice({"seller": OURS, "payment": payment}, {"payment": TRANSFER}).payment
    assert read is not None
    assert (read.credit_transfers[0].account if read.credit_transfers else None) == account
    assert read.means_code == payment.get("means_code", "30")


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ({"country": "PT"}, "Rua do Lagar, 12"),
        ({"city": "SAO JOAO", "country": "PT"}, "Rua do Lagar, 12"),
        ({"city": "Porto", "country": "PT"}, None),
    ],
)
def test_an_address_is_not_made_of_two(address: dict[str, str], street: str | None) -> None:
    """A place in another town gets no street of the constants."""
    read = invoice({"seller": {"name": OURS["name"], "address": address}}).seller.address
    assert read is not None
    assert (read.line_1, read.city) == (street, address.get("city", "São João"))


def test_a_named_contact_gets_no_number_of_another() -> None:
    """A person whom the export names is not given the desk's telephone; one without a name is."""
    constants = {"seller": {"contact": {"name": "Faturação", "telephone": "+351 900"}}}
    ana = {"name": "S", "contact": {"name": "Ana", "email": "ana@vale.example"}}
    read = invoice({"seller": ana}, constants).seller.contact
    assert read is not None
    assert (read.name, read.telephone) == ("Ana", None)
    desk = invoice({"seller": {"name": "S", "contact": {"email": "a@vale.example"}}}, constants).seller.contact
    assert desk is not None
    assert (desk.name, desk.telephone) == ("Faturação", "+351 900")


def test_other_kinds_are_held_to_the_same() -> None:
    """An order to another seller gets no VAT number of ours, and one to us does."""
    lines = [{"identifier": "1", "name": "Paper", "quantity": "2", "unit": "C62"}]
    given = {**canonical(lines=lines), "kind": "order", "number": "O-1"}
    del given["invoice_number"]
    ours, theirs = ({**given, "seller": {"name": name}} for name in (OURS["name"], "Azeites"))
    profile = ExtractionProfile(name="p", constants={"seller": OURS})
    read = everything(json.dumps([ours, theirs]), profile)
    assert isinstance(read[0].document, Order)
    assert read[0].document.seller.vat_identifier == "PT509873219"
    assert rules(read[1]) == ["constants-another-party"]


@pytest.mark.parametrize("wrong", [5, True, ["x"], [[1]], {"value": 1}, [{"value": "1", "scheme": None}]])
def test_values_of_a_wrong_kind_are_told_as_that(wrong: Any) -> None:
    """Whatever stands in a field that constants are held against, the document is refused and no code fails."""
    constants = {"seller": {**OURS, "identifiers": [{"value": "1"}]}, "payment": TRANSFER, "line": {"vat_rate": "21"}}
    for field in ("name", "identifiers", "vat_identifier", "endpoint", "address"):
        assert (
            read({"seller": {"name": OURS["name"], field: wrong}}, constants).document is None or field == "identifiers"
        )
    assert read({"payment": {"means_code": wrong}}, constants).document is None
    assert read({"lines": wrong}, constants).document is None


def test_an_xml_place_is_named_by_its_line() -> None:
    """In a format with lines the finding has the line and element of the other party's name."""
    profile = ExtractionProfile(name="p", constants={"seller": OURS})
    finding = refusal(everything(ubl(), profile)[0])
    assert finding.place.startswith("line ")
    assert finding.place.endswith("cbc:RegistrationName")
    assert finding.found == "Papelaria Lda"
