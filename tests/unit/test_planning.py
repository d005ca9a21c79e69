"""Who the buyer is, and what will be made: recognised by what identifiers agree on, never guessed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.directory import Known
from connectors.profiles import FolderProfiles, Pinned
from schemas.documents import Address, DeliveryHints, Identifier, Invoice, Line, Party
from schemas.messages import Plan
from schemas.orders import Order
from schemas.outcomes import Refusal
from stages.extraction import business_key, content_hash, planning, seller_key

ANA = Known(uuid.UUID(int=1), "Ana", 1, "pt", "PT", {}, (("endpoint:0088", "5601234500009"), ("vat", "PT1")))
BETO = Known(uuid.UUID(int=2), "Beto", 1, None, "PT", {}, (("vat", "PT1"),))


def invoice(buyer: Party, hints: DeliveryHints | None = None) -> Invoice:
    line = Line(identifier="1", quantity="1", net_price="10", name="Wine", vat_rate="23")  # type: ignore[arg-type]
    seller = Party(name="Vinhos", vat_identifier="PT 501 234 567")
    return Invoice(
        invoice_number="2026-1", issue_date="2026-01-31", currency="EUR", seller=seller, buyer=buyer, lines=(line,),
        hints=hints or DeliveryHints(),
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def pinned(tmp_path: Path) -> Pinned:
    (tmp_path / "demo.yaml").write_text("tenant: demo\nbrand: {name: Vinhos}\nlanguage: es\n")
    return FolderProfiles(tmp_path).current("demo")


@pytest.fixture
def teaching(tmp_path: Path) -> Pinned:
    (tmp_path / "demo.yaml").write_text("tenant: demo\nbrand: {name: Vinhos}\nlearn_parties: true\n")
    return FolderProfiles(tmp_path).current("demo")


def test_one_party_under_an_identifier_is_the_buyer(pinned: Pinned) -> None:
    """The rule that recognised it is named."""
    found = {("vat", "PT1"): (ANA,)}
    result = planning.recognise(invoice(Party(name="A", vat_identifier="pt 1")), "demo", found, pinned)
    assert isinstance(result, planning.Recognised)
    assert (result.party, result.rule) == (ANA, "vat")


def test_two_parties_under_one_identifier_are_told_apart_by_another(pinned: Pinned) -> None:
    """A VAT group has one number and many addresses; the GLN decides."""
    buyer = Party(name="A", vat_identifier="PT1", identifiers=(Identifier(value="5601234500009", scheme="0088"),))
    found = {("vat", "PT1"): (ANA, BETO), ("gln", "5601234500009"): (ANA,)}
    result = planning.recognise(invoice(buyer), "demo", found, pinned)
    assert isinstance(result, planning.Recognised)
    assert (result.party, result.rule) == (ANA, "gln")


def test_the_rule_is_what_decided(pinned: Pinned) -> None:
    """The strongest identifier that the party alone has; where others share each, those that together leave one."""
    cato = replace(BETO, party_id=uuid.UUID(int=3))
    buyer = Party(name="A", vat_identifier="PT1", erp_id="7", endpoint=Identifier(value="5601234500009", scheme="0088"))
    endpoint, vat, erp = ("endpoint:0088", "5601234500009"), ("vat", "PT1"), ("erp", "7")
    for found, rule in (
        ({endpoint: (ANA,), vat: (ANA,), erp: (ANA,)}, "endpoint"),
        ({vat: (ANA, BETO), erp: (ANA,)}, "erp"),
        ({endpoint: (ANA, BETO), vat: (ANA,), erp: (ANA,)}, "vat"),
        ({vat: (ANA, BETO), erp: (ANA, cato)}, "vat+erp"),
    ):
        result = planning.recognise(invoice(buyer), "demo", found, pinned)
        assert isinstance(result, planning.Recognised)
        assert (result.party, result.rule) == (ANA, rule)


def test_two_parties_that_nothing_tells_apart_are_not_guessed(pinned: Pinned) -> None:
    """The refusal lists the candidates, for the person who decides."""
    result = planning.recognise(
        invoice(Party(name="A", vat_identifier="PT1")), "demo", {("vat", "PT1"): (ANA, BETO)}, pinned
    )
    assert isinstance(result, Refusal)
    assert [candidate["name"] for candidate in result.detail["candidates"]] == ["Ana", "Beto"]


def test_identifiers_that_contradict_each_other_are_not_guessed(pinned: Pinned) -> None:
    """An endpoint of one party and a VAT number of another name nobody."""
    buyer = Party(name="A", vat_identifier="PT2", endpoint=Identifier(value="5601234500009", scheme="0088"))
    found = {("endpoint:0088", "5601234500009"): (ANA,), ("vat", "PT2"): (BETO,)}
    assert isinstance(planning.recognise(invoice(buyer), "demo", found, pinned), Refusal)


def test_a_buyer_identifier_without_a_scheme_is_the_customer_number(pinned: Pinned) -> None:
    """BT-46 without a scheme is what seller and buyer agreed upon: the directory knows it as the ERP's number."""
    buyer = Party(name="A", identifiers=(Identifier(value="0001081119"), Identifier(value="5", scheme="0106")))
    assert planning.identifiers(buyer) == [("erp", "1081119")]
    result = planning.recognise(invoice(buyer), "demo", {("erp", "1081119"): (ANA,)}, pinned)
    assert isinstance(result, planning.Recognised)
    assert (result.party, result.rule) == (ANA, "erp")


@pytest.mark.parametrize(
    ("buyer", "found", "told"),
    [
        (Party(name="A"), {}, "neither an electronic address nor a VAT number"),
        (
            Party(name="A", vat_identifier="PT1", erp_id="7"),
            {},
            "no party of the directory has its VAT number or customer number.",
        ),
        (Party(name="A", vat_identifier="PT1", erp_id="7"), {("vat", "PT1"): (ANA, BETO)}, "its VAT number leads to 2"),
    ],
)
def test_a_buyer_who_is_not_recognised_is_told_in_words(
    pinned: Pinned, buyer: Party, found: dict[tuple[str, str], tuple[Known, ...]], told: str
) -> None:
    """The explanation says by what was asked, and what was found."""
    result = planning.recognise(invoice(buyer), "demo", found, pinned)
    assert isinstance(result, Refusal)
    assert told in result.explanation


def test_an_unknown_buyer_is_refused_and_says_what_was_asked(pinned: Pinned) -> None:
    """The explanation names the kind of number that nobody has; the detail the number."""
    result = planning.recognise(invoice(Party(name="A", erp_id="0000100")), "demo", {}, pinned)
    assert isinstance(result, Refusal)
    assert result.detail["asked"] == [["erp", "100"]]
    assert result.explanation.endswith("no party of the directory has its customer number.")


def test_an_invoice_teaches_where_the_profile_allows_it(teaching: Pinned) -> None:
    """An unknown buyer with an identifier and an address becomes a party, always under the same id."""
    buyer = Party(name="Casa Verde", vat_identifier="PT9")
    first = planning.recognise(invoice(buyer, DeliveryHints(phone="+351912345678")), "demo", {}, teaching)
    again = planning.recognise(invoice(buyer, DeliveryHints(phone="+351912345678")), "demo", {}, teaching)
    assert isinstance(first, planning.Recognised)
    assert isinstance(again, planning.Recognised)
    assert first.learnt is not None
    assert (first.rule, first.learnt.phone) == ("learnt", "+351912345678")
    assert first.party.party_id == again.party.party_id


def test_nothing_is_learnt_without_an_address(teaching: Pinned) -> None:
    """A party that cannot be told anything helps nobody."""
    assert isinstance(planning.recognise(invoice(Party(name="A", vat_identifier="PT9")), "demo", {}, teaching), Refusal)


def test_the_directory_fills_a_missing_endpoint_and_says_so() -> None:
    """An export without electronic addresses gets the one that the directory knows; a given one stays."""
    bare = invoice(Party(name="A", vat_identifier="PT1"))
    filled, fields = planning.complete_receiver(bare, ANA)
    assert filled.buyer.endpoint == Identifier(value="5601234500009", scheme="0088")
    assert fields == ["buyer.endpoint"]
    given = invoice(Party(name="A", endpoint=Identifier(value="x@y", scheme="EM")))
    assert planning.complete_receiver(given, ANA) == (given, [])


@pytest.mark.parametrize(
    ("party", "hint", "language"),
    [("pl", "es", "pl"), (None, "pt-BR", "pt-BR"), ("de-AT", "es", "de-AT"), ("fi", None, "es")],
)
def test_the_language_is_the_recipients(pinned: Pinned, party: str | None, hint: str | None, language: str) -> None:
    """The directory's wish, else the export's, else the tenant's; only languages that there are words for."""
    known = Known(uuid.UUID(int=3), "C", 1, party, None)
    document = invoice(Party(name="C"), DeliveryHints(language=hint))
    assert planning.plan(document, planning.Recognised(known, "vat"), pinned).language == language


def test_a_plan_pins_the_profile_as_it_is(tmp_path: Path) -> None:
    """Changing the profile afterwards changes new documents only: the old version can still be read."""
    profiles = FolderProfiles(tmp_path)
    file = tmp_path / "demo.yaml"
    file.write_text("tenant: demo\nbrand: {name: Old}\n")
    document = invoice(Party(name="A", vat_identifier="PT1"))
    before = planning.plan(document, planning.Recognised(ANA, "vat"), profiles.current("demo"))
    file.write_text("tenant: demo\nbrand: {name: Renamed}\n")
    after = planning.plan(document, planning.Recognised(ANA, "vat"), profiles.current("demo"))
    assert profiles.pinned(before.brand).profile.brand.name == "Old"
    assert profiles.pinned(after.brand).profile.brand.name == "Renamed"


def test_the_business_key_ignores_how_a_number_is_written() -> None:
    """The same supplier with blanks in its VAT number is the same supplier."""
    one = invoice(Party(name="A"))
    other = one.model_copy(update={"seller": Party(name="VINHOS LDA", vat_identifier="PT501234567")})
    assert business_key(one) == business_key(other) == "PT501234567|invoice|2026-1|2026-01-31"


def test_a_seller_without_numbers_is_known_by_name() -> None:
    """The weakest key, in one spelling."""
    assert seller_key(Party(name="Vinhos DO Vale")) == "vinhos do vale"


def test_content_is_what_the_export_said_not_what_the_directory_added() -> None:
    """A later import of the recipient's endpoint makes no new content, so a second drop is still a duplicate."""
    bare = invoice(Party(name="A", vat_identifier="PT1"))
    filled, _ = planning.complete_receiver(bare, ANA)
    assert content_hash(bare) == content_hash(filled)
    assert content_hash(bare) != content_hash(bare.model_copy(update={"buyer_reference": "other"}))


def test_the_recipients_formats_beat_the_countrys_and_these_the_tenants(pinned: Pinned) -> None:
    """One document may become several; each rendition says whose profile asked for it."""
    profile = pinned.profile.model_copy(
        update={"country_formats": {"ES": ("facturae",)}, "format_options": {"factur-x": {"profile": "basic"}}}
    )
    choosing = replace(pinned, profile=profile)
    buyer = Party(name="A", vat_identifier="PT1", address=Address(country="ES"))

    def made(**preferences: Any) -> list[tuple[str, str, dict[str, str]]]:
        known = Known(ANA.party_id, "Ana", 1, None, preferences.pop("country", None), preferences)
        plan = planning.plan(invoice(buyer), planning.Recognised(known, "vat"), choosing)
        assert isinstance(plan, Plan)
        return [(each.format, each.chosen_by, each.options) for each in plan.renditions]

    assert made(country="PT") == [("peppol", "tenant", {})]
    assert made() == [("facturae", "country", {})]
    wish = {"formats": ["factur-x", "peppol"], "format_options": {"profile": "extended"}}
    assert made(**wish) == [("factur-x", "recipient", {"profile": "extended"}), ("peppol", "recipient", {})]


def test_a_kind_that_no_format_carries_is_refused_with_a_way_out(pinned: Pinned) -> None:
    """The sentence names the formats that were asked for, and what to do."""
    profile = pinned.profile.model_copy(update={"formats": ("facturae",)})
    order = Order.model_validate(
        {"number": "PO-1", "issue_date": "2026-11-02", "buyer": {"name": "B"}, "seller": {"name": "S"},
         "lines": [{"identifier": "1", "quantity": "2", "name": "Paper"}]}
    )  # fmt: skip
    refused = planning.plan(order, planning.Recognised(ANA, "vat"), replace(pinned, profile=profile))
    assert isinstance(refused, Refusal)
    assert refused.reason == "no-route"
    assert "facturae, and that has no message for a document of type order" in refused.explanation


def test_an_option_that_cannot_be_is_refused_and_not_tried_for_ever(pinned: Pinned) -> None:
    """A wrong value in somebody's options parks the document with what there is to choose from."""
    known = Known(ANA.party_id, "Ana", 1, None, "FR", {"formats": ["factur-x"], "format_options": {"profile": "huge"}})
    refused = planning.plan(invoice(Party(name="A")), planning.Recognised(known, "vat"), pinned)
    assert isinstance(refused, Refusal)
    assert "the option profile takes basic-wl" in refused.explanation
