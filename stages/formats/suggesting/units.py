"""Units of a sample: a word of an ERP's is mapped to its code, and what may mean several things is asked.

Source   UN/ECE Recommendations 20 and 21, as EN 16931 lists them (BR-CL-23)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from stages.formats.fatturapa.codes import UNITS as ITALIAN
from stages.formats.ksef.codes import UNITS as POLISH
from stages.formats.nfe.codes import UNITS as BRAZILIAN
from stages.formats.reading.units import UNITS as OF_ERPS
from stages.formats.suggesting.proposal import Blank
from stages.formats.suggesting.words import plain
from stages.rules.native.code_lists import codes

MANY = 50
"""A column with more different cells than this is not one of units."""

_MORE = """
H87 piece pieces pcs stueck stuck stck stk pezzo pezzi peca pecas pieza piezas pieces pce sztuka sztuki
C62 unit units unidade unidades unidad unidades un und uni unid ud uds u unite unites unita
XCT karton kartons carton cartons cartao cartone cartoni krt ktn
XCS kiste kisten case cases
XBX box boxes boite boites cx caixa caixas caja cajas scatola scatole pudelko
XBO flasche flaschen bottle bottles garrafa garrafas botella botellas bouteille bouteilles bottiglia bottiglie butelka
XCA dose dosen can cans lata latas
XPK packung packungen pack packs paket pakete pacote pacotes paquete paquetes paquet paquets confezione opakowanie
XPX palette paletten pallet pallets palete palet palettes paleta bancale
XRO rolle rollen roll rolls rolo rolos rollo rollos rouleau rouleaux rotolo rotoli rolka
XBG beutel bag bags
XSA sack saecke sacke sacos saco sacs sacchi
PR paar pair pairs par pares paire paires paio para
SET satz garnitur komplet
HUR std stunde stunden hour hours hora horas heure heures ora ore godzina godzin
DAY tag tage day days dia dias jour jours giorno giorni dzien
WEE woche wochen week weeks semana semanas semaine semaines
MON monat monate month months mes meses mois mese mesi miesiac
ANN jahr jahre year years ano anos annee annees anno anni rok
KGM kilo kilos kilogramm kilogram kilograms quilo quilos kilogramo kilogramos kilogramme kilogrammes
GRM gramm gram grams grama gramas gramo gramos gramme grammes grammo grammi
TNE tonne tonnen tonnes tonelada toneladas tonnellata tonnellate
LTR ltr liter litre litres liters litro litros litri litr litrow
MTR lfm meter metre metres meters metro metros metri metr metrow
MTK qm m2 sqm quadratmeter
MTQ cbm m3 kubikmeter
LS psch pausch pauschal pauschale
E48 leistung service
"""
"""A code, then what it is called in English, Portuguese, Spanish, Polish, German, French and Italian, as `plain`."""


@cache
def _words() -> dict[str, str]:
    """`plain` word -> code; the tables of the readers come first."""
    found: dict[str, str] = {}
    for table in (OF_ERPS, BRAZILIAN, ITALIAN, POLISH):
        for word, code in table.items():
            found.setdefault(plain(word.lower()), code)
    for row in _MORE.split("\n"):
        code, *words = row.split() or [""]
        for word in words:
            found.setdefault(word, code)
    return found


def mapped(cells: Iterable[str]) -> dict[str, str | Blank] | None:
    """Cell -> code, or what is to be filled in; None where all of them are codes that mean nothing else."""
    found = {cell: _code(cell) for cell in dict.fromkeys(cells)}
    return None if all(cell == code for cell, code in found.items()) else found


def _code(cell: str) -> str | Blank:
    usual = _words().get(plain(cell.lower()))
    listed = cell in codes("BR-CL-23")
    if listed and usual in (None, cell):
        return cell
    if usual is not None and not listed:
        return usual
    either = f": {usual}, as ERPs use it, or {cell} itself" if usual else ", as H87 (piece) or KGM"
    return Blank(f"the code of UN/ECE Recommendation 20 or 21 for the unit {cell[:40]!r}{either}", "C62")
