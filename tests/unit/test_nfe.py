"""NF-e 4.00: what Brazil's own words mean in the canonical document."""

from __future__ import annotations

import io
from decimal import Decimal

from mangling import survive

from schemas.documents import Invoice
from stages.conversion.totals import complete
from stages.formats.reading.step import Record, read

D = Decimal
KEY = "41170706117473000150550010000463202612756525"
PROTOCOL = f"""<protNFe versao="4.00"><infProt><chNFe>{KEY}</chNFe><nProt>141170000487910</nProt><cStat>100</cStat>
  <xMotivo>Autorizado o uso da NF-e</xMotivo></infProt></protNFe>"""
ADDRESS = "<xLgr>Rua A</xLgr><nro>10</nro><xBairro>Centro</xBairro><xMun>Curitiba</xMun><UF>PR</UF><CEP>80000000</CEP>"


def goods(number: int, *, more: str = "", counted: str = "1", tax: str = "") -> str:
    return f"""<det nItem="{number}"><prod><cProd>A{number}</cProd><cEAN>SEM GTIN</cEAN><xProd>Porta</xProd>
      <NCM>94033000</NCM><CFOP>5102</CFOP><uCom>UN</uCom><qCom>2.0000</qCom><vUnCom>50.00</vUnCom><vProd>100.00</vProd>
      <cEANTrib>SEM GTIN</cEANTrib><uTrib>UN</uTrib><qTrib>2.0000</qTrib><vUnTrib>50.00</vUnTrib>{more}
      <indTot>{counted}</indTot></prod><imposto><ICMS><ICMS00><orig>0</orig><CST>00</CST><vBC>100.00</vBC>
      <pICMS>18.00</pICMS><vICMS>18.00</vICMS></ICMS00></ICMS>{tax}</imposto></det>"""


def nfe(*lines: str, total: str = "100.00", taxes: str = "", protocol: str = PROTOCOL, ide: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><nfeProc xmlns="http://www.portalfiscal.inf.br/nfe" versao="4.00">
      <NFe><infNFe Id="NFe{KEY}" versao="4.00"><ide><mod>55</mod><serie>1</serie><nNF>46320</nNF>
      <dhEmi>2026-11-02T22:45:50-03:00</dhEmi><tpAmb>1</tpAmb><finNFe>1</finNFe>{ide}</ide>
      <emit><CNPJ>06117473000150</CNPJ><xNome>Portas Ltda</xNome><enderEmit>{ADDRESS}</enderEmit>
      <IE>9032000301</IE></emit>
      <dest><CNPJ>27373722000148</CNPJ><xNome>Loja SA</xNome><enderDest>{ADDRESS}</enderDest></dest>
      {"".join(lines) or goods(1)}<total><ICMSTot><vICMS>18.00</vICMS>{taxes}<vProd>100.00</vProd><vNF>{total}</vNF>
      </ICMSTot></total><cobr><dup><nDup>001</nDup><dVenc>2026-12-01</dVenc><vDup>60.00</vDup></dup>
      <dup><nDup>002</nDup><dVenc>2027-01-01</dVenc><vDup>40.00</vDup></dup></cobr>
      <pag><detPag><tPag>17</tPag><vPag>100.00</vPag></detPag></pag></infNFe></NFe>{protocol}</nfeProc>""".encode()


def record(xml: bytes) -> Record:
    (one,) = read(io.BytesIO(xml), "x.xml", None, None).records
    return one


def document(xml: bytes) -> Invoice:
    found = record(xml).document
    assert isinstance(found, Invoice)
    completed, findings = complete(found)
    assert not [each for each in findings if each.severity == "fatal"]
    return completed


def test_taxes_within_the_price_are_no_vat() -> None:
    """Lines are outside the scope of VAT, their taxes are attributes; due is vNF; the day is that of its own zone."""
    found = document(nfe())
    assert (found.invoice_number, found.issue_date.isoformat(), found.currency) == ("1/46320", "2026-11-02", "BRL")
    assert (found.totals.amount_due, found.totals.tax_amount) == (D(100), D(0))
    (line,) = found.lines
    assert (line.vat_category, line.unit) == ("O", "C62")
    assert {each.name: each.value for each in line.attributes}["ICMS"] == (
        "orig 0; CST 00; vBC 100.00; pICMS 18.00; vICMS 18.00"
    )
    assert found.extras["nfe.total.vICMS"] == "18.00"
    assert found.extras["nfe.chNFe"] == KEY
    assert found.extras["nfe.nProt"] == "141170000487910"


def test_taxes_on_top_are_charges() -> None:
    """IPI and ICMS ST are charges of the document; freight and discounts those of their line."""
    line = goods(1, more="<vFrete>8.00</vFrete><vDesc>3.00</vDesc>")
    found = document(nfe(line, total="125.00", taxes="<vST>15.00</vST><vIPI>5.00</vIPI>"))
    assert [(each.reason, each.amount) for each in found.allowances_charges] == [("ICMS ST", D(15)), ("IPI", D(5))]
    assert [(e.charge, e.reason, e.amount) for e in found.lines[0].allowances_charges] == [
        (True, "Frete", D(8)),
        (False, "Desconto", D(3)),
    ]
    assert found.totals.amount_due == D(125)


def test_an_item_that_does_not_count_costs_nothing() -> None:
    """indTot 0: the item is told, its value kept aside, and no part of what is due."""
    found = document(nfe(goods(1), goods(2, counted="0")))
    assert [each.net_amount for each in found.lines] == [D("100.00"), D("0.00")]
    assert {each.name: each.value for each in found.lines[1].attributes}["vProd"] == "100.00"


def test_instalments_and_means_of_payment() -> None:
    """Duplicatas are payment terms, the first is the due date; PIX is an online payment by name."""
    found = document(nfe())
    assert found.due_date
    assert found.due_date.isoformat() == "2026-12-01"
    assert found.payment_terms == "2026-12-01: 60.00\n2027-01-01: 40.00"
    assert found.payment
    assert (found.payment.means_code, found.payment.means_text) == ("68", "PIX dinâmico")


def test_what_the_authority_did_not_let_pass_is_told() -> None:
    """Without a protocol, with another status, or from the test environment: a warning says so."""
    assert [w.rule for w in record(nfe(protocol="")).warnings] == ["nfe-protocol"]
    denied = nfe(protocol=PROTOCOL.replace(">100<", ">302<"))
    assert [(w.rule, w.found) for w in record(denied).warnings] == [("nfe-status", "302")]
    assert [w.rule for w in record(nfe().replace(b"<tpAmb>1<", b"<tpAmb>2<")).warnings] == ["nfe-test"]


def test_a_wrong_total_is_found_in_conversion() -> None:
    """A vNF that is not what lines and taxes add up to shows both numbers."""
    found = record(nfe(total="100.01")).document
    assert isinstance(found, Invoice)
    _, findings = complete(found)
    assert [(e.rule, e.found, e.expected) for e in findings] == [("BR-CO-15", "100.01", "100.00")]


def test_another_version_is_refused_by_name() -> None:
    """NF-e 3.10 is told by its version."""
    error = record(nfe().replace(b'versao="4.00"><ide>', b'versao="3.10"><ide>')).error
    assert error is not None
    assert [(each.rule, each.found) for each in error.findings] == [("nfe-version", "3.10")]


def test_damaged_bytes_never_raise_what_they_should_not() -> None:
    """Flipped, cut, doubled bytes and moved elements are refused or read; nothing else escapes."""
    assert survive(nfe(goods(1), goods(2)), "x.xml") > 50
