"""EANCOM, GS1's subset of the directories: what a message must hold before UNH may name it (option `eancom`).

Held are the rules that retailers turn messages back for, and that GS1 says of both editions:

Parties   a NAD's number is a GLN, of agency 9 (C082), and no other; seller and buyer have one
Articles  INVOIC: LIN's number is a GTIN (EN in 1997, SRV in 2002); a line without one is identified by its first PIA
          (function 5), by the seller's or the buyer's number

What else these segments say (BGM with function 9, DTM 137, qualifiers) the grammars write in EANCOM's way already.
Not held: EANCOM's narrower lists of amounts (MOA) and references, which differ from partner to partner.

Source: GS1, EANCOM 1997, part II, INVOIC 008, 5: SG2 (NAD) and SG25 (LIN, PIA); EANCOM 2002, INVOIC, 5: SG2 and SG26;
GS1 Europe, eInvoice 1.0 (a GLN of seller and buyer, a GTIN of articles); GS1 General Specifications, 7.9 (check digit)
"""

from __future__ import annotations

from typing import Any, Final

from schemas.errors import Finding
from stages.formats.edifact.grammar import Data
from stages.formats.edifact.messages.parties import NAMED
from stages.formats.edifact.scanning import Elements
from stages.formats.reading.records import shorten

ASSOCIATIONS: Final = {
    "96A": {"INVOIC": "EAN008", "ORDERS": "EAN008", "ORDRSP": "EAN005", "DESADV": "EAN005", "PRICAT": "EAN006"},
    "01B": {"INVOIC": "EAN011", "ORDERS": "EAN010", "ORDRSP": "EAN009", "DESADV": "EAN007", "PRICAT": "EAN009"},
}
"""What EANCOM 1997 and 2002 say in UNH 0057."""
RULE: Final = "edifact-eancom"
_GLN, _GTIN = "0088", "0160"
_MUST: Final = ("seller", "buyer")


def prepare(data: Data, name: str) -> list[Finding]:
    """Give numbers the places that EANCOM has for them (in place), before the message is shaped; what it asks for and
    the document lacks."""
    faults: list[Finding] = []
    for role in NAMED:
        if isinstance(party := data.get(role), dict):
            _party(party, role, faults)
    delivery = data.get("delivery")
    if isinstance(delivery, dict) and not _is(delivery.get("location"), _GLN):
        delivery.pop("location", None)
    if name == "INVOIC":
        for index, line in enumerate(data.get("lines", ())):
            _article(line, f"lines[{index}]", faults)
    return faults


def identified(body: list[Elements]) -> None:
    """Under a LIN without an article's number, the first PIA is what identifies it (4347: 5), not an addition (1)."""
    bare = False
    for segment in body:
        if segment[0] == ["LIN"]:
            bare = len(segment) < 4 or not segment[3][0]
        elif segment[0] == ["PIA"] and bare:
            segment[1] = ["5"]
            bare = False


def _party(party: Data, role: str, faults: list[Finding]) -> None:
    """The GLN is NAD's number; every other number follows as a reference."""
    known: list[Any] = party.pop("identifiers", [])
    endpoint = party.get("endpoint")
    numbers = [each for each in [*known, *([endpoint] if endpoint else [])] if _is(each, _GLN)]
    if numbers:
        party["identifiers"] = [numbers[0], *(each for each in known if each != numbers[0])]
        return
    party["_identifiers"] = known
    if role in _MUST:
        given = next((each["value"] for each in known if each.get("scheme") == _GLN), None)
        message = f"EANCOM names the {role} by its GLN (an identifier of scheme 0088, with its check digit)"
        faults.append(Finding(rule=RULE, message=message, place=f"{role}.identifiers", found=shorten(given)))


def _article(line: Data, place: str, faults: list[Finding]) -> None:
    item = line.get("standard_item_id")
    if item is not None and not _is(item, _GTIN):
        del line["standard_item_id"]  # LIN has a GTIN and nothing else; reading back tells the loss
        if item.get("scheme") == _GTIN:
            message = "this is no GTIN: 8, 12, 13 or 14 digits, the last one checks"
            found = shorten(item.get("value"))
            faults.append(Finding(rule=RULE, message=message, place=f"{place}.standard_item_id", found=found))
            return
    if not any(line.get(name) for name in ("standard_item_id", "seller_item_id", "buyer_item_id")):
        message = "EANCOM identifies an article by its GTIN (scheme 0160), else by the seller's or the buyer's number"
        faults.append(Finding(rule=RULE, message=message, place=f"{place}.standard_item_id"))


def _is(identifier: Any, scheme: str) -> bool:
    """A number of that scheme whose check digit fits."""
    if not isinstance(identifier, dict) or identifier.get("scheme") != scheme:
        return False
    value = str(identifier.get("value"))
    lengths = (13,) if scheme == _GLN else (8, 12, 13, 14)
    if len(value) not in lengths or not (value.isascii() and value.isdigit()):
        return False
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(value))) % 10 == 0
