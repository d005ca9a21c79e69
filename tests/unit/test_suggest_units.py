"""`entrega profile suggest`: units as ERPs name them become codes of UN/ECE Recommendations 20 and 21, or are asked."""

from __future__ import annotations

import re

import pytest
from reading_samples import everything

from schemas.documents import Invoice
from schemas.errors import ConfigurationError
from schemas.profiles import load_profile
from stages.formats.fatturapa.codes import UNITS as ITALIAN
from stages.formats.ksef.codes import UNITS as POLISH
from stages.formats.nfe.codes import UNITS as BRAZILIAN
from stages.formats.reading.units import UNITS
from stages.formats.suggesting import suggest
from stages.rules.native.code_lists import codes

HEAD = "Rechnung;Datum;Kunde;Artikel;Menge;Einheit;Preis;MwSt;Währung\n"


def sample(*units: str, rate: str = "19") -> str:
    rows = [
        f"R-{n};{n + 1:02}.11.2026;Müller GmbH;Schraube;{n + 1},0;{unit};10,00;{rate};EUR"
        for n, unit in enumerate((*units, units[0]))
    ]
    return HEAD + "\n".join(rows) + "\n"


def invoices(text: str, profile: str) -> list[Invoice]:
    return [r.document for r in everything(text, load_profile(profile)) if isinstance(r.document, Invoice)]


@pytest.mark.parametrize("table", [UNITS, ITALIAN, POLISH, BRAZILIAN])
def test_what_readers_make_of_units_is_on_the_list(table: dict[str, str]) -> None:
    """Every code that a reader puts for an ERP's word is one that EN 16931 allows (BR-CL-23)."""
    assert {word: code for word, code in table.items() if code not in codes("BR-CL-23")} == {}


def test_words_become_codes() -> None:
    """Each language's words are mapped, whatever their case or stop, codes stay; the map says that it is unsure."""
    said = {
        "ST": "H87", "Stk.": "H87", "Stück": "H87", "UN": "C62", "UDS": "C62", "szt.": "H87", "PZ": "H87", "NR": "C62",
        "KAR": "XCT", "pièce": "H87", "Std.": "HUR", "m²": "MTK", "KGM": "KGM", "kWh": "KWH", "caja": "XBX",
        "heures": "HUR",
    }  # fmt: skip
    proposed = suggest(sample(*said).encode(), "x")
    assert [line.unit for each in invoices(sample(*said), proposed.trial) for line in each.lines][:-1] == [
        *said.values()
    ]
    assert re.search(r"^    unit:   # unsure: .*Recommendation 20", proposed.text, re.MULTILINE)
    assert not [blank for blank in proposed.blanks if "unit" in blank]


def test_codes_alone_need_no_map() -> None:
    """A column in which all cells are codes is taken as it is."""
    assert "unit: Einheit" in suggest(sample("H87", "KGM", "C62").encode(), "x").text


def test_what_no_table_knows_is_asked() -> None:
    """An unknown word is left to fill in, and so is one that is a code with another meaning: `KI`, `FL`."""
    text = sample("ST", "Gebinde", "KI")
    proposed = suggest(text.encode(), "x")
    with pytest.raises(ConfigurationError) as caught:
        load_profile(proposed.text)
    assert "csv.line.unit.map.Gebinde (" in caught.value.text
    assert "csv.line.unit.map.KI (" in caught.value.text
    assert "map.ST" not in caught.value.text
    assert any("XCS" in blank and "'KI'" in blank for blank in proposed.blanks)


def test_german_pieces_pass_the_rules() -> None:
    """`ST` of a German export, once the profile is filled in, breaks no BR-CL-23."""
    (invoice, *_) = invoices(sample("ST"), re.sub('"FILL IN:.*"', "S", suggest(sample("ST").encode(), "x").text))
    assert (invoice.lines[0].unit, "H87" in codes("BR-CL-23"), "ST" in codes("BR-CL-23")) == ("H87", True, False)


def test_intra_community_supplies_want_a_delivery() -> None:
    """Where category K may be meant, or stands in a column, the profile says what BR-IC-11 and BR-IC-12 ask for."""
    told = "BR-IC-11 and BR-IC-12"
    assert told in suggest(sample("ST", rate="0").encode(), "x").text
    assert told not in suggest(sample("ST").encode(), "x").text
