"""Money on its way: remittance advice, open items, and what a bank says of collections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.documents import Note, Party, TradeDocument
from schemas.values import Amount, Code, Currency, Day, DocumentNumber, Part, Text


class RemittanceLine(Part):
    """One document that the payment settles."""

    document_number: Code = Field(description="the invoice's or credit note's number, as the payee wrote it")
    document_type: Code | None = Field(None, description="UNTDID 1001: 380 invoice, 381 credit note")
    document_date: Annotated[Day | None, Field(description="its issue date")] = None
    amount_due: Amount | None = Field(None, description="what it asked for")
    amount_paid: Amount = Field(description="what is paid of it; negative for a credit note that is set off")
    discount: Amount | None = Field(None, description="cash discount taken")
    adjustment: Amount | None = None
    adjustment_reason: Text | None = None


class RemittanceAdvice(TradeDocument):
    """Which documents a payment settles: from the payer to the payee. REMADV, 820."""

    SENDER, RECEIVER = "payer", "payee"

    kind: Literal["remittance-advice"] = "remittance-advice"
    number: DocumentNumber
    issue_date: Day
    currency: Currency
    payer: Party
    payee: Party
    payment_date: Day | None = None
    payment_means: Code | None = Field(None, description="UNTDID 4461")
    payment_reference: Code | None = Field(None, description="trace number of the transfer")
    payer_account: Code | None = None
    payee_account: Code | None = None
    total_paid: Amount | None = None
    lines: tuple[RemittanceLine, ...] = ()
    notes: tuple[Note, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict)


class OpenItem(Part):
    """One document that is not, or not wholly, paid."""

    document_number: Code
    document_date: Day | None = None
    due_date: Day | None = None
    amount: Amount | None = Field(None, description="as issued")
    balance: Amount = Field(description="still open; negative for a credit")
    days_overdue: int | None = None


class OpenItems(TradeDocument):
    """A customer's account at a day: one customer of an ageing report."""

    SENDER, RECEIVER = "seller", "buyer"

    kind: Literal["open-items"] = "open-items"
    number: DocumentNumber
    issue_date: Annotated[Day, Field(description="the day for which the balances hold")]
    currency: Currency
    seller: Party
    buyer: Party
    total: Amount | None = None
    buckets: dict[str, Amount] = Field(default_factory=dict, description="as the report names them: `1-30`, `> 90`")
    items: tuple[OpenItem, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict)


class CollectionEntry(Part):
    """What a bank says of one title (boleto): registered, paid, refused, written off."""

    occurrence: Code = Field(description="the bank's code: 02 registered, 06 paid, 03 refused, 09 written off ...")
    occurrence_text: Text | None = None
    occurred: Day | None = None
    our_number: Code | None = Field(None, description="nosso numero: the title's number at the bank")
    document_number: Code | None = Field(None, description="the seller's: seu numero")
    due_date: Day | None = None
    amount: Amount | None = Field(None, description="of the title")
    paid_amount: Amount | None = None
    interest: Amount | None = None
    discount: Amount | None = None
    fee: Amount | None = None
    credited: Day | None = None
    payer: Text | None = None
    reasons: tuple[Code, ...] = Field((), description="why it was refused: the bank's codes")


class CollectionReport(TradeDocument):
    """A bank's return file for collections: CNAB 240 or 400 (FEBRABAN)."""

    SENDER, RECEIVER = "bank_party", "company"

    kind: Literal["collection-report"] = "collection-report"
    number: Annotated[DocumentNumber, Field(description="bank and sequence of the file")]
    issue_date: Day
    currency: Currency = "BRL"
    bank: Code
    bank_name: Text | None = None
    bank_party: Party
    company: Party
    entries: tuple[CollectionEntry, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict)
