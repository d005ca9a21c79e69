"""What must be seen from outside where every service is replaced: commands answer, and nothing embedded was made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from real_services import BUCKET, Services, entrega, rows

from pipeline import embedded
from pipeline.topology import TOPICS


def check_commands(data: Path, given: dict[str, str], document: str, folder: Path) -> None:
    """A file comes back with the digest under which it was put; doctor finds everything well."""
    pdf = folder / "invoice.pdf"
    done = entrega(data, given, "artefact", document, "pdf", "-o", pdf)
    assert done.returncode == 0, done.stderr
    assert pdf.read_bytes().startswith(b"%PDF-1.7")
    assert hashlib.sha256(pdf.read_bytes()).hexdigest() in done.stderr

    done = entrega(data, given, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = {row["what"]: row for row in rows(done)}
    assert {row["is"] for row in found.values()} == {"ok"}
    assert found["kafka"]["detail"] == f"{given['kafka_servers']}; {len(TOPICS)} of {len(TOPICS)} topics"
    assert found["database"]["detail"].endswith("as entrega_app")
    assert found["artefacts"]["detail"] == f"{BUCKET}: written and read back"


def check_places(services: Services, data: Path) -> None:
    """What was made stands in the bucket, and nothing embedded was ever started."""
    keys = [item["Key"] for item in services.bucket().list_objects_v2(Bucket=BUCKET)["Contents"]]
    kinds = [key.split("/")[2] for key in keys]
    assert {kind: kinds.count(kind) for kind in ("canonical", "e-format", "signature", "pdf")} == dict.fromkeys(
        ("canonical", "e-format", "signature", "pdf"), 24
    )
    assert [path for path in (data / "artefacts").rglob("*") if path.is_file()] == []
    assert {name: (each.state, each.port) for name, each in embedded.status(data).items()} == {
        "kafka": ("stopped", None),
        "postgres": ("stopped", None),
    }
    assert not (data / "kafka").exists()
    assert not (data / "postgres").exists()
