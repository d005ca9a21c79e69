"""Extraction profiles: what an export does not say of itself. Written in YAML, one file a profile, by the operator.

    name: retail-day
    constants:                       # canonical fields the export does not have; `line` goes to every line
      currency: GBP
      seller: {name: Retail Ltd, vat_identifier: GB123456782, address: {country: GB}}
      line: {vat_category: S, vat_rate: 20}
    csv:
      separator: ","
      dates: ["%Y-%m-%d %H:%M:%S"]
      layout: rows                   # every row is a line, the head's columns repeated
      key: [InvoiceNo]               # rows with the same key, one below the other, are one document
      document:                      # canonical field: column
        invoice_number: InvoiceNo
        issue_date: InvoiceDate
        buyer.name: {column: CustomerID, template: "Customer {}"}
        buyer.address.country: {column: Country, map: {United Kingdom: GB}}
      line:
        name: Description
        quantity: Quantity
        net_price: UnitPrice
      credit_notes: {number_prefix: C, negative_quantity: true}

All YAML values are read as texts: `NO` is Norway and `20.50` keeps its digits. Unknown keys and fields that the
canonical document does not have are refused when the profile is loaded, with their place.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from schemas.documents import Invoice, Party
from schemas.errors import ConfigurationError
from schemas.fields import Kind, fields_of, kind_at, line_kind, parse_path


class _Setting(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Setting):
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


class Header(_Setting):
    """Where the header row is, in files that begin with something else."""

    find: tuple[str, ...] = Field(min_length=1, description="the header is the first row with all these cells")
    within: int = Field(50, ge=1, le=1000, description="rows to look through")


class RecordTypes(_Setting):
    """Layout `records`: one column tells whether a row is a head or a line; lines follow their head."""

    column: int = Field(1, ge=1, description="number of the column with the record type, from 1")
    head: tuple[str, ...] = Field(("H",), description="record types that begin a document")
    line: tuple[str, ...] = ("L",)
    ignore: tuple[str, ...] = Field((), description="record types that are skipped (file header, totals)")
    head_columns: tuple[str, ...] = Field(min_length=1, description="names of a head row's columns, in order")
    line_columns: tuple[str, ...] = Field(min_length=1, description="names of a line row's columns, in order")


class LinesPart(_Setting):
    """Layouts `sections` and `files`: where the lines are when they do not stand with their heads."""

    key: tuple[str, ...] = Field(min_length=1, description="columns of the lines that hold the head's `key`")
    header: Header | None = Field(None, description="`sections`: the row with these cells begins the lines")
    file: str | None = Field(
        None, description="`files`: pattern of the other file's name in the archive, `*_lines.csv`"
    )


class CreditNotes(_Setting):
    """Which documents are credit notes (type 381); their negative quantities and amounts turn positive."""

    number_prefix: str | None = Field(None, description="the document's number begins with this")
    negative_quantity: bool = Field(False, description="every line has a negative quantity")
    column: str | None = Field(None, description="a column of the head ...")
    equals: tuple[str, ...] = Field((), description="... with one of these values")


def _encoding(value: str) -> str:
    try:
        "".encode(codecs.lookup(value).name)
    except LookupError:
        raise ValueError(f"{value!r} is no known encoding") from None
    return value


class CsvMapping(_Setting):
    """How a delimited text becomes documents. Numbers are strict: nothing is coerced, a stray sign is refused."""

    encoding: str = Field("utf-8", description="of the file; a byte order mark outranks it")
    separator: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', max_length=1, description="empty: no quoting")
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'", "\u00a0", "\u202f"] = Field("", description="empty: none are accepted")
    trailing_minus: bool = Field(False, description="`12.00-` is a negative number")
    dates: tuple[str, ...] = Field(("%Y-%m-%d",), min_length=1, description="strptime patterns, tried in order")
    skip_lines: int = Field(0, ge=0, le=1000, description="lines before anything that is read")
    skip_rows: str | None = Field(None, description="rows whose first cell matches this whole pattern are skipped")
    header: Header | None = Field(None, description="none: the first row is the header, unless `columns` is given")
    columns: tuple[str, ...] = Field((), description="the columns' names, for a file without a header")
    layout: Literal["rows", "records", "sections", "files"] = "rows"
    key: tuple[str, ...] = Field((), description="columns that tell one document from the next")
    records: RecordTypes | None = None
    lines: LinesPart | None = None
    document: dict[str, Column]
    line: dict[str, Column]
    credit_notes: CreditNotes = CreditNotes()

    @field_validator("document", "line", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: {"column": v} if isinstance(v, str) else v for k, v in value.items()}
        return value

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        return _encoding(value)

    @model_validator(mode="after")
    def _consistent(self) -> CsvMapping:
        for path in self.document:
            kind_at(parse_path(path))
        for path in self.line:
            line_kind(parse_path(path))
        if "invoice_number" not in self.document:
            raise ValueError("document: invoice_number is not mapped to a column")
        if self.layout != "records" and not self.key:
            raise ValueError(f"layout {self.layout}: `key` is missing")
        if (self.layout == "records") != (self.records is not None):
            raise ValueError("`records` belongs to layout records, and that layout needs it")
        if self.layout in ("sections", "files"):
            if self.lines is None or (self.lines.header if self.layout == "sections" else self.lines.file) is None:
                raise ValueError(
                    f"layout {self.layout}: `lines` needs {'header' if self.layout == 'sections' else 'file'}"
                )
            if len(self.lines.key) != len(self.key):
                raise ValueError("`key` and `lines.key` must have as many columns")
        elif self.lines is not None:
            raise ValueError("`lines` belongs to the layouts sections and files")
        if self.separator == self.decimal and not self.quote:
            raise ValueError("the separator is the decimal sign, and nothing is quoted")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal sign are the same")
        return self


class TaxCode(_Setting):
    """What an SAP tax code (MWSKZ) means."""

    category: str = Field(description="BT-151: UNTDID 5305")


class ErpTax(TaxCode):
    """What a tax of Business Central, Odoo or S/4HANA means; Odoo names its taxes by number only."""

    rate: str | None = Field(None, description="BT-152: per cent, where the export does not say it")


class ErpMapping(_Setting):
    """What the JSON of an ERP does not say: its taxes and units, and customers that it names by number only."""

    tax_codes: dict[str, ErpTax] = Field(default_factory=dict, description="tax code or number -> category, rate")
    units: dict[str, str] = Field(default_factory=dict, description="the ERP's unit -> UN/ECE Recommendation 20")
    parties: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="customer's number -> fields of the buyer that the export leaves empty"
    )

    @field_validator("parties")
    @classmethod
    def _fields(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for number, party in value.items():
            _check(party, Kind("part", Party), f"parties.{number}")
        return value


class IdocMapping(_Setting):
    """What an SAP system's customising means; without it, rates tell: above zero S, zero Z with a warning."""

    tax_codes: dict[str, TaxCode] = Field(default_factory=dict, description="MWSKZ -> category")
    units: dict[str, str] = Field(default_factory=dict, description="MENEE -> UN/ECE Recommendation 20")
    encoding: str = Field("utf-8", description="of flat files")
    notes: tuple[str, ...] | None = Field(None, description="TDID of header texts that are printed; none: all of them")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        return _encoding(value)


class X12Mapping(_Setting):
    """How strictly an X12 interchange is read."""

    isa: Literal["fixed", "delimited"] = Field(
        "fixed", description="`delimited`: an ISA whose blanks were cut away is read by its separators, with a warning"
    )


class ExtractionProfile(_Setting):
    """One YAML file. `constants` are for every format; `csv`, `idoc` and `x12` each for its own."""

    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    constants: dict[str, Any] = Field(
        default_factory=dict, description="canonical fields for where the export has none"
    )
    counts: Literal["refuse", "accept"] = Field(
        "refuse", description="wrong control counts and totals of an interchange or IDoc: refuse, or accept and warn"
    )
    csv: CsvMapping | None = None
    idoc: IdocMapping = IdocMapping()
    erp: ErpMapping = ErpMapping()
    x12: X12Mapping = X12Mapping()

    @field_validator("constants")
    @classmethod
    def _fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        below = dict(value)
        line = below.pop("line", None)
        _check(below, Kind("part", Invoice), "constants")
        if line is not None:
            _check(line, Kind("part", fields_of(Invoice)["lines"].part), "constants.line")
        return value


def _check(value: Any, kind: Kind, place: str) -> None:
    """Constants name fields that exist, and hold texts."""
    if kind.name == "parts":
        if not isinstance(value, list):
            raise ValueError(f"{place}: must be a list")
        for item in value:
            _check(item, Kind("part", kind.part), place)
    elif kind.name in ("part", "words"):
        if not isinstance(value, dict):
            raise ValueError(f"{place}: must be a group of fields")
        known = fields_of(kind.part) if kind.part else None
        for name, below in value.items():
            if known is not None and name not in known:
                raise ValueError(f"{place}: the canonical document has no field {name!r}")
            _check(below, known[name] if known else Kind("text"), f"{place}.{name}")
    elif not isinstance(value, str):
        raise ValueError(f"{place}: must be a text; write numbers in quotes")


class _Loader(yaml.BaseLoader):
    """Every scalar is a text; a key that stands twice is refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} stands twice, line {line}")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def load_profile(text: str) -> ExtractionProfile:
    """A profile from its YAML. Raises ConfigurationError naming the setting or the line."""
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - BaseLoader builds texts, lists and dictionaries only
    except yaml.YAMLError as error:
        raise ConfigurationError(f"the profile is no YAML: {error}") from None
    try:
        return ExtractionProfile.model_validate(value)
    except ValidationError as error:
        told = [
            f"{'.'.join(str(step) for step in e['loc']) or 'profile'}: "
            + ("there is no such field" if e["type"] == "extra_forbidden" else e["msg"].removeprefix("Value error, "))
            for e in error.errors(include_url=False)
        ]
        raise ConfigurationError("the profile cannot be used: " + "; ".join(told)) from None
