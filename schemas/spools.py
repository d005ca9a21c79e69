"""How the printed pages of a spool become documents: that part of an extraction profile.

    spool:
      begins: 'INVOICE +No'                   # a page with this text begins a document; pages without it go on with it
      fields:
        number: {pattern: 'Invoice No[.:] *(\\S+)'}
        total: {pattern: 'Total +([0-9.,]+)', page: last}
        customer: {zone: {left: 110, top: 45, right: 200, bottom: 70}}
      table:
        begins: 'Item +Quantity'              # the line above the first row, on every page
        ends: 'Carried forward|Total'         # the line below the last one
        columns: {item: [15, 90], quantity: [90, 120], price: [120, 150]}
        first: quantity                       # a line with something in this column begins a row; others continue it
      document: {invoice_number: number, buyer.name: customer, totals.tax_inclusive: total}
      line: {name: item, quantity: quantity, net_price: price}

Places are millimetres from the left and upper edge in a PDF, characters and lines (both from 1) in a text.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from schemas.tables import Columns, CreditNotes, Encoding, Setting, TableMapping


def _compiles(value: str | None, *, groups: int) -> str | None:
    if value is not None:
        try:
            found = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if found > groups:
            raise ValueError(f"at most {groups} group{'s' if groups != 1 else ''}")
    return value


class Zone(Setting):
    """A rectangle of a page."""

    left: float = Field(ge=0)
    top: float = Field(ge=0)
    right: float
    bottom: float

    @model_validator(mode="after")
    def _has_an_inside(self) -> Zone:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError("right must be more than left, bottom more than top")
        return self


class SpoolField(Setting):
    """A value on a document's pages: by a pattern, in a zone, or by a pattern in a zone."""

    pattern: str | None = Field(None, description="regular expression that is looked for; its group is the value")
    zone: Zone | None = None
    page: Literal["any", "first", "last"] = Field("any", description="of the document; a zone alone is on the first")

    @field_validator("pattern")
    @classmethod
    def _is_one(cls, value: str | None) -> str | None:
        return _compiles(value, groups=1)

    @model_validator(mode="after")
    def _somewhere(self) -> SpoolField:
        if self.pattern is None and self.zone is None:
            raise ValueError("a `pattern` or a `zone` is needed")
        return self


class SpoolTable(Setting):
    """Where the lines of the document are."""

    begins: str = Field(description="regular expression of the line above the first row, on every page with rows")
    ends: str | None = Field(None, description="of the line below the last row; none: the page's end")
    columns: dict[str, tuple[float, float]] = Field(min_length=1, description="name -> from and to")
    first: str = Field(description="a line with something in this column begins a row; others continue the row above")
    skip: str | None = Field(None, description="lines that match this are no rows")

    @field_validator("begins", "ends", "skip")
    @classmethod
    def _are_ones(cls, value: str | None) -> str | None:
        return _compiles(value, groups=99)

    @model_validator(mode="after")
    def _consistent(self) -> SpoolTable:
        if self.first not in self.columns:
            raise ValueError(f"first: there is no column {self.first!r}")
        for name, (start, end) in self.columns.items():
            if end <= start:
                raise ValueError(f"columns.{name}: `to` must be more than `from`")
        return self


class SpoolMapping(Setting):
    """How the pages of a print spool, a PDF or a text, become documents."""

    kind: str = "invoice"
    begins: str = Field(description="regular expression: a page with this text begins a document")
    encoding: Encoding = Field("utf-8", description="of a text")
    page_lines: int | None = Field(None, ge=1, le=1000, description="lines of a page, in a text without form feeds")
    fields: dict[str, SpoolField] = Field(min_length=1)
    table: SpoolTable
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    trailing_minus: bool = False
    dates: tuple[str, ...] = Field(("%Y-%m-%d",), min_length=1, description="strptime patterns, tried in order")
    document: Columns
    line: Columns
    credit_notes: CreditNotes = CreditNotes()

    @field_validator("begins")
    @classmethod
    def _is_one(cls, value: str) -> str:
        return _compiles(value, groups=99) or ""

    @model_validator(mode="after")
    def _consistent(self) -> SpoolMapping:
        for part, columns, names in (("document", self.document, self.fields), ("line", self.line, self.table.columns)):
            for path, column in columns.items():
                if column.column not in names:
                    raise ValueError(f"{part}.{path}: there is no {column.column!r} among {', '.join(names)}")
        self.as_table()
        return self

    def as_table(self) -> TableMapping:
        """The same as a table: what is found becomes cells, which are mapped as those of a CSV are."""
        shared: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("kind", "decimal", "thousands", "trailing_minus", "dates", "document", "line", "credit_notes")
        }
        return _Found(layout="rows", key=tuple(self.fields)[:1], columns=tuple(self.fields), **shared)


class _Found(TableMapping):
    word: ClassVar[str] = "spool"
