"""A workbook as a sample: the first of its sheets that a profile can be proposed for."""

from __future__ import annotations

from io import BytesIO
from itertools import islice
from typing import Any

from schemas.errors import EntregaError, Finding
from schemas.tables import XlsxMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.table.rows import Row
from stages.formats.suggesting import table
from stages.formats.suggesting.contents import Typed
from stages.formats.suggesting.proposal import Proposal
from stages.formats.xlsx.reader import Book, SheetRows

_ROWS = 2000


class _Cells(SheetRows):
    """Rows whose numbers and days are `Typed`. `formulas`: is there one?"""

    formulas = False

    def _cell(self, cell: Any, stored: Any, row: int) -> tuple[str, Finding | None]:
        self.formulas = self.formulas or cell.data_type == "f"
        return super()._cell(cell, stored, row)

    def _text(self, value: Any, cell: Any, refused: Any) -> tuple[str, Finding | None]:
        text, wrong = super()._text(value, cell, refused)
        return (text if isinstance(value, str) else Typed(text)), wrong


def propose(data: bytes) -> Proposal:
    """Raises ValueError, saying why, where no sheet has columns that tell one document from the next."""
    try:
        book = Book(BytesIO(data))
        names = book.sheet(None, values=False).parent.sheetnames
        said: list[str] = []
        for name in names:
            try:
                return _of_sheet(book, name, first=name == names[0], alone=len(names) == 1)
            except ValueError as error:
                said.append(f"sheet {name!r}: {error}")
    except Unfit as unfit:
        raise ValueError(unfit.findings[0].message) from None
    except EntregaError as error:
        raise ValueError(error.findings[0].message if error.findings else error.text) from None
    raise ValueError("; ".join(said)[:1000])


def _of_sheet(book: Book, name: str, *, first: bool, alone: bool) -> Proposal:
    anything = XlsxMapping.model_validate(
        {"formulas": "cached", "key": ["number"], "document": {"invoice_number": "number"}, "line": {}}
    )
    cells = _Cells(book, anything, name, None)
    rows = list(islice(cells, _ROWS))
    if not rows:
        raise ValueError("it is empty")
    width = max(len(row.cells) for row in rows)
    padded = [Row(row.cells + [""] * (width - len(row.cells)), row.line, row.start) for row in rows]
    settings: dict[str, Any] = {} if first else {"sheet": name}
    if cells.formulas:
        settings["formulas"] = "cached"
    proposal = table.propose(padded, "xlsx", settings)
    if not alone and not first:
        proposal.unsure["sheet"] = "the first sheet that has columns with names"
    if cells.formulas:
        proposal.unsure["formulas"] = "some cells are computed; the values that Excel stored with them are taken"
    return proposal


def rows(data: bytes, mapping: XlsxMapping) -> list[Row]:
    """The rows as that mapping reads them. Raises Unfit."""
    return list(islice(SheetRows(Book(BytesIO(data)), mapping, mapping.sheet, None), _ROWS))
