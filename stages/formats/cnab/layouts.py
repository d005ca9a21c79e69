"""Where the fields of return files stand, for each width and bank: `name:first-last`, counted from 1 as the manuals do.

Width 240 is FEBRABAN's standard, from which two banks differ in segment T; width 400 is each bank's own.

Source: FEBRABAN, Layout Padrão CNAB 240 v10; manuals for return files of Banco do Brasil, Bradesco, Caixa, Itaú,
Santander and Sicredi
"""

from __future__ import annotations

from dataclasses import dataclass, field

Fields = dict[str, tuple[int, int]]


def _fields(text: str) -> Fields:
    found = {}
    for word in text.split():
        name, _, places = word.partition(":")
        first, _, last = places.partition("-")
        found[name] = (int(first) - 1, int(last or first))
    return found


HEADER_240 = _fields(
    "bank:1-3 company_id:19-32 company:73-102 bank_name:103-132 direction:143 date:144-151 sequence:158-163"
)
TRAILER_240 = _fields("records:24-29")
_T = """
occurrence:16-17 our_number:38-57 document_number:59-73 due_date:74-81 amount:82-96 payer:149-188 fee:199-213
reasons:214-223"""
_T_CAIXA = """
occurrence:16-17 our_number:40-56 document_number:59-69 due_date:74-81 amount:82-96 payer:149-188 fee:199-213
reasons:214-223"""
_T_SANTANDER = """
occurrence:16-17 our_number:41-53 document_number:55-69 due_date:70-77 amount:78-92 payer:144-183 fee:194-208
reasons:209-218"""
SEGMENT_T = {"": _fields(_T), "104": _fields(_T_CAIXA), "033": _fields(_T_SANTANDER)}
"""By bank; the standard's where a bank has none of its own."""
SEGMENT_U = _fields("""
interest:18-32 discount:33-47 abatement:48-62 iof:63-77 paid_amount:78-92 net_amount:93-107 other_expenses:108-122
other_credits:123-137 occurred:138-145 credited:146-153""")


@dataclass(frozen=True)
class Bank400:
    """How a bank fills 400 characters. `types` are the records of titles; others that it knows are passed over."""

    detail: Fields
    types: frozenset[str] = frozenset({"1"})
    sequence: tuple[int, int] | None = None
    """The file's own number, in the header."""
    credited: str = "%d%m%y"
    reason: int = 2
    """Characters of one reason code."""
    known: frozenset[str] = field(default_factory=frozenset)


_SHARED = """
occurrence:109-110 occurred:111-116 document_number:117-126 due_date:147-152 amount:153-165 iof:215-227
abatement:228-240 discount:241-253 paid_amount:254-266 interest:267-279 other_credits:280-292"""
HEADER_400 = _fields("direction:2 operation:3-9 company_id:27-46 company:47-76 bank:77-79 bank_name:80-94 date:95-102")
SEQUENCE_400 = (394, 400)
"""Every record's number in the file."""
BANKS_400 = {
    "001": Bank400(
        _fields(_SHARED + " our_number:64-80 credited:176-181 fee:182-188 other_expenses:189-201"),
        types=frozenset({"7"}), sequence=(100, 107), known=frozenset({"5"}),
    ),
    "033": Bank400(
        _fields(_SHARED + " our_number:63-70 fee:176-188 credited:296-301 payer:302-337 reasons:137-145"),
        reason=3, known=frozenset({"2"}),
    ),
    "237": Bank400(
        _fields(_SHARED + " our_number:71-82 fee:176-188 other_expenses:189-201 credited:296-301 reasons:319-328"),
        sequence=(108, 113), known=frozenset({"3", "4"}),
    ),
    "341": Bank400(
        _fields(_SHARED + " our_number:86-94 fee:176-188 credited:296-301 payer:325-354 reasons:378-385"),
        sequence=(108, 113), known=frozenset({"4"}),
    ),
    "748": Bank400(
        _fields(_SHARED + " our_number:48-62 fee:176-188 credited:329-336 reasons:319-328"),
        sequence=(110, 117), credited="%Y%m%d",
    ),
}  # fmt: skip
"""By the bank's number in the header."""

OCCURRENCES = {
    "02": "Entrada confirmada",
    "03": "Entrada rejeitada",
    "06": "Liquidação",
    "09": "Baixa",
    "12": "Abatimento concedido",
    "13": "Abatimento cancelado",
    "14": "Vencimento alterado",
}
"""What every bank means by these codes; other codes differ from bank to bank, and have no text here."""
