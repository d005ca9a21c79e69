"""Where each business term stands in FA(3) and FA(2), names without their namespace.

What EN 16931 has no term for goes to the extras under `ksef.`, a line's to its attributes; sums, rates and payments
wait in `Walk.waiting` until all is read.

Source: Ministerstwo Finansów, struktura logiczna FA(3) 1-0E
"""

from __future__ import annotations

import re
from base64 import b64encode

from lxml import etree

from stages.formats.ksef.codes import PREFIX, UNITS
from stages.formats.ksef.walk import Walk
from stages.formats.reading.xml_actions import aside, day, group, groups, ignored, later, text, within
from stages.formats.reading.xml_walk import Action, Data, Node, said

ATTRIBUTES = ("UU_ID", "P_6A", "PKWiU", "CN", "PKOB", "P_12_Zal_15", "KwotaAkcyzy", "GTU", "Procedura", "KursWaluty")
"""Elements of a line that are item attributes (BG-32) here."""
_POSTAL = re.compile(r"(\d{2}-\d{3})\s+(.+)\Z")


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def _second_line(walk: Walk, target: Data, element: etree._Element) -> None:
    """`00-001 Warszawa` is postal code and town; anything else is the address's second line."""
    found = _POSTAL.match((element.text or "").strip())
    if found and target.get("country") == "PL":
        walk.put(target, "post_code", found[1], element)
        walk.put(target, "city", found[2], element)
    else:
        walk.put(target, "line_2", element.text, element)


def _gln(walk: Walk, _target: Data, element: etree._Element) -> None:
    walk.gln = (element.text or "").strip()


def _nip(walk: Walk, target: Data, element: etree._Element) -> None:
    number = (element.text or "").strip()
    walk.put(target, "vat_identifier", f"PL{number}" if number else None, element)


def _union(walk: Walk, target: Data, element: etree._Element) -> None:
    parent = element.getparent()
    country = said(parent, "KodUE") if parent is not None else ""
    walk.put(target, "vat_identifier", country + (element.text or "").strip(), element)


def _foreign(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.put_part(target, "legal_registration", {"value": (element.text or "").strip()}, element)


def _contact(walk: Walk, target: Data, element: etree._Element) -> None:
    part: Data = {}
    walk.run({"Email": text("email"), "Telefon": text("telephone")}, part, element)
    if "contact" in target:
        walk.keep(f"{PREFIX}DaneKontaktowe", element)
    elif part:
        target["contact"] = part


def _description(walk: Walk, target: Data, element: etree._Element) -> None:
    """DodatkowyOpis: a key and a value, of the invoice or of one of its lines."""
    key, value, line = (said(element, name) for name in ("Klucz", "Wartosc", "NrWiersza"))
    if line:
        walk.described.setdefault(line, []).append((key, value))
    elif value:
        walk.append(target, "notes", {"text": f"{key}: {value}"}, element)


def _note(walk: Walk, _target: Data, element: etree._Element) -> None:
    words = (element.text or "").strip()
    if words:
        walk.append(walk.data, "notes", {"text": words}, element)


def _corrected(walk: Walk, target: Data, element: etree._Element) -> None:
    part = {"number": said(element, "NrFaKorygowanej"), "issue_date": said(element, "DataWystFaKorygowanej") or None}
    walk.append(target, "preceding_invoices", part, element)
    number = said(element, "NrKSeFFaKorygowanej")
    walk.extras.setdefault(f"{PREFIX}NrKSeFFaKorygowanej", number or "none")


def _advance(walk: Walk, target: Data, element: etree._Element) -> None:
    number = said(element, "NrFaZaliczkowej") or said(element, "NrKSeFFaZaliczkowej")
    if number:
        walk.append(target, "preceding_invoices", {"number": number}, element)


def _unit(walk: Walk, target: Data, element: etree._Element) -> None:
    unit = (element.text or "").strip()
    walk.put(target, "unit", UNITS.get(unit.lower(), unit), element)


def _token(field: str) -> Action:
    """xs:token: line breaks and runs of blanks are one blank."""
    return lambda walk, target, element: walk.put(target, field, " ".join((element.text or "").split()), element)


def _gtin(walk: Walk, target: Data, element: etree._Element) -> None:
    code = (element.text or "").strip()
    if code:
        walk.put_part(target, "standard_item_id", {"value": code, "scheme": "0160"}, element)


def attribute(walk: Walk, target: Data, name: str, value: str, element: etree._Element) -> None:
    """BG-32: what a line has beside its terms."""
    if value:
        walk.append(target, "attributes", {"name": name, "value": value}, element)


def _attributed(name: str) -> Action:
    return lambda walk, target, element: attribute(walk, target, name, (element.text or "").strip(), element)


def _structured(walk: Walk, _target: Data, element: etree._Element) -> None:
    """Zalacznik: tables and texts beside the invoice, carried as the XML they are."""
    content = etree.tostring(element, encoding="utf-8", with_tail=False)
    part = {"reference": "Zalacznik", "file_name": "zalacznik.xml", "media_type": "text/xml",
            "content_base64": b64encode(content).decode()}  # fmt: skip
    walk.append(walk.data, "attachments", part, element)


def _unless(value: str, key: str) -> Action:
    """A flag that says no in nearly every invoice."""

    def act(walk: Walk, _target: Data, element: etree._Element) -> None:
        if (element.text or "").strip() != value:
            walk.keep(PREFIX + key, element)

    return act


_ADDRESS: Node = {
    "KodKraju": text("country"),
    "AdresL1": text("line_1"),
    "AdresL2": _second_line,
    "GLN": _gln,
}
_PARTY: Node = {
    "PrefiksPodatnika": kept("PrefiksPodatnika"),
    "NrEORI": kept("NrEORI"),
    "DaneIdentyfikacyjne": within(
        {
            "NIP": _nip,
            "KodUE": ignored,  # taken with NrVatUE
            "NrVatUE": _union,
            "KodKraju": ignored,
            "NrID": _foreign,
            "BrakID": ignored,
            "Nazwa": text("name"),
        }
    ),
    "Adres": group("address", _ADDRESS),
    "AdresKoresp": kept("AdresKoresp"),
    "DaneKontaktowe": _contact,
    "StatusInfoPodatnika": kept("StatusInfoPodatnika"),
    "NrKlienta": text("erp_id"),
    "IDNabywcy": kept("IDNabywcy"),
    "JST": _unless("2", "JST"),
    "GV": _unless("2", "GV"),
}
_LINE: Node = {
    "NrWierszaFa": text("identifier"),
    "P_7": _token("name"),
    "Indeks": text("seller_item_id"),
    "GTIN": _gtin,
    "P_8A": _unit,
    "P_8B": text("quantity"),
    "P_9A": text("net_price"),
    "P_11": text("net_amount"),
    **{
        name: later(name)
        for name in ("P_9B", "P_10", "P_11A", "P_11Vat", "P_12", "P_12_XII", "StanPrzed")
    },
    **{
        name: _attributed(name)
        for name in ATTRIBUTES
    },
}  # fmt: skip
INVOICE: Node = {
    "KodWaluty": text("currency"),
    "P_1": day("issue_date"),
    "P_1M": kept("P_1M"),
    "P_2": text("invoice_number"),
    "WZ": text("despatch_advice_reference"),
    "P_6": lambda walk, target, element: day("date")(walk, target.setdefault("delivery", {}), element),
    "OkresFa": group("period", {"P_6_Od": day("start"), "P_6_Do": day("end")}),
    "P_15": later("P_15"),
    "KursWalutyZ": kept("KursWalutyZ"),
    "Adnotacje": later("Adnotacje"),
    "RodzajFaktury": later("RodzajFaktury"),
    "PrzyczynaKorekty": kept("PrzyczynaKorekty"),
    "TypKorekty": kept("TypKorekty"),
    "DaneFaKorygowanej": _corrected,
    "OkresFaKorygowanej": kept("OkresFaKorygowanej"),
    "NrFaKorygowany": kept("NrFaKorygowany"),
    "Podmiot1K": kept("Podmiot1K"),
    "Podmiot2K": kept("Podmiot2K"),
    "P_15ZK": kept("P_15ZK"),
    "KursWalutyZK": kept("KursWalutyZK"),
    "ZaliczkaCzesciowa": kept("ZaliczkaCzesciowa"),
    "FP": kept("FP"),
    "TP": kept("TP"),
    "DodatkowyOpis": _description,
    "FakturaZaliczkowa": _advance,
    "ZwrotAkcyzy": kept("ZwrotAkcyzy"),
    "FaWiersz": groups("lines", _LINE),
    "Rozliczenie": later("Rozliczenie"),
    "Platnosc": later("Platnosc"),
    "WarunkiTransakcji": within(
        {
            "Umowy": within({"DataUmowy": kept("DataUmowy"), "NrUmowy": text("contract_reference")}),
            "Zamowienia": within({"DataZamowienia": kept("DataZamowienia"), "NrZamowienia": text("order_reference")}),
            **{
                name: kept(name)
                for name in ("NrPartiiTowaru", "WarunkiDostawy", "KursUmowny", "WalutaUmowna", "Transport",
                             "PodmiotPosredniczacy")
            },
        }
    ),
    "Zamowienie": kept("Zamowienie"),
    **{
        f"P_{kind}_{name}": later(f"P_{kind}_{name}")
        for name in ("1", "2", "3", "4", "5", "6_1", "6_2", "6_3", "7", "8", "9", "10", "11",
                     "1W", "2W", "3W", "4W")
        for kind in ("13", "14")
    },
}  # fmt: skip
DOCUMENT: Node = {
    "Naglowek": within(
        {
            "KodFormularza": ignored,
            "WariantFormularza": ignored,
            "DataWytworzeniaFa": kept("DataWytworzeniaFa"),
            "SystemInfo": kept("SystemInfo"),
        }
    ),
    "Podmiot1": group("seller", _PARTY),
    "Podmiot2": group("buyer", _PARTY),
    "Podmiot3": kept("Podmiot3"),
    "PodmiotUpowazniony": kept("PodmiotUpowazniony"),
    "Fa": within(INVOICE),
    "Stopka": within(
        {
            "Informacje": within({"StopkaFaktury": _note}),
            "Rejestry": within(
                {
                    "PelnaNazwa": kept("PelnaNazwa"),
                    "KRS": kept("KRS"),
                    "REGON": kept("REGON"),
                    "BDO": kept("BDO"),
                }
            ),
        }
    ),
    "Zalacznik": _structured,
}
