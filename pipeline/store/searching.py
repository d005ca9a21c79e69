"""What people type to look for documents: words alone, and fields with values, `state:parked buyer:"Casa Verde"`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipeline.topology import BY_NAME
from schemas.canonical import MODELS
from schemas.errors import ConfigurationError

ENDS = frozenset(
    {"parked", "refused", "duplicate", "superseded", "captured", "accepted", "delivered", "undeliverable", "discarded"}
)
"""States in which a document has reached its end: it is settled or parked."""

FIELDS = {
    "number": "d.number = %s",
    "state": "d.state = %s",
    "stage": "d.stage = %s",
    "type": "d.document_type = %s",
    "reason": "d.reason = %s",
    "tenant": "d.tenant = %s",
    "export": "(e.export_id::text = %s OR e.name = %s)",
    "buyer": "d.buyer_name ILIKE %s",
    "seller": "d.seller_name ILIKE %s",
    "currency": "d.currency = %s",
    "from": "d.created_at >= %s",
    "to": "d.created_at < %s",
}
"""The words of a query, `word:value`; anything else is searched in number, buyer and seller."""

VALUES: dict[str, tuple[str, ...]] = {
    "state": ("moving", "waiting", *sorted(ENDS)),
    "stage": tuple(BY_NAME),
    "type": tuple(sorted({*MODELS, "credit-note", "unknown"})),
}
"""What may stand behind some of those words."""

_WORD = re.compile(r"""([A-Za-z]+:)?("[^"]*"|'[^']*')(?!\S)|\S+""")
_OPENED = re.compile(r'([A-Za-z]+:)?"')
_QUOTED = re.compile(r"""(?:^|[\s:])["']""")
_NEXT_FIELD = re.compile(rf"\s(?:{'|'.join(FIELDS)}):")


def parse_query(text: str) -> list[tuple[str, str]]:
    """Pairs of field and value; words alone under `text`. Quotation marks, double or single, around a value or the
    whole word keep blanks; elsewhere they are letters (O'Neill). Raises ConfigurationError."""
    return [_pair(match) for match in _WORD.finditer(text)]


def _pair(match: re.Match[str]) -> tuple[str, str]:
    quoted = match[2] is not None
    if not quoted and _OPENED.match(match[0]):
        raise ConfigurationError(f'the query cannot be read: the " in {match[0]} has no second one')
    word = (match[1] or "") + match[2][1:-1] if quoted else match[0]
    name, colon, value = word.partition(":")
    if colon and name in FIELDS:
        if value not in VALUES.get(name, (value,)):
            raise ConfigurationError(f"there is no {name} {value!r}; there are {', '.join(VALUES[name])}")
        return name, value
    if colon and name.isalpha() and value and (match[1] or not quoted):
        raise ConfigurationError(f"{name} is no field of a query; there are {', '.join(FIELDS)}")
    return "text", word


def typed(arguments: Iterable[str]) -> str:
    """The query that somebody gave as arguments of a shell: whole in one of them, or a word each, from which the shell
    took the quotation marks.

    >>> typed(["buyer:A Rolha", "state:parked"]) == typed(['buyer:"A Rolha" state:parked'])
    True
    """
    return " ".join(_argument(each) for each in arguments)


def _argument(text: str) -> str:
    name, colon, value = text.partition(":")
    field = f"{name}:" if colon and name in FIELDS else ""
    if _QUOTED.search(text) or _NEXT_FIELD.search(text) or name in VALUES or not re.search(r"\s", text):
        return text
    return f'{field}"{value if field else text}"'
