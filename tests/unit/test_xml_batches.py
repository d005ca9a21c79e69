"""Roots that hold several documents are read in steps of any size, and each step's cursor goes on where it ended."""

from __future__ import annotations

import io

import pytest
from test_facturae import TARGET, invoice

from stages.formats import registry
from stages.formats.reading.records import Budget, Cursor, Source


def batch(*numbers: str) -> str:
    """A Facturae with so many invoices."""
    xml = TARGET.write(invoice(), {}).decode().partition("?>\n")[2]
    start, end = xml.index("<Invoice>"), xml.index("</Invoices>")
    each = xml[start:end]
    count = f"<InvoicesCount>{len(numbers)}<"
    body = "".join(each.replace("A-17", number) for number in numbers)
    return (xml[:start] + body + xml[end:]).replace("<InvoicesCount>1<", count)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_steps_of_any_size_find_the_same(limit: int) -> None:
    """Three batches of two, one and three invoices: the same addresses and numbers, whatever a step may do."""
    text = f"<all>{batch('1', '2')}{batch('3')}{batch('4', '5', '6')}</all>"
    reader = next(each.read for each in registry.formats() if each.name == "facturae")
    assert reader is not None
    found: list[tuple[str, str]] = []
    cursor: Cursor | None = None
    for _ in range(10):
        source = Source(io.BytesIO(text.encode()), "x.xml")
        records, cursor = reader(source, None, cursor, Budget(limit, 60, lambda: 0.0))
        assert len(records) <= limit
        found += [(each.address, each.document.number if each.document else "") for each in records]
        if cursor is None:
            break
    assert found == [
        ("invoice[1]", "1"), ("invoice[2]", "2"), ("batch[2] invoice[1]", "3"), ("batch[3] invoice[1]", "4"),
        ("batch[3] invoice[2]", "5"), ("batch[3] invoice[3]", "6"),
    ]  # fmt: skip
