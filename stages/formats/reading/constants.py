"""What a profile's constants complete, and what they leave alone because it is of somebody else.

Constants describe one seller, one account, one place. They fill what an export leaves empty of these, and nothing of
another's, for an invoice with another's tax number or account is wrong in law:

- A party that the export names otherwise is another's. Its company tells first (VAT number, legal registration, tax
  registration: the first that both have), then what may be a branch's (endpoint, identifiers, ERP number), then its
  name. A document of another party is refused where it lacks what the constants would have given; with it goes what
  hangs on the party, as the account on the seller. One that lacks nothing is read as it stands.
- A branch, the same company by its number under another endpoint or GLN, gets what is the company's.
- An address, a contact and a place of delivery with one field that differs, and another way to pay, are the export's
  own and stay as they are: they are whole without the constants.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from pydantic import BaseModel

from schemas.documents import Address, Contact, Delivery, Party, Payment
from schemas.errors import Finding
from schemas.fields import Path, fields_of, label_of
from stages.formats.reading.records import refuse

Group = Mapping[str, Any]

EMPTY: tuple[Any, ...] = (None, "", (), [], {})
NAMES = ("name", "trading_name")
COMPANY = ("vat_identifier", "legal_registration", "tax_registration")
PLACE = ("endpoint", "identifiers", "erp_id")
OF_THE_COMPANY = frozenset({"name", *COMPANY, "legal_information"})
"""What a branch has of its company."""
HANGING_ON = {"seller": ("payment", "payee", "tax_representative"), "payee": ("payment",)}
"""Party -> what the constants say of it elsewhere."""
ACCOUNTS = frozenset({"credit_transfers", "creditor_identifier"})
"""Fields of a payment that are of whom it is paid to."""
_WAYS = {
    **dict.fromkeys(("30", "31", "42", "58", "credit_transfers"), "transfer"),
    **dict.fromkeys(("49", "59", "mandate", "creditor_identifier", "debited_account"), "debit"),
    **dict.fromkeys(("48", "54", "55", "card_account", "card_holder"), "card"),
    **dict.fromkeys(("1", "ZZZ"), None),
}
"""Means of payment (BT-81, UNTDID 4461), or a field that only one of them has -> the way; 1 and ZZZ say none."""


class _Gap(NamedTuple):
    """A constant for which the document has nothing."""

    path: Path
    value: Any


class _Stated(NamedTuple):
    """A value, where it stands below its field, and the scheme that it is of."""

    at: Path
    scheme: str
    text: str


class _Difference(NamedTuple):
    """Where below a party the export says something else than the constants, and what both say."""

    at: Path
    found: str
    expected: str


def fill(
    data: dict[str, Any], constants: Group, model: type[BaseModel], locate: Callable[[Path], str]
) -> list[Finding]:
    """Put constants where the document has nothing; `line` goes to each line. What would be of another party is not
    put, and is a finding."""
    gaps = list(_gaps(data, constants, model, ()))
    findings = []
    for role, other in _others(data, constants, model):
        withheld = [gap for gap in gaps if _is_of(role, gap)]
        if withheld:
            gaps = [gap for gap in gaps if not _is_of(role, gap)]
            findings.append(_finding(role, other, withheld, model, locate))
    for path, value in gaps:
        _put(data, path, value)
    return findings


def _gaps(data: Group, constants: Group, model: type[BaseModel] | None, path: Path) -> Iterator[_Gap]:
    kinds = fields_of(model) if model else {}
    for key, value in constants.items():
        said = data.get(key)
        if key == "line" and not path:
            for index, line in enumerate(lines_of(data)):
                if isinstance(line, dict):
                    yield from _gaps(line, value, kinds["lines"].part, ("lines", index))
        elif isinstance(value, Mapping):
            part = kinds[key].part if key in kinds else None
            if said in EMPTY:
                yield from _gaps({}, value, part, (*path, key))
            elif isinstance(said, dict):
                yield from _gaps(said, _completing(said, value, part), part, (*path, key))
        elif said in EMPTY:
            yield _Gap((*path, key), value)


def lines_of(data: Group) -> Sequence[Any]:
    """What the export has for lines; none where that is no list, which the document's model refuses."""
    lines = data.get("lines")
    return lines if isinstance(lines, (list, tuple)) else ()


def _put(data: dict[str, Any], path: Path, value: Any) -> None:
    """The groups on the way are made where they are not there. A copy: what is read of a document is changed."""
    at: Any = data
    for step in path[:-1]:
        if not isinstance(step, int) and at.get(step) in EMPTY:
            at[step] = {}
        at = at[step]
    at[path[-1]] = value if isinstance(value, str) else deepcopy(value)


def _completing(said: Group, constants: Group, model: type[BaseModel] | None) -> Group:
    """What of the constants may complete this group. Of another party it is told where the whole document is seen."""
    if model is Party and _company(said, constants) and _differing(said, constants, PLACE):
        return {key: value for key, value in constants.items() if key in OF_THE_COMPANY}
    if model is Payment:
        ways = {_way(said), _way(constants)} - {None}
        return {} if len(ways) > 1 else constants
    if model in (Address, Contact, Delivery) and any(_agree(said, constants, key) is False for key in constants):
        return {}
    return constants


def _way(payment: Group) -> str | None:
    """How is paid, by the code or else by what stands there; None where nothing tells."""
    code = payment.get("means_code")
    if isinstance(code, str) and code:
        return _WAYS.get(code, code)
    return next((way for key, way in _WAYS.items() if payment.get(key) not in EMPTY), None)


def _others(data: Group, constants: Group, model: type[BaseModel]) -> Iterator[tuple[str, _Difference]]:
    """The parties that are others than the constants'. A payee of the export's own is held against the seller, whose
    account the constants have."""
    for role, kind in fields_of(model).items():
        said, meant = data.get(role), constants.get(role)
        if role == "payee" and meant is None:
            meant = constants.get("seller") or data.get("seller")
        if kind.part is not Party or not isinstance(said, dict) or not isinstance(meant, dict):
            continue
        if other := _another(said, meant):
            yield role, other


def _is_of(role: str, gap: _Gap) -> bool:
    """Whether a constant is this party's: its own field, or one that hangs on it."""
    top = gap.path[0]
    if role == "payee" and top == "payment":
        return gap.path[1] in ACCOUNTS
    return top == role or top in HANGING_ON.get(role, ())


def _another(said: Group, meant: Group) -> _Difference | None:
    """What tells that these are two parties."""
    company = _company(said, meant)
    if company is not None:
        return None if company else _differing(said, meant, COMPANY)
    if elsewhere := _differing(said, meant, PLACE):
        return elsewhere
    if any(_agree(said, meant, each) for each in PLACE):
        return None
    numbers = {_letters(each.text) for field in PLACE for each in _stated(said.get(field))}
    # a number that stands for a name tells nothing of it
    theirs = {key: said[key] for key in NAMES if _letters(said.get(key)) not in ("", *numbers)}
    ours = {key: meant[key] for key in NAMES if _letters(meant.get(key))}
    if (
        not theirs
        or not ours
        or {_letters(each) for each in theirs.values()} & {_letters(each) for each in ours.values()}
    ):
        return None
    key, found = next(iter(theirs.items()))
    return _Difference((key,), found, next(iter(ours.values())))


def _company(said: Group, meant: Group) -> bool | None:
    """Whether both are one company; None where no number tells."""
    return next((agree for each in COMPANY if (agree := _agree(said, meant, each)) is not None), None)


def _differing(said: Group, meant: Group, fields: Iterable[str]) -> _Difference | None:
    """The first of the fields in which both have something, and not the same."""
    for field in fields:
        if _agree(said, meant, field) is False:
            theirs, ours = _pairs(said, meant, field)[0]
            return _Difference((field, *theirs.at), theirs.text, ours.text)
    return None


def _agree(said: Group, meant: Group, field: str) -> bool | None:
    """Whether both say the same; None where they say nothing that can be compared."""
    pairs = _pairs(said, meant, field)
    return any(_same(field, theirs.text, ours.text) for theirs, ours in pairs) if pairs else None


def _pairs(said: Group, meant: Group, field: str) -> list[tuple[_Stated, _Stated]]:
    """Values of one scheme."""
    ours = _stated(meant.get(field))
    return [(each, other) for each in _stated(said.get(field)) for other in ours if each.scheme == other.scheme]


def _same(field: str, one: str, other: str) -> bool:
    """Case, accents, blanks and stops do not count, nor the country before a VAT number that one of them has not."""
    short, long = sorted((_letters(one), _letters(other)), key=len)
    return short == long or (field == "vat_identifier" and long[:2].isalpha() and short == long[2:])


def _stated(value: Any) -> list[_Stated]:
    if isinstance(value, str):
        return [_Stated((), "", value)] if value.strip() else []
    if isinstance(value, dict):
        text, scheme = value.get("value"), value.get("scheme")
        return [_Stated(("value",), str(scheme or ""), text)] if isinstance(text, str) and text.strip() else []
    if isinstance(value, (list, tuple)):
        return [
            _Stated((index, *each.at), each.scheme, each.text)
            for index, one in enumerate(value)
            for each in _stated(one)
        ]
    return []


def _letters(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text.casefold()) if sign.isalnum())


def _finding(
    role: str, other: _Difference, withheld: list[_Gap], model: type[BaseModel], locate: Callable[[Path], str]
) -> Finding:
    path = (role, *other.at)
    more = f" and {len(withheld) - 1} more" if len(withheld) > 1 else ""
    message = (
        f"{label_of(path, model)} is of another party than the profile's constants, which therefore do not give it "
        f"{label_of(withheld[0].path, model)}{more}"
    )
    return refuse("constants-another-party", message, locate(path), other.found, other.expected)
