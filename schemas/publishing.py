"""Writes the published JSON Schemas: what partners and tools may rely on, made from the models.

`python -m schemas.publishing` writes them anew below schemas/published; a test fails when they differ from the models.
Source: JSON Schema draft 2020-12, as pydantic writes it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas import messages, profiles, tenants
from schemas.canonical import MODELS
from schemas.events import Event

FOLDER = Path(__file__).with_name("published")

PUBLISHED: dict[str, type[BaseModel]] = {
    **MODELS,
    "event": Event,
    "tenant-profile": tenants.TenantProfile,
    "extraction-profile": profiles.ExtractionProfile,
    "export-received": messages.ExportReceived,
    "document-extracted": messages.Extracted,
    "document-converted": messages.Converted,
    "document-signed": messages.Signed,
    "document-rendered": messages.Rendered,
    "document-resolved": messages.Resolved,
    "report-received": messages.ReportReceived,
}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema as it is written: what a producer must send."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(mode="validation")}


def texts() -> dict[str, str]:
    """File name -> contents."""
    return {f"{name}.json": json.dumps(schema(model), indent=1) + "\n" for name, model in PUBLISHED.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
