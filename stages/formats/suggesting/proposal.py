"""A proposed profile, as YAML that loads and reads its sample; what is not sure stands in a comment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Proposal:
    """`part` is the part of the profile (`csv`, `fixed`) with its settings; `unsure` has notes by path."""

    part: str
    settings: dict[str, Any]
    constants: dict[str, Any] = field(default_factory=dict)
    unsure: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def yaml(self, name: str) -> str:
        lines = [f"name: {quoted(name)}"]
        if self.constants:
            lines.append("constants:")
            lines += _block(self.constants, 1, "constants", self.unsure)
        lines.append(f"{self.part}:")
        lines += _block(self.settings, 1, "", self.unsure)
        if self.unused:
            lines.append("# not used:")
            lines += [f"#   {each}" for each in self.unused]
        return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A YAML scalar; one that a person would read as something else than text is quoted."""
    if text and text.replace("_", "").replace(".", "").replace("-", "").isalnum() and text[0].isalpha():
        return text
    return json.dumps(text, ensure_ascii=False)


def _block(values: Mapping[str, Any], depth: int, path: str, unsure: Mapping[str, str]) -> Iterable[str]:
    pad = "  " * depth
    for key, value in values.items():
        here = f"{path}.{key}" if path else key
        note = f"   # unsure: {unsure[here]}" if here in unsure else ""
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
