"""What kind of value stands at which path of the canonical document, read off the models themselves.

Readers use it to take texts as numbers and dates strictly, profiles to refuse a path that does not exist.
A path is written as people write it: `buyer.address.country`, `notes[0].text`.
"""

from __future__ import annotations

import re
import types
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from schemas.documents import Invoice

KindName = Literal["text", "number", "date", "flag", "part", "parts", "words"]


@dataclass(frozen=True)
class Kind:
    """`part` is the model below a `part` or `parts`; `words` is a free dictionary, of texts or of `values`."""

    name: KindName
    part: type[BaseModel] | None = None
    terms: tuple[str, ...] = ()
    values: KindName = "text"


def _bare(annotation: Any) -> Any:
    """The annotation without `Annotated` and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        else:
            return annotation


def _kind(annotation: Any, term: tuple[str, ...]) -> Kind:
    bare = _bare(annotation)
    if get_origin(bare) is tuple:
        part = _bare(get_args(bare)[0])
        return Kind("parts", part if isinstance(part, type) and issubclass(part, BaseModel) else None, term)
    if get_origin(bare) is dict:
        return Kind("words", None, term, _kind(get_args(bare)[1], ()).name)
    if isinstance(bare, type):
        if issubclass(bare, BaseModel):
            return Kind("part", bare, term)
        if issubclass(bare, Decimal):
            return Kind("number", None, term)
        if issubclass(bare, date):
            return Kind("date", None, term)
        if issubclass(bare, bool):
            return Kind("flag", None, term)
    return Kind("text", None, term)


_TERM = re.compile(r"B[TG]-\d+")


@cache
def fields_of(model: type[BaseModel]) -> dict[str, Kind]:
    """Field name -> kind, for one model. `terms` are the business terms that the description names."""
    return {
        name: _kind(field.annotation, tuple(_TERM.findall(field.description or "")))
        for name, field in model.model_fields.items()
    }


_ROLES = {
    "seller": (27, 43),
    "buyer": (44, 58),
    "payee": (59, 61),
    "tax_representative": (62, 69),
    "delivery": (70, 80),
}
"""Part -> its business terms, first and last: parties share their model, and each has its own numbers."""


def term_of(kind: Kind, path: Path) -> str:
    """The business term of a field at a path: of a party's, that of its role; "" where it has none."""
    low, high = _ROLES.get(str(path[0]) if path else "", (0, 0))
    own = (each for each in kind.terms if each.startswith("BT-") and low <= int(each[3:]) <= high)
    return next(own, kind.terms[0] if kind.terms else "")


Path = tuple[str | int, ...]
_STEP = re.compile(r"([a-z_][a-z0-9_]*)(?:\[(\d{1,3})\])?\Z")


def parse_path(text: str) -> Path:
    """`notes[0].text` -> ("notes", 0, "text"). Raises ValueError when it is not written so."""
    path: list[str | int] = []
    for step in text.split("."):
        match = _STEP.match(step)
        if not match:
            raise ValueError(f"{text!r} is not a path of names joined by dots")
        path.append(match[1])
        if match[2] is not None:
            path.append(int(match[2]))
    return tuple(path)


def format_path(path: Path) -> str:
    """("notes", 0, "text") -> `notes[0].text`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def kind_at(path: Path, *, root: type[BaseModel] = Invoice) -> Kind:
    """The kind of the leaf at `path`. Raises ValueError naming the step that does not exist or is no leaf."""
    kind = Kind("part", root)
    for at, step in enumerate(path):
        here = format_path(path[: at + 1])
        if isinstance(step, int):
            if kind.name != "parts":
                raise ValueError(f"{here}: this is no list")
            kind = Kind("part", kind.part)
        elif kind.name == "words":
            kind = Kind(kind.values)
        elif kind.name != "part" or kind.part is None:
            raise ValueError(f"{here}: nothing stands below a {kind.name} (a list needs its [number])")
        elif step not in fields_of(kind.part):
            raise ValueError(f"{here}: the canonical document has no such field")
        else:
            kind = fields_of(kind.part)[step]
    if kind.name in ("part", "parts", "words"):
        raise ValueError(f"{format_path(path)}: this is a group, name a field in it")
    return kind


def label_of(path: Path, root: type[BaseModel] = Invoice) -> str:
    """`issue_date (BT-2)`, `buyer.name (BT-44)`: the field's name within its group, and its business term."""
    steps: list[str] = []
    for step in reversed(path):
        if steps and not isinstance(step, str):
            break
        steps[:0] = [step] if isinstance(step, str) else []
    name = ".".join(steps)
    try:
        term = term_of(kind_at(path, root=root), path)
    except ValueError:
        term = ""
    return f"{name} ({term})" if term else name
