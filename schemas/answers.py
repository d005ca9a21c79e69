"""What comes back about a message: that it could be read (syntax), and what is thought of it (business).

"ACK" alone means four things; here a `SyntaxAcknowledgement` is CONTRL or 997, a `BusinessResponse` is the partner's
own answer to a document.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.documents import BusinessDocument, Note, Party
from schemas.values import Code, Day, DocumentNumber, Part, Text

Action = Literal["accepted", "accepted-with-errors", "partly-accepted", "rejected", "received"]


class SyntaxFault(Part):
    """One fault that the partner's translator found."""

    place: Text = Field("", description="segment position, segment, element: `UNH+3 RFF/C506/1154`")
    code: Code = Field(description="UNTDID 0085 (CONTRL), or X12 716, 718, 720, 723")
    text: Text | None = None


class AcknowledgedMessage(Part):
    """What became of one message or transaction set."""

    reference: Code = Field(description="UNH 0062, ST02")
    type: Code | None = Field(None, description="INVOIC, 810")
    action: Action
    errors: tuple[SyntaxFault, ...] = ()


class SyntaxAcknowledgement(BusinessDocument):
    """CONTRL of UN/EDIFACT, 997 of X12: which interchange or group, and which of its messages, could be read."""

    SENDER, RECEIVER = "sender", "receiver"

    kind: Literal["syntax-acknowledgement"] = "syntax-acknowledgement"
    number: Annotated[DocumentNumber, Field(description="reference of this acknowledgement")]
    issue_date: Day
    sender: Party = Field(description="who read the interchange")
    receiver: Party = Field(description="who made it")
    interchange_reference: Code | None = Field(None, description="UNB 0020, or ISA13 where it is known")
    group_reference: Code | None = Field(None, description="UNG 0048, AK102")
    group_type: Code | None = Field(None, description="AK101: IN, PO, SH ...")
    action: Action
    errors: tuple[SyntaxFault, ...] = Field((), description="of the envelope itself")
    messages: tuple[AcknowledgedMessage, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict)


class BusinessResponse(BusinessDocument):
    """A partner's answer to a document. Peppol Invoice Response (T111, UBL ApplicationResponse)."""

    SENDER, RECEIVER = "sender", "receiver"

    kind: Literal["business-response"] = "business-response"
    number: DocumentNumber
    issue_date: Day
    sender: Party = Field(description="who answers")
    receiver: Party = Field(description="who made the document")
    document_reference: Code = Field(description="number of the document that is answered")
    document_date: Annotated[Day | None, Field(description="its issue date")] = None
    document_type_code: Code = Field("380", description="UNTDID 1001")
    status: Code = Field(description="UNCL4343 subset: AB, IP, UQ, CA, RE, AP, PD")
    effective_date: Annotated[Day | None, Field(description="from when the status holds")] = None
    reasons: tuple[Code, ...] = Field((), description="OPStatusReason: REF, LEG, QUA, PRI, QTY, ITM, PAY, ...")
    actions: tuple[Code, ...] = Field((), description="OPStatusAction: NOA, PIN, NIN, CNF, CNP, CNA, OTH")
    explanation: Text | None = None
    notes: tuple[Note, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict)
