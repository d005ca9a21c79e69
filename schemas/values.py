"""Values of which canonical documents are made: numbers, days, codes, texts, and the part that holds them.

Amounts are `Decimal` and travel as JSON strings, without an exponent; a JSON float is refused.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from schemas.binary import base64_bare
from schemas.codes import COUNTRIES, CURRENCIES


def _no_float(value: Any) -> Any:
    """Refuse floats and booleans; leave the rest to pydantic."""
    if isinstance(value, (float, bool)):
        raise ValueError(f"{value!r} is a binary floating point number; write the amount as a string")
    return value


def _finite(value: Any) -> Any:
    value = _no_float(value)
    if isinstance(value, str) and len(value) > 40:
        raise ValueError("a number of more than 40 characters")
    return value


def _currency(value: Any) -> Any:
    if isinstance(value, str) and value not in CURRENCIES:
        raise ValueError(f"{value[:10]!r} is not a currency code of ISO 4217")
    return value


def _country(value: Any) -> Any:
    if isinstance(value, str) and value not in COUNTRIES:
        raise ValueError(f"{value[:10]!r} is not a country code of ISO 3166-1")
    return value


_PLAIN = PlainSerializer(lambda value: f"{value:f}", return_type=str, when_used="json")
"""Never `1E-8`, which no reader here takes for a number."""
Number = Annotated[Decimal, BeforeValidator(_finite), Field(allow_inf_nan=False, max_digits=28), _PLAIN]
"""Decimal of any scale: quantities, prices, rates."""
Amount = Annotated[Decimal, BeforeValidator(_finite), Field(allow_inf_nan=False, max_digits=20), _PLAIN]
"""Decimal in the invoice currency (BT-5); two places at most when written (BR-DEC-*)."""
Currency = Annotated[str, BeforeValidator(_currency)]
Country = Annotated[str, BeforeValidator(_country)]
Base64 = Annotated[str, AfterValidator(base64_bare)]
"""A file's bytes; blanks and line breaks are taken out."""
Day = date
"""A calendar date; the alias keeps fields named `date` from hiding the type."""
ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$"
"""No control character, no line break, and none that turns the direction of writing: `1\\u202e32` reads as 123."""
Text = Annotated[str, Field(max_length=5000)]
Code = Annotated[str, Field(max_length=60, pattern=ONE_LINE)]
"""What is compared, looked up or typed: identifiers, references and codes."""
DocumentNumber = Annotated[str, Field(min_length=1, max_length=200, pattern=ONE_LINE)]
Reference = Annotated[str, Field(max_length=5000, pattern=ONE_LINE)]
"""A reference of any length, or an address of a file."""


class Part(BaseModel):
    """What all parts share: immutable, no unknown fields, blanks trimmed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
