"""REMADV: which documents a payment settles.

Source: UN/EDIFACT REMADV D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.payments import RemittanceAdvice
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import NOTES

_DOCUMENT = (
    Row("MOA+12|11|60:{amount_paid|number}"),
    Row("MOA+9|77|39:{amount_due|number}"),
    Row("MOA+52:{discount|number}"),
    Row("MOA+165|8:{adjustment|number}"),
    Row("DTM+137|171|3:{document_date|day}"),
    Row("AJT+{_adjustment}", rows=(Row("MOA+165|8|52|12:{_adjusted|number}"), Row("FTX+=AAI+++{adjustment_reason|5}"))),
)
ROWS = (
    Row("BGM+=481+{number}+{_function=9}"),
    Row("DTM+137:{issue_date|day}"),
    Row("DTM+138|202|209:{payment_date|day}"),
    Row("RFF+PQ|AEK|RA:{payment_reference}"),
    Row("FII+OR|PB+{payer_account}"),
    Row("FII+BF|BE|RB+{payee_account}"),
    Row("PAI+::{payment_means|means}"),
    NOTES,
    parties.party("PR|BY|OR|PL", "payer"),
    parties.party("PE|SU|SE|BE", "payee"),
    Row("CUX+2:{currency}"),
    Row("CUX+1:{_currency}"),
    Row("DOC+{document_type}+{document_number}", into="lines[]", rows=_DOCUMENT),
    Row("UNS+S"),
    Row("MOA+12|11|60|139:{total_paid|number}"),
)


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    items.fallback(data, "currency", "_currency", walk)
    for line in data.get("lines", ()):
        walk.unused(line, "_adjustment")
        items.fallback(line, "adjustment", "_adjusted", walk)


def write_shape(data: Data, _release: str) -> None:
    parties.write(data)


MESSAGE = Message("REMADV", RemittanceAdvice, ROWS, read_shape, write_shape, items.WORDS, COPIES)
