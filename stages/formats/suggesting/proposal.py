"""A proposed profile, as YAML: what is not sure says so, what the sample does not tell is left to fill in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import Finding
from schemas.profiles import FILL_IN


@dataclass(frozen=True)
class Blank:
    """A value that nothing in the sample tells. The loader refuses it; `trial` is for trying the sample."""

    what: str
    trial: str


VAT_CATEGORY = Blank(
    "the VAT category: S, Z, E, AE, K, G or O; with K (intra-community), BR-IC-11 and BR-IC-12 want delivery.date and "
    "delivery.address.country under document too",
    "S",
)


@dataclass
class Proposal:
    """`part` is the part of the profile (`csv`, `xlsx`, `fixed`) with its settings; `unsure` has notes by path."""

    part: str
    settings: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def yaml(self, name: str, misfits: Iterable[Finding] = (), *, trial: bool = False) -> str:
        """`trial`: with something in place of what is to be filled in, for the sample to be tried with."""
        lines = [f"name: {quoted(name)}"]
        if self.constants:
            lines.append("constants:")
            lines += _block(_settled(self.constants, trial=trial), 1, "constants", self.unsure)
        lines.append(f"{self.part}:")
        lines += _block(_settled(self.settings, trial=trial), 1, "", self.unsure)
        if self.unused:
            lines.append("# not used:")
            lines += [f"#   {_line(each)}" for each in self.unused]
        if told := [f"{each.place}: {each.found}" for each in misfits]:
            lines.append("# cells of the sample that do not fit, each of which refuses its document:")
            lines += [f"#   {_line(each)}" for each in told]
        return "\n".join(lines) + "\n"

    def blanks(self) -> tuple[str, ...]:
        """What is to be filled in."""
        return tuple(dict.fromkeys((*_blanks(self.constants), *_blanks(self.settings))))


def _blanks(value: Any) -> Iterable[str]:
    if isinstance(value, Blank):
        yield value.what
    for below in value.values() if isinstance(value, Mapping) else ():
        yield from _blanks(below)


def _settled(value: Any, *, trial: bool) -> Any:
    if isinstance(value, Blank):
        return value.trial if trial else f"{FILL_IN} {value.what}"
    return {k: _settled(v, trial=trial) for k, v in value.items()} if isinstance(value, Mapping) else value


def _line(text: str) -> str:
    """In one line, whatever a cell holds."""
    return " ".join(text.split())[:200]


def quoted(text: str) -> str:
    """A YAML scalar; one that a person would read as something else than text is quoted."""
    if text and text.replace("_", "").replace(".", "").replace("-", "").isalnum() and text[0].isalpha():
        return text
    return json.dumps(text, ensure_ascii=False)


def _block(values: Mapping[str, Any], depth: int, path: str, unsure: Mapping[str, str]) -> Iterable[str]:
    pad = "  " * depth
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        note = f"   # unsure: {_line(unsure[here])}" if here in unsure else ""
        if isinstance(value, Mapping) and depth < 5 and not _short(value):
            yield f"{pad}{quoted(key)}:{note}"
            yield from _block(value, depth + 1, here, unsure)
        else:
            yield f"{pad}{quoted(key)}: {_flow(value)}{note}"


def _short(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(v, Mapping) for v in value.values()) and len(_flow(value)) < 60 and len(value) < 4


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(v) for v in value) + "]"
    return quoted(str(value)) if not isinstance(value, int) else str(value)
