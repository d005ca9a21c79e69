"""UBL ApplicationResponse: Peppol BIS Invoice Response 3, transaction T111."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.answers import BusinessResponse
from stages.formats.binding.elements import Element, Name, Write, day, text
from stages.formats.binding.groups import part, wrap
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.pieces import NOTE, party
from stages.formats.writing.xml_text import escaped

_LISTS = {"OPStatusReason": "reasons", "OPStatusAction": "actions"}


@dataclass(frozen=True)
class _Statuses(Element):
    """One Status for each reason and action; the explanation stands in the first."""

    path: str = "cac:Status"

    def action(self, name: Name) -> Action:
        code, words = name("cbc:StatusReasonCode"), name("cbc:StatusReason")

        def act(walk: Walk, target: Data, element: etree._Element) -> None:
            for child in element:
                said = (child.text or "").strip()
                field = _LISTS.get(child.get("listID", ""))
                if child.tag == code and field:
                    if said:
                        walk.append(target, field, said, child)
                elif child.tag == words:
                    if said:
                        before = target.get("explanation")
                        target["explanation"] = f"{before}\n{said}" if before else said
                else:
                    walk.unknown(child)

        return act

    def writer(self, level: int) -> Write:
        def write(response: BusinessResponse, _currency: str) -> str:
            coded = [
                f'<cbc:StatusReasonCode listID="{list_}">{escaped(code)}</cbc:StatusReasonCode>'
                for list_, field in _LISTS.items()
                for code in getattr(response, field)
            ] or [""]
            if response.explanation:
                coded[0] += f"<cbc:StatusReason>{escaped(response.explanation)}</cbc:StatusReason>"
            return "".join([f"<cac:Status>{each}</cac:Status>" for each in coded if each])

        return write

    def fields(self, level: int) -> Iterator[str]:
        yield from (*_LISTS.values(), "explanation")


TABLE = table(
    "ApplicationResponse",
    says("cbc:CustomizationID", "urn:fdc:peppol.eu:poacc:trns:invoice_response:3"),
    says("cbc:ProfileID", "urn:fdc:peppol.eu:poacc:bis:invoice_response:3"),
    text("cbc:ID", "number"),
    day("cbc:IssueDate", "issue_date"),
    NOTE,
    part("cac:SenderParty", "sender", *party("endpoint", "legal", "contact")),
    part("cac:ReceiverParty", "receiver", *party("endpoint", "legal")),
    wrap(
        "cac:DocumentResponse",
        wrap(
            "cac:Response",
            text("cbc:ResponseCode", "status"),
            day("cbc:EffectiveDate", "effective_date"),
            _Statuses(),
        ),
        wrap(
            "cac:DocumentReference",
            text("cbc:ID", "document_reference"),
            day("cbc:IssueDate", "document_date"),
            text("cbc:DocumentTypeCode", "document_type_code"),
        ),
    ),
)


MESSAGE = Message("ApplicationResponse", BusinessResponse, TABLE, ("sender", "receiver"))
