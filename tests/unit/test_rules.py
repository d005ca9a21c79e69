"""The rule engine: what passes, what is found and how it reads, and that nothing passes unjudged."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from pipeline import maven
from schemas.errors import EngineUnavailable
from stages.rules import findings, official, stylesheets
from stages.rules.catalogue import Layers, in_force
from stages.rules.official import RuleEngine, RuleSet, Verdict

PARTY = """<cac:Party>
 <cbc:EndpointID schemeID="0088">{gln}</cbc:EndpointID>
 <cac:PostalAddress><cbc:CityName>{city}</cbc:CityName>
  <cac:Country><cbc:IdentificationCode>{country}</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
 <cac:PartyTaxScheme><cbc:CompanyID>{vat}</cbc:CompanyID>
  <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
 <cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party>"""
DOCTYPE = '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x">\n<Invoice'
VAT_23 = "<cbc:ID>S</cbc:ID><cbc:Percent>23</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"


def invoice(lines: int = 1) -> str:
    """A Peppol BIS Billing 3 invoice from Portugal to Poland over `lines` lines of 100.25 EUR each."""
    net = Decimal("100.25") * lines
    tax = (net * Decimal("0.23")).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    supplier = PARTY.format(gln="5601234567892", city="Porto", country="PT", vat="PT501442600", name="Adega Lda")
    customer = PARTY.format(gln="5909876543213", city="Łódź", country="PL", vat="PL5260250274", name="Zakład Sp.")
    rows = "".join(
        f"""<cac:InvoiceLine><cbc:ID>{number}</cbc:ID><cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
 <cbc:LineExtensionAmount currencyID="EUR">100.25</cbc:LineExtensionAmount>
 <cac:Item><cbc:Name>Vinho</cbc:Name><cac:ClassifiedTaxCategory>{VAT_23}</cac:ClassifiedTaxCategory></cac:Item>
 <cac:Price><cbc:PriceAmount currencyID="EUR">100.25</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
"""
        for number in range(1, lines + 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="{findings.INVOICE}" xmlns:cac="{findings.CAC}" xmlns:cbc="{findings.CBC}">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
<cbc:ID>2026/117</cbc:ID><cbc:IssueDate>2026-11-20</cbc:IssueDate><cbc:DueDate>2026-12-20</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
<cbc:BuyerReference>PO-7</cbc:BuyerReference>
<cac:AccountingSupplierParty>{supplier}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{customer}</cac:AccountingCustomerParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount><cac:TaxSubtotal>
 <cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">{tax}</cbc:TaxAmount>
 <cac:TaxCategory>{VAT_23}</cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="EUR">{net}</cbc:LineExtensionAmount>
 <cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount>
 <cbc:TaxInclusiveAmount currencyID="EUR">{net + tax}</cbc:TaxInclusiveAmount>
 <cbc:PayableAmount currencyID="EUR">{net + tax}</cbc:PayableAmount></cac:LegalMonetaryTotal>
{rows}</Invoice>"""


@pytest.fixture(scope="module")
def engine() -> RuleEngine:
    return RuleEngine(maven.jars("rules"))


def found(verdict: Verdict) -> list[tuple[str, str, str | None]]:
    return [(finding.rule, finding.place, finding.found) for finding in verdict.findings]


def test_a_right_invoice_passes_both_rule_sets(engine: RuleEngine) -> None:
    """A right invoice passes, and the verdict names the versions it was held against."""
    verdict = engine.check(invoice(3).encode(), RuleSet.PEPPOL)
    assert verdict == Verdict("peppol", "peppol-2026.5 / en16931-1.3.16", ())
    assert verdict.ok
    assert engine.check(invoice(3).encode(), RuleSet.EN16931) == Verdict("en16931", "en16931-1.3.16", ())


def test_a_wrong_total_is_found_with_the_amounts(engine: RuleEngine) -> None:
    """A wrong total names the rule, the place, the official text and the amounts that do not agree."""
    wrong = invoice().replace(">123.31</cbc:PayableAmount", ">123.30</cbc:PayableAmount")
    (finding,) = engine.check(wrong.encode(), RuleSet.PEPPOL).findings
    assert (finding.rule, finding.severity) == ("BR-CO-16", "fatal")
    assert finding.place == "/Invoice/cac:LegalMonetaryTotal[1]"
    assert finding.found == "cbc:PayableAmount 123.30, cbc:TaxInclusiveAmount 123.31"
    assert finding.message.startswith("Amount due for payment (BT-115) = Invoice total amount with VAT (BT-112)")


def test_the_second_line_is_the_one_that_is_named(engine: RuleEngine) -> None:
    """Of several lines, the place tells the one with the unknown unit, and the found value tells the unit."""
    head, middle, tail = invoice(3).split('unitCode="C62"', 2)
    wrong = f'{head}unitCode="C62"{middle}unitCode="bottle"{tail}'
    verdict = engine.check(wrong.encode(), RuleSet.EN16931)
    assert found(verdict) == [("BR-CL-23", "/Invoice/cac:InvoiceLine[2]/cbc:InvoicedQuantity[1]", "1, unitCode=bottle")]


def test_peppol_asks_for_more_than_the_norm(engine: RuleEngine) -> None:
    """Without the buyer's endpoint the norm is content, and Peppol is not."""
    wrong = invoice().replace('<cbc:EndpointID schemeID="0088">5909876543213</cbc:EndpointID>', "").encode()
    assert engine.check(wrong, RuleSet.EN16931).ok
    verdict = engine.check(wrong, RuleSet.PEPPOL)
    assert found(verdict) == [("PEPPOL-EN16931-R010", "/Invoice/cac:AccountingCustomerParty[1]/cac:Party[1]", None)]
    assert not verdict.ok


def test_a_warning_does_not_block(engine: RuleEngine) -> None:
    """A rule flagged as a warning is told, and the document may still leave."""
    card = """<cac:PaymentMeans><cbc:PaymentMeansCode>48</cbc:PaymentMeansCode><cac:CardAccount>
      <cbc:PrimaryAccountNumberID>4111111111111111</cbc:PrimaryAccountNumberID><cbc:NetworkID>VISA</cbc:NetworkID>
      </cac:CardAccount></cac:PaymentMeans><cac:TaxTotal>"""
    verdict = engine.check(invoice().replace("<cac:TaxTotal>", card, 1).encode(), RuleSet.EN16931)
    assert [(f.rule, f.severity, f.found) for f in verdict.findings] == [("BR-51", "warning", "4111111111111111")]
    assert verdict.ok


def test_an_error_on_every_line_does_not_drown_the_reader(engine: RuleEngine) -> None:
    """Of 250 equal findings 200 are placed and the rest are counted."""
    wrong = invoice(250).replace('unitCode="C62"', 'unitCode="bottle"')
    verdict = engine.check(wrong.encode(), RuleSet.EN16931)
    assert len(verdict.findings) == 201
    assert {finding.rule for finding in verdict.findings[:200]} == {"BR-CL-23"}
    assert verdict.findings[-1].message == "50 more findings are not listed."
    assert not verdict.ok


def test_the_schema_speaks_first(engine: RuleEngine) -> None:
    """Of a document that breaks the schema, line, element and value are told, and no rule is asked."""
    wrong = invoice().replace("2026-12-20", "20.12.2026").replace("EUR</cbc:Doc", "EURO</cbc:Doc")
    (finding,) = engine.check(wrong.encode(), RuleSet.PEPPOL).findings
    assert (finding.rule, finding.place, finding.found) == ("XSD", "line 5, /Invoice/cbc:DueDate[1]", "20.12.2026")
    assert finding.message == ("Element 'cbc:DueDate': '20.12.2026' is not a valid value of the atomic type 'xs:date'.")


@pytest.mark.parametrize(
    ("document", "rule", "place"),
    [
        (b"", "XML", "line 1, column 1"),
        (bytes(range(256)), "XML", "line 1, column 1"),
        (invoice().encode()[:700], "XML", "line 7, column"),
        (invoice().replace("<Invoice", DOCTYPE, 1).encode(), "XML", "line 1"),
        (b"<Order/>", "document-kind", "/"),
        (invoice().replace("Invoice-2", "Invoice-3").encode(), "document-kind", "/"),
    ],
    ids=["nothing", "random bytes", "cut off", "doctype", "another root", "another namespace"],
)  # fmt: skip
def test_what_is_no_ubl_is_refused(engine: RuleEngine, document: bytes, rule: str, place: str) -> None:
    """What is no XML, carries a DOCTYPE, or is no invoice, is a finding with a place, not an error of the engine."""
    verdict = engine.check(document, RuleSet.PEPPOL)
    assert not verdict.ok
    assert verdict.findings[0].rule == rule
    assert verdict.findings[0].place.startswith(place)


def test_other_encodings_are_judged_too(engine: RuleEngine) -> None:
    """A document in UTF-16 or ISO 8859-2 is judged by its characters."""
    for encoding in ("UTF-16", "ISO-8859-2"):
        document = invoice().replace("UTF-8", encoding, 1).encode(encoding)
        assert engine.check(document, RuleSet.PEPPOL).findings == ()


def test_self_billing_has_its_own_rules(engine: RuleEngine) -> None:
    """A self-billed invoice (type 389) passes under its own profile and fails under the common one."""
    self_billed = invoice().replace(">380<", ">389<")
    own = self_billed.replace("poacc:billing:", "poacc:selfbilling:")
    assert engine.check(own.encode(), RuleSet.PEPPOL).findings == ()
    assert "PEPPOL-EN16931-P0100" in {f.rule for f in engine.check(self_billed.encode(), RuleSet.PEPPOL).findings}


def test_a_rule_that_cannot_be_evaluated_blocks_the_document(engine: RuleEngine) -> None:
    """A document on which the official rules themselves stop does not pass, and is not tried for ever."""
    stopping = invoice().replace("urn:cen.eu:en16931:2017", "urn:cen.eu:<!-- two pieces of text -->en16931:2017")
    verdict = engine.check(stopping.encode(), RuleSet.PEPPOL)
    assert [finding.rule for finding in verdict.findings] == ["rules-not-evaluated"]
    assert not verdict.ok
    assert engine.check(invoice().encode(), RuleSet.PEPPOL).ok, "the engine lives on"


def test_without_the_rules_there_is_no_verdict(tmp_path: Path) -> None:
    """Missing, broken or empty jars raise EngineUnavailable: what was not judged never passes."""
    with pytest.raises(EngineUnavailable, match="no jar of the rule sets holds"):
        RuleEngine([]).check(invoice().encode(), RuleSet.EN16931)
    with pytest.raises(EngineUnavailable, match="cannot be read"):
        RuleEngine([tmp_path / "rules.jar"]).check(invoice().encode(), RuleSet.EN16931)
    gone = replace(
        in_force(RuleSet.PEPPOL), by_root={"ubl-invoice": Layers("ubl-invoice-2.1", ("2019.1/nothing.xslt",))}
    )
    with pytest.raises(EngineUnavailable, match="no jar of the rule sets holds"):
        RuleEngine(maven.jars("rules")).check(invoice().encode(), gone)


def test_rules_that_find_nothing_are_not_used(tmp_path: Path) -> None:
    """A stylesheet that lets an empty invoice through, or does not compile, is refused before it judges anything."""
    import zipfile

    silent = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
      <xsl:template match="/"><svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl"/></xsl:template>
      </xsl:stylesheet>"""
    for name, sheet, said in (
        ("silent", silent, "nothing wrong with an empty document"),
        ("broken", silent.replace("</xsl:template>", "<xsl:nonsense/></xsl:template>"), "do not compile|do not run"),
        ("other", silent.replace("schematron-output", "report"), "something else than a report"),
        ("reader", silent.replace("<svrl", "<xsl:copy-of select=\"doc('/etc/passwd')\"/><svrl"), "do not run"),
    ):
        jar = tmp_path / f"{name}.jar"
        with zipfile.ZipFile(jar, "w") as archive:
            archive.writestr("external/schematron/1.3.16/ubl/EN16931-UBL-validation.xslt", sheet)
        with pytest.raises(EngineUnavailable, match=said):
            RuleEngine([jar]).check(invoice().encode(), RuleSet.EN16931)


def test_stylesheets_read_neither_files_nor_the_network(engine: RuleEngine, tmp_path: Path) -> None:
    """The processor gives a stylesheet no way to a file or an address."""
    engine.warm(RuleSet.EN16931)
    secret = tmp_path / "secret.xml"
    secret.write_text("<secret/>")
    for call in (f"doc('{secret.as_uri()}')", f"unparsed-text('{secret.as_uri()}')", "doc('http://127.0.0.1:9/')"):
        sheet = f"""<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
          <xsl:template match="/"><out><xsl:copy-of select="{call}"/></out></xsl:template></xsl:stylesheet>"""
        processor = official._processor()
        executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=sheet)
        with pytest.raises(Exception, match="has been prohibited"):
            executable.transform_to_string(xdm_node=processor.parse_xml(xml_text="<a/>"))


def test_another_thread_is_turned_away(engine: RuleEngine) -> None:
    """A second thread is told so at once, since the interpreter would not survive it."""
    engine.warm(RuleSet.EN16931)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            engine.check(invoice().encode(), RuleSet.EN16931)
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert [str(error) for error in errors] == [
        "the rule engine answers only to the process and thread that first asked it"
    ]


def test_an_engine_can_be_sent_to_another_process(engine: RuleEngine) -> None:
    """An engine holds paths and versions, so a stage that has one can go to the pool."""
    engine.warm(RuleSet.EN16931)
    again = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes
    assert len(pickle.dumps(engine)) < 2000
    assert again.check(invoice().encode(), RuleSet.EN16931).ok


@pytest.mark.parametrize(
    ("context", "names"),
    [
        ("cac:A[x = ']']/cbc:B | (/cn:CreditNote | /ubl:Invoice)[$x]", {"cbc:B", "cn:CreditNote", "ubl:Invoice"}),
        ("//*[ends-with(name(), 'Amount')]", {"*"}),
        ("//cac:Party[a/b | c]", {"cac:Party"}),
        ("cac:Party/@schemeID", None),
        ("cac:Party/text()", None),
        ("cac:Party/attribute::x", None),
        ("cac:*", None),
        ("key('a', 'b')", None),
    ],
)
def test_only_contexts_that_name_elements_are_dispatched(context: str, names: set[str] | None) -> None:
    """A context's last step names elements, or the pattern keeps the published walk."""
    assert stylesheets._last_steps(context) == names


def test_a_stylesheet_of_another_shape_is_left_alone() -> None:
    """What the standard skeleton did not write is used as published, byte for byte."""
    other = b'<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>'
    assert stylesheets.lean(other) == other


def test_every_pattern_of_the_official_rules_is_made_lean() -> None:
    """All patterns of the pinned versions have the skeleton's shape: none still walks, and code lists are maps."""
    jars = maven.jars("rules")
    sheets = in_force(RuleSet.PEPPOL).by_root["ubl-invoice"].sheets
    shipped, own = (etree.fromstring(stylesheets.lean(stylesheets.read(jars, sheet))) for sheet in sheets)
    for sheet, modes in ((shipped, 3), (own, 13)):
        calls = sheet.findall(f".//{stylesheets.SVRL}schematron-output/{stylesheets.XSL}apply-templates")
        assert [call.get("select") for call in calls if call.get("select", "")[:4] != "key("] == ["//*"]
        assert len(calls) == modes
        assert not [a for a in sheet.iter(f"{stylesheets.XSL}apply-templates") if a.get("select") == "@*|*"]
    assert len([v for v in shipped.iterfind(f"{stylesheets.XSL}variable") if v.get("static") == "yes"]) == 14


def test_openpeppol_ships_the_norms_own_rules() -> None:
    """The version of EN 16931 that a Peppol verdict names is the one inside, rule by rule."""
    jars = maven.jars("rules")
    peppol, norm = in_force(RuleSet.PEPPOL), in_force(RuleSet.EN16931)
    assert peppol.includes == norm.label
    shipped, published = (stylesheets.read(jars, each.by_root["ubl-invoice"].sheets[0]) for each in (peppol, norm))
    assert stylesheets.lean(shipped) == stylesheets.lean(published)
