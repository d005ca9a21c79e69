"""From a canonical document to the bytes of one target, checked: conversion without store and messages.

The stage and the command line both make documents here, so `entrega convert` shows what the pipeline would send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid, Finding
from schemas.orders import Order, OrderResponse
from stages.conversion import attached, noting, order_totals, response_totals, totals
from stages.formats.format import Target, altered, shortened
from stages.formats.writing.rereading import Again, reread
from stages.rules.official import Verdict

_PEPPOLS = ("PEPPOL-EN16931-R120", order_totals.LINE_RULE)

LossPolicy = Literal["report", "refuse", "note"]
"""What happens to what a target cannot carry: it is reported, the document is refused, or it is moved to a note."""

Check = Callable[[bytes, Target, Document, Again | None], Verdict]
"""Holds the written bytes against the rules of their target; the last is what reading them back gave, where that was
done already. Raises EngineUnavailable (transient), never a guess."""


@dataclass(frozen=True)
class Made:
    """One rendition: its bytes, the rules that were run, and what they and the writer had to say."""

    content: bytes
    rule_set: str
    warnings: tuple[Finding, ...]
    losses: tuple[Finding, ...]
    """What the target does not carry, and what it carries otherwise."""
    shadow: Verdict | None = None
    """What a newer release of the rules, that does not bind yet, has to say."""
    moved: tuple[str, ...] = ()
    """Places of losses whose values stand in a note instead, all of them."""

    @property
    def not_carried(self) -> list[str]:
        """Places of what stands nowhere: the target leaves it out, and it was not moved."""
        return [each.place for each in self.losses if not altered(each) and each.place not in self.moved]

    @property
    def altered(self) -> list[str]:
        """Places of what it says otherwise: shortened, rounded, in other codes, in another place."""
        return [each.place for each in self.losses if altered(each)]


def completed(document: Document) -> tuple[Document, tuple[Finding, ...]]:
    """An invoice or an order with all its amounts and with names and types of its files, and what was found on the way,
    of a response's amounts, too; other kinds as they are."""
    if isinstance(document, OrderResponse):
        return response_totals.complete(document)
    if not isinstance(document, (Invoice, Order)):
        return document, ()
    whole, found = totals.complete(document) if isinstance(document, Invoice) else order_totals.complete(document)
    named, told = attached.named(whole)
    return named, (*found, *told)


def make(
    document: Document, target: Target, options: Mapping[str, str], losses: LossPolicy, check: Check,
    found: Sequence[Finding] = (),
) -> Made:  # fmt: skip
    """Write a completed document for a target, and hold it against its rules. `found` is what completing told.

    Raises DocumentInvalid (permanent) with every finding: of the totals, the writer, the rules, or of what would be
    lost where the profile refuses losses or the loss is told as fatal. Raises EngineUnavailable (transient) where it
    could not be checked.
    """
    stop(found)
    carries(document, target)
    target = target.under(document, options)
    content, again, lost = _written(document, target, options)
    moved: tuple[str, ...] = ()
    grave = lost if losses == "refuse" else [each for each in lost if each.severity == "fatal"]
    if grave:
        fatal = tuple(each.model_copy(update={"severity": "fatal"}) for each in grave)
        raise DocumentInvalid(f"{target.title} cannot carry all of the document.", findings=fatal)
    if lost and losses == "note":
        document, (content, again, _), moved = _noted(document, target, options, lost, (content, again, lost))
    verdict = check(content, target, document, again)
    stop(verdict.findings)
    return Made(content, verdict.version, (*found, *verdict.findings), lost, verdict.shadow, moved)


_Writing = tuple[bytes, Again | None, tuple[Finding, ...]]


def _written(document: Document, target: Target, options: Mapping[str, str]) -> _Writing:
    """The bytes, what reading them back gave where the target's losses are told so, and the losses."""
    if target.differences is None:
        lost = tuple(target.losses(document, options))
        return target.write(document, options), None, lost
    content = target.write(document, options)
    again = reread(content, target)
    return content, again, tuple(target.differences(document, again.document)) if again.document is not None else ()


def carries(document: Document, target: Target) -> None:
    """Raises DocumentInvalid where the target has no message for this kind of document."""
    if not {document.kind, document.document_type} & target.kinds:
        known = ", ".join(sorted(target.kinds))
        finding = Finding(
            rule="target-kind", message=f"{target.title} carries {known}", found=document.document_type, place="kind"
        )
        raise DocumentInvalid(f"{target.title} has no message for this kind of document.", findings=(finding,))


def _noted(
    document: Document, target: Target, options: Mapping[str, str], lost: tuple[Finding, ...], first: _Writing
) -> tuple[Document, _Writing, tuple[str, ...]]:
    """Written again with as many of the losses in notes as the target's notes hold; and the places that all moved."""
    told, unfit = noting.lines(document, [each for each in lost if not (each.place or "").startswith("notes")])
    if not told or not hasattr(document, "notes"):
        return document, first, ()
    known = {(each.rule, each.place) for each in lost}
    count, best, most = len(told), 0, len(told)
    kept = (document, first)
    while best < most:
        fuller = noting.with_notes(document, [line for _, line in told[:count]])
        try:
            again = _written(fuller, target, options)
            fits = not any(
                (each.place or "").startswith("notes")
                and (each.rule, each.place) not in known
                and (not altered(each) or shortened(each))
                for each in again[2]
            )
        except DocumentInvalid:
            fits = False
        if fits:
            best, kept = count, (fuller, again)
        else:
            most = count - 1
        count = (best + most + 1) // 2
    left = unfit | {place for place, _ in told[best:]}
    moved = tuple(dict.fromkeys(place for place, _ in told[:best] if place not in left))
    return (*kept, moved)


def stop(findings: Sequence[Finding]) -> None:
    """Raises DocumentInvalid where one of the findings is fatal; with all of the fatal ones."""
    fatal = tuple(finding for finding in findings if finding.severity == "fatal")
    if fatal:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in fatal))
        raise DocumentInvalid(f"The document breaks {rules}.", findings=fatal)


def binding(findings: Sequence[Finding], rules: Sequence[str]) -> tuple[Finding, ...]:
    """A rule of Peppol's own stops what goes to Peppol; elsewhere the given amount stands, and it is told.

    CEN's own examples have lines whose amount is not quantity by price (PEPPOL-EN16931-R120).
    """
    if "peppol" in rules:
        return tuple(findings)
    return tuple(
        finding.model_copy(update={"severity": "warning"}) if finding.rule in _PEPPOLS else finding
        for finding in findings
    )


def file_name(document: Document) -> str:
    """What people see in a download folder: `invoice-2026_0042`. Letters, digits, hyphens, dots and underscores."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "_" for c in document.number)
    return f"{document.document_type}-{safe.strip('._') or 'document'}"[:100]
