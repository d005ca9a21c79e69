"""How rows of a table (CSV, XLSX, and what fixed_width.py cuts into cells) become documents: parts of a profile."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from schemas.canonical import MODELS, Document
from schemas.fields import fields_of, kind_at, parse_path


class Setting(BaseModel):
    """A part of a profile: frozen, and a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(Setting):
    """Where a field's value comes from, and what is done to it, in the order of these settings.

    `document: {invoice_number: InvoiceNo}` is short for `{column: InvoiceNo}`. `column` is a name of the header (or of
    `columns`, where the file has no header). An empty cell is no value.
    """

    column: str = Field(description="name of the column, exactly as the header has it")
    pattern: str | None = Field(
        None, description=r"regular expression the whole cell must match; its group is the value"
    )
    map: dict[str, str] | None = Field(None, description="cell -> value; a cell that is not listed is refused")
    otherwise: str | None = Field(None, description="with `map`: the value for cells that are not listed")
    template: str | None = Field(None, description='text around the value, which stands at {}: "Customer {}"')
    default: str | None = Field(None, description="the value of an empty cell")

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                groups = re.compile(value).groups
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
            if groups > 1:
                raise ValueError("at most one group")
        return value

    @field_validator("template")
    @classmethod
    def _has_gap(cls, value: str | None) -> str | None:
        if value is not None and value.count("{}") != 1:
            raise ValueError("must contain {} once, where the value goes")
        return value


class Header(Setting):
    """Where the header row is, in files that begin with something else."""

    find: tuple[str, ...] = Field(min_length=1, description="the header is the first row with all these cells")
    within: int = Field(50, ge=1, le=1000, description="rows to look through")


class RecordTypes(Setting):
    """Layout `records`: one column tells whether a row is a head or a line; lines follow their head."""

    column: int = Field(1, ge=1, description="number of the column with the record type, from 1")
    head: tuple[str, ...] = Field(("H",), description="record types that begin a document")
    line: tuple[str, ...] = ("L",)
    ignore: tuple[str, ...] = Field((), description="record types that are skipped (file header, totals)")
    head_columns: tuple[str, ...] = Field(min_length=1, description="names of a head row's columns, in order")
    line_columns: tuple[str, ...] = Field(min_length=1, description="names of a line row's columns, in order")


class LinesPart(Setting):
    """Layouts `sections` and `files`: where the lines are when they do not stand with their heads."""

    key: tuple[str, ...] = Field(min_length=1, description="columns of the lines that hold the head's `key`")
    header: Header | None = Field(None, description="`sections`: the row with these cells begins the lines")
    file: str | None = Field(
        None, description="`files`: pattern of the other file's name in the archive, `*_lines.csv`"
    )
    sheet: str | None = Field(None, description="`sheets`: the name of the sheet with the lines")


class CreditNotes(Setting):
    """Which documents are credit notes (type 381); their negative quantities and amounts turn positive."""

    number_prefix: str | None = Field(None, description="the document's number begins with this")
    negative_quantity: bool = Field(False, description="every line has a negative quantity")
    column: str | None = Field(None, description="a column of the head ...")
    equals: tuple[str, ...] = Field((), description="... with one of these values")


def _known(value: str) -> str:
    try:
        "".encode(codecs.lookup(value).name)
    except LookupError:
        raise ValueError(f"{value!r} is no known encoding") from None
    return value


Encoding = Annotated[str, AfterValidator(_known)]
"""The name of an encoding for which Python has a codec."""


def _written_out(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: {"column": v} if isinstance(v, str) else v for k, v in value.items()}
    return value


Columns = Annotated[dict[str, Column], BeforeValidator(_written_out)]
"""Field of the document, or of its lines -> column."""


_LINES_APART = {"sections": "header", "files": "file", "sheets": "sheet"}
"""Layouts whose lines do not stand with their heads -> the setting of `lines` that says where."""


class TableMapping(Setting):
    """How the rows of a table become documents. Numbers are strict: nothing is coerced, a stray sign is refused."""

    word: ClassVar[str] = "table"
    """Before the rules' names of this kind of table."""
    kind: str = Field(
        "invoice", description="which canonical document a group of rows is: invoice, order, open-items ..."
    )

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'", "\u00a0", "\u202f"] = Field("", description="empty: none are accepted")
    trailing_minus: bool = Field(False, description="`12.00-` is a negative number")
    dates: tuple[str, ...] = Field(("%Y-%m-%d",), min_length=1, description="strptime patterns, tried in order")
    skip_lines: int = Field(0, ge=0, le=1000, description="lines before anything that is read")
    skip_rows: str | None = Field(None, description="rows whose first cell matches this whole pattern are skipped")
    header: Header | None = Field(None, description="none: the first row is the header, unless `columns` is given")
    columns: tuple[str, ...] = Field((), description="the columns' names, for a file without a header")
    layout: Literal["rows", "records", "sections", "files", "sheets"] = "rows"
    key: tuple[str, ...] = Field((), description="columns that tell one document from the next")
    records: RecordTypes | None = None
    lines: LinesPart | None = None
    document: Columns
    line: Columns
    credit_notes: CreditNotes = CreditNotes()

    @model_validator(mode="after")
    def _consistent(self) -> TableMapping:
        if self.kind not in MODELS or not self.lines_field:
            raise ValueError(f"{self.kind!r} is no kind of document with lines; there are: {', '.join(MODELS)}")
        for path in self.document:
            kind_at(parse_path(path), root=self.model)
        for path in self.line:
            kind_at(parse_path(path), root=self.line_model)
        number = "invoice_number" if self.kind == "invoice" else "number"
        if number not in self.document:
            raise ValueError(f"document: {number} is not mapped to a column")
        if self.layout != "records" and not self.key:
            raise ValueError(f"layout {self.layout}: `key` is missing")
        if (self.layout == "records") != (self.records is not None):
            raise ValueError("`records` belongs to layout records, and that layout needs it")
        if self.layout in _LINES_APART:
            needed = _LINES_APART[self.layout]
            if self.lines is None or getattr(self.lines, needed) is None:
                raise ValueError(f"layout {self.layout}: `lines` needs {needed}")
            if len(self.lines.key) != len(self.key):
                raise ValueError("`key` and `lines.key` must have as many columns")
        elif self.lines is not None:
            raise ValueError("`lines` belongs to the layouts sections, files and sheets")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal sign are the same")
        return self

    @property
    def model(self) -> type[Document]:
        return MODELS[self.kind]

    @property
    def lines_field(self) -> str:
        """What the document calls its lines: `lines`, `items` of open items and catalogues, `entries`."""
        return next((name for name in ("lines", "items", "entries") if name in self.model.model_fields), "")

    @property
    def line_model(self) -> type[BaseModel]:
        part = fields_of(self.model)[self.lines_field].part
        assert part is not None, "lines are models"
        return part


class CsvMapping(TableMapping):
    """How a delimited text becomes documents."""

    word: ClassVar[str] = "csv"
    encoding: Encoding = Field("utf-8", description="of the file; a byte order mark outranks it")
    separator: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1, description="empty: no quoting")

    @model_validator(mode="after")
    def _separated(self) -> CsvMapping:
        if self.separator == self.decimal and not self.quote:
            raise ValueError("the separator is the decimal sign, and nothing is quoted")
        if self.layout == "sheets":
            raise ValueError("a CSV has no sheets")
        return self


class XlsxMapping(TableMapping):
    """How a sheet of an Excel workbook becomes documents. Typed cells say themselves what they are."""

    word: ClassVar[str] = "xlsx"
    sheet: str | None = Field(None, description="name of the sheet; none: the first one")
    formulas: Literal["refuse", "cached"] = Field(
        "refuse", description="a cell with a formula: refuse its document, or take the value that Excel stored with it"
    )

    @model_validator(mode="after")
    def _one_file(self) -> XlsxMapping:
        if self.layout == "files":
            raise ValueError("the lines of a workbook stand in one of its sheets")
        return self
