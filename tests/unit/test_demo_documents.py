"""The demo's exports, read and judged without any service: what should pass passes, what should fail fails."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from stdnum import iban
from stdnum.eu import vat

from connectors.profiles import FolderProfiles, Pinned
from pipeline import demo, maven
from pipeline.recipients import identifiers_of, read_recipients
from pipeline.settings import Settings
from schemas.documents import Identifier, Invoice
from schemas.errors import ConfigurationError
from stages.conversion import totals
from stages.extraction import planning, read_all
from stages.formats.ubl import writer as ubl
from stages.formats.ubl.profile import Profile
from stages.rendering.payment_code import payload
from stages.rules.official import RuleEngine, RuleSet

BROKEN, UNKNOWN = "FT 2026/1050", "LJ 2026/383"


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> Pinned:
    settings = Settings(data=tmp_path_factory.mktemp("data"))
    demo.install_profile(settings)
    return FolderProfiles(settings.profile_folder).current("demo")


@pytest.fixture(scope="module")
def recipients() -> list[dict[str, str]]:
    with open(demo.RECIPIENTS, newline="", encoding="utf-8") as file:
        return [line.row for line in read_recipients(file) if not line.faults]


@pytest.fixture(scope="module")
def documents(pinned: Pinned, recipients: list[dict[str, str]]) -> dict[str, Invoice]:
    """All documents by number, the buyer's endpoint filled from the recipients as planning fills it."""
    known = {pair: row for row in recipients for pair in identifiers_of(row)}
    found: dict[str, Invoice] = {}
    for path in demo.EXPORTS:
        with open(path, "rb") as file:
            for record in read_all(file, path.name, pinned.extraction, None):
                assert record.document is not None, f"{path.name} {record.address}: {record.error}"
                document = record.document
                rows = [known[pair] for pair in planning.identifiers(document.buyer) if pair in known]
                if rows and document.buyer.endpoint is None:
                    endpoint = Identifier(value=rows[0]["endpoint"], scheme=rows[0]["endpoint_scheme"])
                    buyer = document.buyer.model_copy(update={"endpoint": endpoint})
                    document = document.model_copy(update={"buyer": buyer})
                assert document.invoice_number not in found
                found[document.invoice_number] = document
    return found


def test_the_expected_ends_name_each_document(documents: dict[str, Invoice]) -> None:
    """expected.yaml knows exactly the documents that the exports hold, thirty of them."""
    assert documents.keys() == demo.expected().documents.keys()
    assert len(documents) == 30


def test_every_document_but_the_broken_one_passes_the_peppol_rules(documents: dict[str, Invoice]) -> None:
    """Totals, UBL schema, EN 16931 and Peppol rules find nothing at all, not even a warning."""
    engine = RuleEngine(maven.jars("rules"))
    found: dict[str, list[str]] = {}
    for number, document in documents.items():
        if number in (BROKEN, UNKNOWN):
            continue
        completed, findings = totals.complete(document)
        verdict = engine.check(ubl.write(completed, Profile.PEPPOL), RuleSet.PEPPOL)
        found[number] = [f"{each.rule}: {each.message}" for each in (*findings, *verdict.findings)]
    assert found == {number: [] for number in found}
    assert len(found) == 28


def test_the_broken_one_asks_for_another_amount_than_it_adds_up_to(documents: dict[str, Invoice]) -> None:
    """One document breaks one rule, and the finding shows both amounts."""
    _, findings = totals.complete(documents[BROKEN])
    assert [(each.rule, each.found, each.expected, each.severity) for each in findings] == [
        ("BR-CO-16", "448.45", "484.45", "fatal")
    ]


def test_every_buyer_but_one_is_recognised(
    documents: dict[str, Invoice], recipients: list[dict[str, str]], pinned: Pinned
) -> None:
    """Each buyer is exactly one row of recipients.csv, but for the one whom nobody imported."""
    rows = {pair: row["name"] for row in recipients for pair in identifiers_of(row)}
    unknown = []
    for number, document in documents.items():
        names = {rows[pair] for pair in planning.identifiers(document.buyer) if pair in rows}
        if not names:
            unknown.append(number)
        elif number != "LJ 2026/380":  # Latin-1 has no letters for her name
            assert names == {document.buyer.name}
    assert unknown == [UNKNOWN]
    assert pinned.profile.learn_parties is False


def test_numbers_of_the_parties_have_check_digits_that_hold(
    documents: dict[str, Invoice], recipients: list[dict[str, str]]
) -> None:
    """VAT numbers and the IBAN are formed as their countries form them, and mail goes to nobody."""
    numbers = {row["vat"] for row in recipients if "vat" in row} | {
        document.seller.vat_identifier or "" for document in documents.values()
    }
    assert [each for each in sorted(numbers) if not each.startswith("GB") and not vat.is_valid(each)] == []
    accounts = {
        transfer.account
        for document in documents.values()
        if document.payment
        for transfer in document.payment.credit_transfers
    }
    assert len(accounts) == 1
    assert all(iban.is_valid(account) for account in accounts)
    assert all(row["email"].endswith(".example") for row in recipients if "email" in row)


def test_the_exports_show_what_they_are_there_to_show(documents: dict[str, Invoice]) -> None:
    """Languages, VAT categories, a charge, allowances, a credit note, a long invoice and a payment code all occur."""
    categories = {line.vat_category for document in documents.values() for line in document.lines}
    assert categories == {"S", "K", "AE", "G"}
    assert {line.vat_rate for line in documents["FT 2026/1041"].lines} == {Decimal(6), Decimal(13), Decimal(23)}
    assert len(documents["FT 2026/1045"].lines) == 64
    assert documents["NC 2026/14"].document_type == "credit-note"
    kinds = [each.charge for document in documents.values() for each in document.allowances_charges]
    assert True in kinds
    assert False in kinds
    assert documents["FT 2026/1043"].buyer.vat_identifier == "ESB47123450"
    code = payload(totals.complete(documents["FT CL/2026/52"])[0])
    assert code is not None
    assert b"EUR3055.44" in code
    assert b"RF" in code
    assert documents["FT EX/2026/90"].currency == "GBP"
    assert documents["FT 2026/1046"].extras["Z1VINHO/ROTA"] == "ALENTEJO-2"


def test_the_consumer_without_an_address_for_mail_has_a_phone(recipients: list[dict[str, str]]) -> None:
    """Exactly one recipient can be reached by SMS only, and one address is of the kind that bounces later."""
    assert [row["name"] for row in recipients if "email" not in row] == ["Amélia Rebelo"]
    assert all("phone" in row for row in recipients)
    assert [row["name"] for row in recipients if row.get("email", "").startswith("bounce-later+")] == [
        "Restaurante Ora Bolas, Unipessoal Lda."
    ]


def test_the_profile_is_put_where_there_is_none_and_nowhere_else(tmp_path: Path) -> None:
    """A profile that is there stays as it is, and another default tenant gets no winery's logo."""
    own = tmp_path / "own"
    (own / "profiles").mkdir(parents=True)
    (own / "profiles" / "demo.yaml").write_text("tenant: demo\nbrand: {name: Mine}\n")
    demo.install_profile(Settings(data=own))
    assert FolderProfiles(own / "profiles").current("demo").profile.brand.name == "Mine"
    other = Settings(data=tmp_path / "other", default_tenant="padaria")
    demo.install_profile(other)
    with pytest.raises(ConfigurationError, match="no profile for tenant padaria"):
        FolderProfiles(other.profile_folder).current("padaria")


def test_the_logo_is_small_and_printable(pinned: Pinned) -> None:
    """The logo has less than 10 KB and is read as renderers read it."""
    from stages.rendering.brand import logo_image

    assert pinned.logo is not None
    assert len(pinned.logo) < 10_240
    assert logo_image(pinned.logo).size == (580, 155)
