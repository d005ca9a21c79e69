"""What a message does not carry of a document: the written message is read back, and whatever is missing or another is
named. So nothing is forgotten that a table of losses would forget."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from schemas.documents import Address, Contact, DeliveryHints, Party
from schemas.errors import DocumentInvalid, Finding
from stages.formats.edifact import reader, writer
from stages.formats.edifact.characters import CODECS
from stages.formats.edifact.interchange import messages, opened
from stages.formats.reading.completing import Unfit

_PERSONAL = (Address, Contact, DeliveryHints, Party)
"""What stands here is not repeated: a finding may be shown where personal data may not."""
_GONE, _OTHER = "the message has no place for it", "written otherwise, as far as the message can say it"


def losses(document: BaseModel, release: str, options: Mapping[str, str], rule: str) -> tuple[Finding, ...]:
    """One finding for each field that is not the same after writing and reading; none where the document cannot be
    written at all, which `write` says."""
    try:
        data = writer.write(document, release, options)
    except DocumentInvalid:
        return ()
    text = data.decode(CODECS[options.get("charset", "UNOC")]).encode()
    file = io.BytesIO(text)
    found = opened(file, 0, 0, 1)
    assert found is not None, "a message was written"
    found.charset = "UNOW"
    day, number = getattr(document, "issue_date", None), str(getattr(document, "number", ""))
    found.header = [["UNB"], ["UNOW"], [""], [""], [f"{day:%Y%m%d}" if day else ""], [number]]  # what CONTRL lacks
    (given,) = messages(file, found, found.body, found.before)
    try:
        again = reader.document(given)
    except Unfit as unfit:
        return tuple(
            Finding(rule=rule, message=f"not to be read back: {each.message}", place=each.place, severity="warning")
            for each in unfit.findings
        )
    return tuple(
        Finding(rule=rule, message=message, place=place, found=told, severity="warning")
        for place, message, told in _differences(document, again, "")
    )


def _differences(before: BaseModel, after: BaseModel, path: str) -> Iterator[tuple[str, str, str | None]]:
    for name, value in before.__dict__.items():
        here = f"{path}.{name}" if path else name
        other = getattr(after, name)
        if value == other or value in (None, "", (), {}) or (other is None and _empty(value)):
            continue
        if isinstance(value, dict):
            yield from ((f"{here}.{key}", _GONE, said) for key, said in value.items())
        elif isinstance(value, BaseModel):
            if other is None:
                yield here, _GONE, None
            else:
                yield from _differences(value, other, here)
        elif isinstance(value, tuple):
            yield from _of_rows(value, other or (), before, here)
        else:
            yield here, _GONE if other in (None, "") else _OTHER, _told(value, before)


def _of_rows(
    value: tuple[object, ...], other: tuple[object, ...], part: BaseModel, here: str
) -> Iterator[tuple[str, str, str | None]]:
    for index, each in enumerate(value):
        place = f"{here}[{index}]"
        if index >= len(other):
            yield place, _GONE, _told(each, part)
        elif isinstance(each, BaseModel):
            again = other[index]
            assert isinstance(again, BaseModel), "both are of one model"
            yield from _differences(each, again, place)
        elif each != other[index]:
            yield place, _OTHER, _told(each, part)
    if len(other) > len(value):
        yield here, _OTHER, None


def _empty(value: object) -> bool:
    return isinstance(value, BaseModel) and value == type(value).model_construct()


def _told(value: object, part: BaseModel) -> str | None:
    if isinstance(part, _PERSONAL) or not isinstance(value, (str, Decimal, date, bool)):
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)[:200]
