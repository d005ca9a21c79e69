"""SdI's checks of a FatturaPA, under SdI's codes."""

from __future__ import annotations

import pytest
from italian_invoices import RF01, TARGET, invoice
from lxml import etree

from stages.rules.native.fatturapa import check


def broken(path: str, text: str | None, attribute: str = "") -> list[str]:
    """The codes for a good invoice in which one element has another text, or is taken away."""
    root = etree.fromstring(TARGET.write(invoice(), RF01))
    element = root.find(path) if path else root
    assert element is not None
    if attribute:
        element.set(attribute, text or "")
    elif text is None:
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    else:
        element.text = text
    return [each.rule for each in check(root)]


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (".//DettaglioLinee/AliquotaIVA", "0.00", "00400"),
        (".//DatiRiepilogo/AliquotaIVA", "0.00", "00429"),
        (".//DettaglioLinee/AliquotaIVA", "0.22", "00424"),
        (".//DettaglioLinee/AliquotaIVA", "10.00", "00419"),
        (".//DatiRiepilogo/AliquotaIVA", "10.00", "00443"),
        (".//CessionarioCommittente//IdFiscaleIVA", None, "00417"),
        (".//DatiRiepilogo/Imposta", "22.02", "00421"),
        (".//DatiRiepilogo/ImponibileImporto", "102.00", "00422"),
        (".//DettaglioLinee/PrezzoTotale", "100.02", "00423"),
        (".//DatiGeneraliDocumento/Numero", "ABC", "00425"),
        (".//CodiceDestinatario", "ABCDEF", "00427"),
        (".//FormatoTrasmissione", "FPA12", "00428"),
        (".//CessionarioCommittente//IdCodice", "01234567890", "00471"),
        (".//TipoDocumento", "TD21", "00472"),
        (".//TipoDocumento", "TD17", "00473"),
    ],
)
def test_a_broken_rule_is_found_under_sdis_code(path: str, text: str | None, code: str) -> None:
    """What SdI would refuse is found before it leaves, under the code that SdI would give."""
    assert code in broken(path, text)


def test_tolerances_are_sdis() -> None:
    """A cent of VAT or of a line, and a euro of the taxed base, are let pass."""
    assert broken(".//DatiRiepilogo/Imposta", "22.01") == []
    assert broken(".//DettaglioLinee/PrezzoTotale", "100.01") == []
    assert broken(".//DatiRiepilogo/ImponibileImporto", "100.04") == []
