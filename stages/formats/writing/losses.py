"""What a target cannot carry of a document, found by walking the document beside the list of what it can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from schemas.documents import Identifier, Invoice
from schemas.errors import Finding
from stages.formats.writing.field_paths import shown, standing
from stages.formats.writing.fitting import Fitting

_OPTIONS = "options."
"""Places of what a profile says, and no document."""
_SELF = frozenset({"kind"})
"""The word by which the model is told."""


def uncarried(document: BaseModel, carried: frozenset[str], rule: str) -> tuple[Finding, ...]:
    """One finding (severity `warning`) for each field with content that `carried` does not name.

    `carried` has paths such as `seller.name` and `lines[].quantity`; a path covers all that stands below it. A list of
    which nothing is carried is one finding. What stands at a field's default is not told.
    """
    above = frozenset(
        path[:at] for path in carried for at in range(len(path)) if path[at] == "." or path[at : at + 2] == "[]"
    )
    return tuple(
        Finding(rule=rule, message="the target has no place for it", place=place, found=found, severity="warning")
        for place, found in _walk(document, "", "", carried, above)
    )


def left_out(document: BaseModel, carried: frozenset[str], extras: Iterable[str], fit: Fitting) -> tuple[Finding, ...]:
    """What a writer changes or loses as it tells (`fit`), and every other field that `carried` does not name. `extras`
    are beginnings of names of what only its format has (`extras.ksef.KRS`) and writes again. Where a writer speaks of
    fields together, those without content are not told."""
    own = {each.place for each in fit.changes}
    again = tuple(f"extras.{fit.name}.{name}" for name in extras)
    walked = uncarried(document, carried, f"{fit.name}-loss")
    changes = tuple(_with_found(document, fit.changes))
    return (*(each for each in walked if each.place not in own and not each.place.startswith(again)), *changes)


def _with_found(document: BaseModel, changes: Iterable[Finding]) -> Iterator[Finding]:
    for each in changes:
        value, part = standing(document, each.place)
        if value not in (None, "", ()):
            yield each.model_copy(update={"found": shown(value, part)})
        elif each.place.startswith(_OPTIONS):
            yield each


def told(
    document: BaseModel, places: Iterable[tuple[str, str]], name: str, altered: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Losses that no walk finds, each with its reason; those at the places `altered` are carried otherwise."""
    for place, why in places:
        rule = f"{name}-{'altered' if place in altered else 'loss'}"
        found = shown(*standing(document, place))
        yield Finding(rule=rule, message=why, place=place, found=found, severity="warning")


def halves(document: Invoice) -> Iterator[tuple[str, str]]:
    """Fields of an invoice that say nothing without another one: UBL and CII have a place for both only."""
    payment = document.payment
    if payment and payment.card_holder and not payment.card_account:
        yield "payment.card_holder", "a card holder without the card's number"
    if document.totals.tax_amount_accounting is not None and not document.accounting_currency:
        yield "totals.tax_amount_accounting", "an amount in an accounting currency that is not given"
    for index, attachment in enumerate(document.attachments):
        for name in ("media_type", "file_name"):
            if getattr(attachment, name) and not attachment.content_base64:
                yield f"attachments[{index}].{name}", "only an embedded document has it"
    for number, line in enumerate(document.lines):
        if line.base_quantity_unit and line.base_quantity is None:
            yield f"lines[{number}].base_quantity_unit", "a unit without its base quantity"


def _walk(
    part: BaseModel, place: str, pattern: str, carried: frozenset[str], above: frozenset[str]
) -> Iterator[tuple[str, str | None]]:
    fields = type(part).model_fields
    for name, value in part.__dict__.items():
        if value is None or value in ("", (), {}) or name in _SELF:
            continue
        here, like = (f"{place}.{name}", f"{pattern}.{name}") if place else (name, name)
        if like in carried or value == fields[name].default:
            continue
        if isinstance(value, dict):
            yield from ((f"{here}.{key}", said) for key, said in value.items())
        elif isinstance(value, Identifier) and like not in above:
            yield here, shown(value, part)
        elif isinstance(value, BaseModel):
            yield from _walk(value, here, like, carried, above)
        elif isinstance(value, tuple):
            if like not in above:
                yield here, shown(value, part)
                continue
            for index, each in enumerate(value):
                if isinstance(each, BaseModel):
                    yield from _walk(each, f"{here}[{index}]", f"{like}[]", carried, above)
        else:
            yield here, shown(value, part)
