"""N1 loops: parties with their identifiers, address, contact and tax numbers; and the place of delivery.

Which party plays which role differs by set (`Roles`): a set is read whole, then the first entity code of each role's
list that it has gives the party. A party that plays none is kept aside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stages.formats.x12.codes import SCHEMES
from stages.formats.x12.meaning import Meaning, Segment, Value, Written, follow
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node

BUYERS_NUMBER = "92"
"""66: a number that the buyer gave. An identifier without a scheme is one, unless `extras` has another qualifier."""


@dataclass(frozen=True)
class Parties:
    """N1 itself. `roles`: field of the document -> entity codes (98) by rank; the first is written."""

    roles: Mapping[str, tuple[str, ...]]

    def read(self, reading: Reading, _target: Data, node: Node) -> Data | None:
        code = node.get(1)
        if not any(code in codes for codes in self.roles.values()) or code in reading.parties:
            return None
        party: Data = {}
        reading.parties[code] = party
        reading.parents[id(party)] = node
        if name := node.get(2):
            reading.put(party, "name", name, node, 2)
        qualifier, number = node.get(3), node.get(4)
        if number:
            scheme = SCHEMES.get(qualifier)
            party["identifiers"] = [{"value": number, "scheme": scheme} if scheme else {"value": number}]
            if not scheme and qualifier != BUYERS_NUMBER:
                party["#qualifier"] = qualifier
            reading.where[id(party), "identifiers"] = node, 4
        return party

    def write(self, _part: Any, document: Any) -> Written:
        reverse = {ours: code for code, ours in SCHEMES.items()}
        for path, codes in self.roles.items():
            party = follow(document, path)
            if party is None:
                continue
            if path == "delivery":
                number = party.location
                if not (party.name or number or party.address):
                    continue
            else:
                number = party.identifiers[0] if party.identifiers else None
            elements = [codes[0], party.name or ""]
            if number:
                said = document.extras.get(f"{path}.identifier_qualifier", BUYERS_NUMBER)
                elements += [reverse.get(number.scheme or "", said), number.value]
            yield elements, party

    def settle(self, reading: Reading, *, named: bool = False) -> None:
        """Give each role its party. `named`: a party without a name is known by its number, which stands for it."""
        left = dict(reading.parties)
        for path, codes in self.roles.items():
            code = next((code for code in codes if code in left), None)
            if code is None:
                continue
            party = left.pop(code)
            if qualifier := party.pop("#qualifier", None):
                reading.extras[f"{path}.identifier_qualifier"] = qualifier
            if path == "delivery":
                _delivery(reading, party)
                continue
            if named and "name" not in party and party.get("identifiers"):
                party["name"] = party["identifiers"][0]["value"]
                place = reading.parents[id(party)].place()
                reading.say("x12-name", "the party has a number and no name; the number stands for it", place)
            reading.data[path] = party
        for party in left.values():
            _aside(reading, reading.parents[id(party)])


def _delivery(reading: Reading, party: Data) -> None:
    made = reading.data.setdefault("delivery", {})
    reading.parents.setdefault(id(made), reading.parents[id(party)])
    for name in ("name", "address"):
        if name in party:
            made[name] = party[name]
    if party.get("identifiers"):
        made["location"] = party["identifiers"][0]
    for node in reading.parents[id(party)].below:
        if node.tag in ("PER", "REF", "N2"):
            reading.keep(node)


def _aside(reading: Reading, node: Node) -> None:
    reading.keep(node)
    for below in node.below:
        _aside(reading, below)


def stand_in(reading: Reading, path: str, *, sender: bool, always: bool = False) -> None:
    """A party that the set does not name: by its group's envelope it is the sender or receiver, known by its number.

    `always`: the set never names it, so nobody is warned.
    """
    if path in reading.data or path in reading.constants:
        return
    name = reading.given.group.element(2 if sender else 3).strip()
    if not name:
        return
    elements = reading.given.interchange.elements
    qualifier, number = elements[4:6] if sender else elements[6:8]
    party: Data = {"name": name, "identifiers": [{"value": number}]}
    if qualifier == "01":
        party["identifiers"][0]["scheme"] = SCHEMES["1"]
    reading.data[path] = party
    who = "sender" if sender else "receiver"
    if not always:
        reading.say(
            "x12-party", f"the set names no {path}; the {who} of its group stands in", f"GS0{2 if sender else 3}", name
        )


class Contact:
    """PER: a person or desk with its numbers, in pairs of qualifier (365) and number."""

    FIELDS = {"TE": "telephone", "EM": "email"}  # noqa: RUF012

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        node.get(1)
        contact = reading.part(target, "contact", node, one=True)
        name = node.get(2)
        if name and "name" not in contact:
            reading.put(contact, "name", name, node, 2)
        for position in (3, 5, 7):
            field = self.FIELDS.get(node.elements[position].strip() if position < len(node.elements) else "")
            if field and field not in contact and (number := node.get(position + 1)):
                node.get(position)
                reading.put(contact, field, number, node, position + 1)
        return contact

    def write(self, part: Any, _document: Any) -> Written:
        contact = getattr(part, "contact", None)
        if contact is None:
            return
        pairs = [(code, getattr(contact, name)) for code, name in self.FIELDS.items() if getattr(contact, name)]
        if contact.name or pairs:
            yield ["IC", contact.name or "", *(text for pair in pairs for text in pair)], contact


class Street:
    """N3: two address lines a segment; a second segment has the third."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        address = reading.part(target, "address", node, one=True)
        for position in (1, 2):
            text = node.get(position)
            free = next((name for name in ("line_1", "line_2", "line_3") if name not in address), None)
            if text and free:
                reading.put(address, free, text, node, position)
            elif text:
                reading.keep(node)
        return address

    def write(self, part: Any, _document: Any) -> Written:
        address = getattr(part, "address", None)
        lines = [each for each in (address.line_1, address.line_2, address.line_3) if each] if address else []
        for index in range(0, len(lines), 2):
            yield lines[index : index + 2], address


_TOWN = Segment({1: "address.city", 2: "address.subdivision", 3: "address.post_code", 4: "address.country"})


class Town:
    """N4. A country of three letters, or none of ISO 3166, is kept aside rather than refused."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        from schemas.codes import COUNTRIES

        country = node.elements[4].strip() if len(node.elements) > 4 else ""
        if country and country not in COUNTRIES:
            node.elements[4] = {"USA": "US", "CAN": "CA", "MEX": "MX"}.get(country, "")
            if not node.elements[4]:
                reading.keep(Node("N404", "", ["N404", country], node.position), "the country is none of ISO 3166-1")
        return _TOWN.read(reading, target, node)

    def write(self, part: Any, document: Any) -> Written:
        if getattr(part, "address", None) is None:
            return
        for elements, address in _TOWN.write(part, document):
            if len(elements) > 1 and len(elements[1]) != 2:
                elements[1] = ""  # 156: two letters
            yield elements, address


def loop(path: str, roles: Parties) -> dict[str, tuple[Meaning, ...]]:
    """The meanings of an N1 loop."""
    return {
        path: (roles,),
        f"{path}/N2": (Segment({1: "trading_name"}),),
        f"{path}/N3": (Street(),),
        f"{path}/N4": (Town(),),
        f"{path}/PER": (Contact(),),
        f"{path}/REF": (
            Segment({2: Value("vat_identifier")}, {1: "VX"}),
            Segment({2: Value("tax_registration")}, {1: "TJ"}),
        ),
    }
