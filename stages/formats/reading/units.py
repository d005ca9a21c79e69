"""Units as ERPs name them, and what UN/ECE Recommendation 20 and 21 call them."""

from __future__ import annotations

from collections.abc import Mapping

UNITS = dict(
    pair.split(":")
    for pair in """
    ST:H87 PCE:H87 PC:H87 PCS:H87 STK:H87 EA:EA C62:C62 KG:KGM G:GRM GR:GRM TO:TNE T:TNE TON:TNE LB:LBR OZ:ONZ L:LTR
    ML:MLT HL:HLT M:MTR CM:CMT MM:MMT KM:KMT FT:FOT IN:INH M2:MTK M3:MTQ STD:HUR H:HUR HR:HUR MIN:MIN TAG:DAY D:DAY
    WCH:WEE MON:MON
    KAR:XCT CAR:XCT CRT:XCT KI:XCS CSE:XCS PAK:XPK PAC:XPK PAL:XPF PF:XPF FL:XBO BOT:XBO ROL:XRO SET:SET PAA:PR PR:PR
    DZ:DZN KWH:KWH LE:E48 AU:E48
    PIECE:H87 UNIT:C62 UNITS:C62 HOUR:HUR HOURS:HUR DAY:DAY DAYS:DAY BOX:XBX PACK:XPK CAN:XCA""".split()
)
"""SAP's own units, retired ISO ones, and those of Business Central and Odoo; what is not here passes as it is."""


def unit_code(said: str | None, own: Mapping[str, str]) -> str:
    """The code for a unit; `own` is what a profile says. None is 'one', C62."""
    if not said:
        return "C62"
    return own.get(said) or UNITS.get(said.upper(), said)
