"""How an FA is to be paid: means, accounts, days, and what has no term.

Source: Ministerstwo Finansów, FA(3) 1-0E, Platnosc
"""

from __future__ import annotations

from stages.formats.ksef.codes import MEANS, PREFIX
from stages.formats.ksef.walk import Walk
from stages.formats.reading.xml_walk import Data, said


def settle_payment(walk: Walk, data: Data) -> None:
    for element in walk.waiting(data, "Platnosc")[:1]:
        code, other = said(element, "FormaPlatnosci"), said(element, "OpisPlatnosci")
        accounts = [
            {
                "account": _iban(said(each, "NrRB")),
                "service_provider": said(each, "SWIFT") or None,
                "account_name": said(each, "OpisRachunku") or None,
            }
            for name in ("RachunekBankowyFaktora", "RachunekBankowy")
            for each in element.iterfind(name)
        ]
        if code or other or accounts:
            payment: Data = {"means_code": MEANS.get(code, "30" if accounts and not other else "1")}
            if other or code in ("3", "5"):
                payment["means_text"] = other or {"3": "Bon", "5": "Kredyt"}[code]
            if accounts:
                payment["credit_transfers"] = accounts
            data["payment"] = payment
            walk.parents[id(payment)] = element
        days = sorted((e.text or "").strip() for e in element.iterfind("TerminPlatnosci/Termin"))
        if days:
            data["due_date"] = days[0]
        terms = [" ".join(said(e, name) for name in ("Ilosc", "Jednostka", "ZdarzeniePoczatkowe")) for e in
                 element.iterfind("TerminPlatnosci/TerminOpis")]  # fmt: skip
        terms += days[1:]
        if terms:
            data["payment_terms"] = "\n".join(terms)
        for name in ("Skonto", "LinkDoPlatnosci", "IPKSeF"):
            below = element.find(name)
            if below is not None:
                walk.keep(PREFIX + name, below)
        for name in ("NazwaBanku", "RachunekWlasnyBanku"):
            for below in element.iter(name):
                walk.keep(PREFIX + name, below)


def _iban(number: str) -> str:
    """A Polish account without its country is the IBAN's other 26 digits."""
    number = "".join(number.split())
    return f"PL{number}" if len(number) == 26 and number.isdigit() else number
