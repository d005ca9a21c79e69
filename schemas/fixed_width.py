"""How a file of fixed-width records becomes documents: that part of an extraction profile."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from schemas.tables import Columns, CreditNotes, Encoding, RecordTypes, Setting, TableMapping


class FixedField(Setting):
    """Where a field stands in its record, counted in characters from 1, and how its value is written."""

    start: int = Field(ge=1, le=100_000)
    length: int = Field(ge=1, le=10_000)
    type: Literal["text", "number", "date"] = Field("text", description="of a date, zeros are no date")
    scale: int = Field(0, ge=0, le=12, description="decimal places of a number that has no decimal sign")
    sign: Literal["none", "leading", "trailing"] = Field("none", description="where a number's `-` or `+` stands")


class FixedRecord(Setting):
    """One type of record: the head of a document, a line of it, or what is skipped (file header, totals)."""

    role: Literal["head", "line", "ignore"]
    fields: dict[str, FixedField] = Field(default_factory=dict)


class FixedMapping(Setting):
    """How a file of fixed-width records becomes documents.

    Either `records`, told by what stands at `record_type`, lines following their head; or `fields` alone, where every
    record is a line with its head's fields, and `key` tells one document from the next.

        fixed:
          encoding: cp1252
          record_type: {start: 1, length: 1}
          records:
            H: {role: head, fields: {number: {start: 2, length: 10}, day: {start: 12, length: 8, type: date}}}
            L:
              role: line
              fields: {item: {start: 2, length: 30}, price: {start: 32, length: 9, type: number, scale: 2}}
            T: {role: ignore}
          document: {invoice_number: number, issue_date: day}
          line: {name: item, net_price: price}
    """

    kind: str = "invoice"
    encoding: Encoding = Field(
        "utf-8", description="of the file (EBCDIC: cp037, cp273, cp500 ...); a byte order mark outranks it"
    )
    width: int | None = Field(
        None, ge=1, le=100_000, description="characters of every record; another length is damage"
    )
    surplus: Literal["refuse", "ignore"] = Field(
        "refuse", description="what stands behind the last field of a record, where `width` is not given"
    )
    record_type: FixedField | None = Field(None, description="where the record's type stands")
    records: dict[str, FixedRecord] = Field(default_factory=dict, description="type -> what it is")
    fields: dict[str, FixedField] = Field(default_factory=dict)
    key: tuple[str, ...] = Field((), description="fields that tell one document from the next")
    join: tuple[str, ...] = Field((), description="with `records`: fields that a line must have as its head has them")
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " "] = ""
    dates: tuple[str, ...] = Field(("%Y%m%d",), min_length=1, description="strptime patterns, tried in order")
    document: Columns
    line: Columns
    credit_notes: CreditNotes = CreditNotes()

    @model_validator(mode="after")
    def _consistent(self) -> FixedMapping:
        if bool(self.records) == bool(self.fields):
            raise ValueError("either `records` or `fields`")
        if bool(self.records) != (self.record_type is not None):
            raise ValueError("`records` are told by `record_type`, which belongs to them")
        for role in ("head", "line") if self.records else ():
            layouts = [record.fields for record in self.records.values() if record.role == role]
            if not layouts or any(one.keys() != layouts[0].keys() for one in layouts):
                raise ValueError(f"records: at least one type is a {role}, and all of them have the same fields")
        for at in (*self.record_fields("head").values(), *self.record_fields("line").values()):
            if self.width is not None and at.start + at.length - 1 > self.width:
                raise ValueError(f"a field ends behind the record's {self.width} characters")
        for name in self.join:
            if name not in self.record_fields("head") or name not in self.record_fields("line"):
                raise ValueError(f"join: {name!r} is not a field of heads and lines")
        self.table()
        return self

    def record_fields(self, role: str) -> dict[str, FixedField]:
        """The fields of the records that are a `head` or a `line`, by name, in the order of the profile."""
        if not self.records:
            return self.fields
        return next((record.fields for record in self.records.values() if record.role == role), {})

    def table(self) -> TableMapping:
        """The same as a table, whose first column is the record's type where there is one."""
        shared: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("kind", "decimal", "thousands", "dates", "document", "line", "credit_notes")
        }
        if not self.records:
            return FixedTable(layout="rows", key=self.key, columns=tuple(self.fields), **shared)
        of_role = {
            role: tuple(t for t, r in self.records.items() if r.role == role) for role in ("head", "line", "ignore")
        }
        types = RecordTypes(
            head_columns=("", *self.record_fields("head")), line_columns=("", *self.record_fields("line")), **of_role
        )
        return FixedTable(layout="records", records=types, **shared)


class FixedTable(TableMapping):
    """A fixed-width file, once its records are cut into cells."""

    word: ClassVar[str] = "fixed"
