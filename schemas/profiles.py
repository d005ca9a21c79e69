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

A seller, buyer or payee in the constants is one party: with its name or numbers it completes that party alone, and a
document of another that lacks something is refused; without them it is for every document of the profile.

All YAML values are read as texts: `NO` is Norway and `20.50` keeps its digits. Unknown keys and fields that the
canonical document does not have are refused when the profile is loaded, with their place. So is a value that begins
with `FILL IN:`, which `profile suggest` writes where a sample tells nothing: the operator knows what belongs there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from schemas.documents import Invoice, Party
from schemas.errors import ConfigurationError, ExportUnreadable
from schemas.fields import Kind, fields_of
from schemas.fixed_width import FixedMapping
from schemas.spools import SpoolMapping
from schemas.tables import CsvMapping, Encoding, Setting, XlsxMapping

FILL_IN = "FILL IN:"
"""What a value begins with that is still to be filled in."""


class TaxCode(Setting):
    """What an SAP tax code (MWSKZ) means."""

    category: str = Field(description="BT-151: UNTDID 5305")


class ErpTax(TaxCode):
    """What a tax of Business Central, Odoo or S/4HANA means; Odoo names its taxes by number only."""

    rate: str | None = Field(None, description="BT-152: per cent, where the export does not say it")


class ErpMapping(Setting):
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


class IdocMapping(Setting):
    """What an SAP system's customising means; without it, rates tell: above zero S, zero Z with a warning."""

    tax_codes: dict[str, TaxCode] = Field(default_factory=dict, description="MWSKZ -> category")
    units: dict[str, str] = Field(default_factory=dict, description="MENEE -> UN/ECE Recommendation 20")
    encoding: Encoding = Field("utf-8", description="of flat files")
    notes: tuple[str, ...] | None = Field(None, description="TDID of header texts that are printed; none: all of them")


class X12Mapping(Setting):
    """How strictly an X12 interchange is read."""

    isa: Literal["fixed", "delimited"] = Field(
        "fixed", description="`delimited`: an ISA whose blanks were cut away is read by its separators, with a warning"
    )


class ExtractionProfile(Setting):
    """One YAML file. `constants` are for every format; each other part is for its own."""

    name: str = Field(min_length=1, max_length=100)
    description: str = ""
    constants: dict[str, Any] = Field(
        default_factory=dict, description="canonical fields for where the export has none"
    )
    counts: Literal["refuse", "accept"] = Field(
        "refuse", description="wrong control counts and totals of an interchange or IDoc: refuse, or accept and warn"
    )
    csv: CsvMapping | None = None
    fixed: FixedMapping | None = None
    xlsx: XlsxMapping | None = None
    spool: SpoolMapping | None = None
    idoc: IdocMapping = IdocMapping()
    erp: ErpMapping = ErpMapping()
    x12: X12Mapping = X12Mapping()

    @model_validator(mode="before")
    @classmethod
    def _filled_in(cls, value: Any) -> Any:
        if missing := [f"{place} ({what})" for place, what in _to_fill_in(value, "")]:
            raise ValueError("still to be filled in: " + ", ".join(missing))
        return value

    @field_validator("constants")
    @classmethod
    def _fields(cls, value: dict[str, Any]) -> dict[str, Any]:
        below = dict(value)
        line = below.pop("line", None)
        _check(below, Kind("part", Invoice), "constants")
        if line is not None:
            _check(line, Kind("part", fields_of(Invoice)["lines"].part), "constants.line")
        return value


def _to_fill_in(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """(place, what belongs there)"""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _to_fill_in(below, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for below in value:
            yield from _to_fill_in(below, place)
    elif isinstance(value, str) and value.startswith(FILL_IN):
        yield place, value.removeprefix(FILL_IN).strip()


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


def named(known: Iterable[ExtractionProfile], name: str) -> ExtractionProfile:
    """A tenant's extraction profile by name. Raises ExportUnreadable (permanent), naming those that there are."""
    profiles = {profile.name: profile for profile in known}
    if name not in profiles:
        there = ", ".join(profiles) or "none"
        raise ExportUnreadable(f"the tenant has no extraction profile {name!r}; there are: {there}")
    return profiles[name]
