"""A document of each kind with every field filled, made from the models themselves: what no field may get lost in."""

from __future__ import annotations

import types
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

_CODES = {
    "currency": "EUR", "accounting_currency": "EUR", "country": "PT", "origin_country": "PT", "content_base64": "QUJD",
}  # fmt: skip


def full(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model, each with a value; texts are the names of their fields."""
    return {name: _value(name, field.annotation) for name, field in model.model_fields.items()}


def _value(name: str, annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(name, arguments[0])
    if origin in (Union, types.UnionType):
        return _value(name, next(a for a in arguments if a is not type(None)))
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(name, arguments[0]),)
    if origin is dict:
        return {"key": _value(name, arguments[1])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return full(annotation)
    simple = {Decimal: Decimal("12.50"), date: date(2026, 11, 2), bool: True, int: 7}
    return simple.get(annotation, _CODES.get(name, name))
