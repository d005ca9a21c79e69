"""CNAB return files: entries by each bank's layout; damage refuses one title; remessas and wrong counts are told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from reading_samples import everything, refusal, rules

from schemas.payments import CollectionReport
from schemas.profiles import load_profile
from stages.formats.cnab.layouts import BANKS_400, HEADER_240, HEADER_400, SEGMENT_T, SEGMENT_U, SEQUENCE_400, Fields

ACCEPT = load_profile("name: x\ncounts: accept")


def put(width: int, fields: Fields, **values: str) -> str:
    """A record with values at their places."""
    text = [" "] * width
    for name, value in values.items():
        start, end = fields[name]
        text[start:end] = value.rjust(end - start, "0") if value.isdigit() else value.ljust(end - start)
    return "".join(text)


def record(kind: str, rest: str, *, segment: str = " ") -> str:
    return "001" + "0001" + kind + "00001" + segment + rest[14:]


def file_240(*titles: str, bank: str = "001", direction: str = "2", count: int | None = None) -> str:
    head = put(240, HEADER_240, bank=bank, company="LOJA LTDA", company_id="2659953000176", bank_name="BANCO",
               direction=direction, date="02112026", sequence="7")  # fmt: skip
    lines = [bank + "00000" + head[8:], *titles]
    end = f"{bank}99999".ljust(23) + f"{count or len(lines) + 1:06}".ljust(0)
    return "".join(f"{line}\r\n" for line in [*lines, end.ljust(29)])


def title(
    number: str, *, bank: str = "001", due: str = "15112026", amount: str = "12345", paid: str = "12000"
) -> list[str]:
    layout = SEGMENT_T.get(bank, SEGMENT_T[""])
    first = put(240, layout, occurrence="06", our_number="99", document_number=number, due_date=due, amount=amount,
                payer="ANA", fee="150", reasons="0400000000")  # fmt: skip
    second = put(
        240, SEGMENT_U, interest="0", discount="345", paid_amount=paid, occurred="03112026", credited="04112026"
    )
    return [record("3", first, segment="T"), record("3", second, segment="U")]


@pytest.mark.parametrize("bank", ["001", "104", "033"])
def test_width_240(bank: str) -> None:
    """Segments T and U of a title are one entry, at the places of its bank's layout."""
    (read,) = everything(file_240(*title("F-1", bank=bank), *title("F-2", bank=bank), bank=bank))
    report = read.document
    assert isinstance(report, CollectionReport)
    assert (report.number, report.issue_date, report.company.name) == (
        f"{bank}-20261102-7",
        date(2026, 11, 2),
        "LOJA LTDA",
    )
    assert [e.document_number for e in report.entries] == ["F-1", "F-2"]
    entry = report.entries[0]
    assert (entry.occurrence, entry.occurrence_text, entry.payer, entry.reasons) == ("06", "Liquidação", "ANA", ("04",))
    assert (entry.amount, entry.paid_amount, entry.discount, entry.fee, entry.interest) == (
        Decimal("123.45"), Decimal("120.00"), Decimal("3.45"), Decimal("1.50"), None,
    )  # fmt: skip
    assert (entry.due_date, entry.credited) == (date(2026, 11, 15), date(2026, 11, 4))


@pytest.mark.parametrize("bank", BANKS_400)
def test_width_400(bank: str) -> None:
    """One record a title, at the places of its bank's layout; every record is numbered."""
    layout = BANKS_400[bank]
    head = put(400, HEADER_400, company="LOJA", bank=bank, bank_name="BANCO", date="021126  ")
    day = {"%d%m%y": "041126", "%Y%m%d": "20261104"}[layout.credited]
    detail = put(400, layout.detail, occurrence="06", occurred="031126", our_number="77", document_number="F-1",
                 due_date="151126", amount="12345", paid_amount="12345", credited=day)  # fmt: skip
    lines = ["02RETORNO01COBRANCA".ljust(26) + head[26:], min(layout.types) + detail[1:], "9".ljust(400)]
    text = "".join(line[: SEQUENCE_400[0]] + f"{n:06}\r\n" for n, line in enumerate(lines, start=1))
    (read,) = everything(text)
    report = read.document
    assert isinstance(report, CollectionReport)
    assert (report.bank, report.company.name, report.issue_date) == (bank, "LOJA", date(2026, 11, 2))
    (entry,) = report.entries
    assert (entry.document_number, entry.amount, entry.credited) == ("F-1", Decimal("123.45"), date(2026, 11, 4))
    wrong = text.replace("000002\r\n", "000009\r\n")
    assert rules(everything(wrong)[0]) == ["cnab-count"]
    assert [w.rule for w in everything(wrong, ACCEPT)[0].warnings] == ["cnab-count"]


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda t, u: [t[:100] + t[107:] + "   ", u], "cnab-width"),
        (lambda t, u: [t, u + "x"], "cnab-width"),
        (lambda t, _u: [t], "cnab-segment"),
        (lambda _t, u: [u], "cnab-segment"),
        (lambda t, u: [t.replace("15112026", "15132026"), u], "cnab-date"),
        (lambda t, u: [t.replace("000000000012345", "00000000001234X"), u], "cnab-number"),
    ],
)
def test_damage_refuses_its_title_only(damage, rule: str) -> None:  # type: ignore[no-untyped-def]
    """A damaged line is one refused record; the report has the other titles."""
    text = file_240(*title("F-1"), *damage(*title("F-2")), *title("F-3"))
    report, refused = everything(text)
    assert isinstance(report.document, CollectionReport)
    assert [e.document_number for e in report.document.entries] == ["F-1", "F-3"]
    assert (rules(refused), refused.address) == ([rule], "line 4")


def test_blanks_at_the_end_are_no_damage() -> None:
    """Lines whose blanks were cut, or that have more of them, are whole."""
    lines = file_240(*title("F-1")).split("\r\n")
    for changed in ([line.rstrip() for line in lines], [line + " " * 70 if line else line for line in lines]):
        (read,) = everything("\n".join(changed))
        assert read.document is not None


def test_a_remessa_and_wrong_counts() -> None:
    """What goes to the bank is refused by name; a wrong count or a missing end as the profile says."""
    assert rules(everything(file_240(direction="1"))[0]) == ["cnab-remessa"]
    wrong = file_240(*title("F-1"), count=9)
    (refused,) = everything(wrong)
    assert (rules(refused), refusal(refused).found, refusal(refused).expected) == (["cnab-count"], "000009", "4")
    assert everything(wrong, ACCEPT)[0].document is not None
    cut = "\r\n".join(file_240(*title("F-1")).split("\r\n")[:3])
    assert rules(everything(cut)[0]) == ["cnab-count"]


def test_an_amount_aside_that_is_none_refuses_its_title_only() -> None:
    """What the report has no field for is read as strictly: one title is refused, the others stay."""
    first, second = title("F-2")
    start, end = SEGMENT_U["net_amount"]
    report, refused = everything(
        file_240(*title("F-1"), first, second[:start] + "1,5".rjust(end - start) + second[end:])
    )
    assert isinstance(report.document, CollectionReport)
    assert len(report.document.entries) == 1
    assert rules(refused) == ["cnab-number"]
