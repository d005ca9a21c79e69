"""Canonical JSON, keyed by the names of `schemas/documents.py`."""

from __future__ import annotations

from typing import Any

from schemas.canonical import MODELS, to_json
from stages.formats.canonical import reader
from stages.formats.format import Format, Target
from stages.formats.options import Options


def write(document: Any, _options: Options) -> bytes:
    return to_json(document) + b"\n"


FORMAT = Format(
    name="json",
    title="canonical JSON",
    fits=reader.fits,
    read=reader.read,
    reads=", ".join(MODELS),
    targets=(
        Target(
            "json", "canonical JSON", "1", frozenset({*MODELS, "credit-note"}), write,
            media_type="application/json", suffix=".json",
        ),
    ),
)  # fmt: skip
