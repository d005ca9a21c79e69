"""Parties, as every message has them: NAD with its references, contacts and bank accounts.

EN 16931's party has lists where NAD has one place: the first identifier goes into NAD, the others follow as references.
"""

from __future__ import annotations

from typing import Any

from stages.formats.edifact.grammar import Data, Row

_NAME = (
    "+{_plain|5}+{name|5}+{address._street|3}+{address.city|1}+{address.subdivision}+{address.post_code}"
    "+{address.country}"
)
"""Behind a NAD's number. The street's three components are the address's three lines."""
CONTACT = Row("CTA+=IC+:{name|1}", into="contact", rows=(Row("COM+{telephone}:TE"), Row("COM+{email}:EM")))
REFERENCES = (
    Row("RFF+VA:{vat_identifier}"),
    Row("RFF+XA|GN:{_registration}"),
    Row("RFF+FC:{tax_registration}"),
    Row("RFF+IT:{erp_id}"),
    Row("RFF+<more>:{value}", into="_identifiers[]"),
)
ROWS = (*REFERENCES, CONTACT)
NAMED = ("seller", "buyer", "payee", "_invoicee", "ordering_party", "invoicee", "originator", "payer", "sender",
         "receiver")  # fmt: skip


def party(qualifiers: str, into: str, *more: Row) -> Row:
    return Row(f"NAD+{qualifiers}+{{id|party}}{_NAME}", into=into, rows=(*more, *ROWS))


DELIVERY = Row(f"NAD+DP|ST|CN|UC+{{location|party}}{_NAME}", into="delivery")
_LINES = ("line_1", "line_2", "line_3")


def read(data: Data, walk: Any) -> None:
    for name in NAMED:
        if isinstance(given := data.get(name), dict):
            _read(given, walk)
    if isinstance(given := data.get("delivery"), dict):
        _street(given, walk)


def _read(given: Data, walk: Any) -> None:
    found = [given.pop("id")] if "id" in given else []
    found += given.pop("_identifiers", [])
    if found:
        given["identifiers"] = found
    if (number := given.pop("_registration", None)) is not None:
        given["legal_registration"] = {"value": number}
    _street(given, walk)


def _street(given: Data, walk: Any) -> None:
    if plain := given.get("_plain"):
        # name and address without structure (C058), line by line
        name, *rows = plain.split("\n")
        said = given.setdefault("name", name), given.get("address", {}).get("_street", "\n".join(rows))
        if rows:
            given.setdefault("address", {}).setdefault("_street", "\n".join(rows))
        if said != (name, "\n".join(rows)) or len(rows) > len(_LINES):
            walk.unused(given, "_plain")
        given.pop("_plain", None)
    address = given.get("address")
    if address is None:
        return
    street = address.pop("_street", None)
    if street:
        for name, row in zip(_LINES, street.split("\n"), strict=False):
            address[name] = row
    if not address:
        del given["address"]


def write(data: Data) -> None:
    for name in NAMED:
        if isinstance(given := data.get(name), dict):
            _write(given)
    if isinstance(given := data.get("delivery"), dict):
        _joined(given)


def _write(given: Data) -> None:
    identifiers: list[Any] = list(given.pop("identifiers", ()))
    if identifiers:
        given["id"] = identifiers[0]
        given["_identifiers"] = identifiers[1:]
    if registration := given.get("legal_registration"):
        given["_registration"] = registration["value"]
    _joined(given)


def _joined(given: Data) -> None:
    address = given.get("address")
    if address:
        rows = [address.get(name) or "" for name in _LINES]
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            address["_street"] = "\n".join(rows)
