"""Written EDIFACT, judged by StAEDI (envelope) and the UN directories' schemas (messages); CONTRL by EDIReader."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from edifact_documents import OTHERS
from test_edifact_corpora import CORPORA
from test_ubl_oracle import ORACLE, completed
from ubl_documents import DOCUMENTS

from schemas.canonical import Document
from schemas.documents import Invoice, Note
from schemas.errors import DocumentInvalid
from stages.conversion.totals import complete
from stages.formats.edifact import writer
from stages.formats.edifact.acknowledging import acknowledge
from stages.formats.edifact.envelope import wrap
from stages.formats.reading.step import read

AT = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
OPTIONS = {"transliterate": "yes"}
pytestmark = [
    pytest.mark.skipif(
        not (ORACLE.exists() and (ORACLE.parent / "edi/target/oracle-edi-1.jar").exists() and shutil.which("java")),
        reason="skipped: no oracle",
    ),
    pytest.mark.xdist_group("edifact-oracle"),  # a directory's schema is compiled once, by whoever asks first
]


def interchange(*messages: bytes) -> bytes:
    return wrap(
        messages, sender="5600000000007", receiver="8400000000000", sender_qualifier="14", receiver_qualifier="14",
        control_number=17, at=AT,
    )  # fmt: skip


def judged(folder: Path, files: dict[str, bytes], *options: str) -> dict[str, list[str]]:
    """The errors of each file, by its name; one call for all of them."""
    for name, data in files.items():
        (folder / f"{name}.edi").write_bytes(data)
    command = [str(ORACLE), "edi", *options, *(str(folder / f"{name}.edi") for name in files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    rows = [json.loads(row) for row in answer.stdout.splitlines()]
    return {Path(row["file"]).stem: [f"{e['rule']}: {e['message'][:200]}" for e in row["errors"]] for row in rows}


def of_readers() -> dict[str, Invoice]:
    """Invoices that came in as UBL, IDoc and EDIFACT, where the corpora stand."""
    names = (
        "einvoice/ubl/ubl-tc434-example4.xml", "einvoice/ubl/BIS3_Invoice_positive.XML",
        "idoc/o2c-edifact__d.96a-03.-invoice-outbound__INVOIC02.xml",
        "idoc/o2c-soap__b2b-integration-factory-order-to-cash-soap-scenario-03.-invoice-outbou__INVOIC02.xml",
        "edifact/D96A_INVOIC.txt",
    )  # fmt: skip
    found: dict[str, Invoice] = {}
    for index, name in enumerate(names if CORPORA.is_dir() else ()):
        with (CORPORA / name).open("rb") as file:
            (record,) = read(file, name, None, None).records
        assert isinstance(record.document, Invoice), name
        found[f"reader{index}"] = complete(record.document)[0]
    return found


@pytest.mark.parametrize("release", ["96A", "01B"])
def test_every_message_is_of_its_directory(release: str, tmp_path: Path) -> None:
    """Invoices of ours and of three readers, and every other message, are of the structure, lengths and codes that
    D.96A and D.01B give them; as EANCOM, too, where they have GS1's numbers."""
    documents: dict[str, Document] = {name: completed(document) for name, document in DOCUMENTS.items()}
    documents |= {**of_readers(), **OTHERS}
    mixed = completed(DOCUMENTS["mixed"])
    lines = tuple(each.model_copy(update={"seller_item_id": f"S-{at}"}) for at, each in enumerate(mixed.lines))
    documents["retail"] = mixed.model_copy(update={"lines": lines})
    letter = Note(text="Dear all,\n\nas agreed.\n\nThank you.")
    documents["letter"] = mixed.model_copy(update={"notes": (letter, letter)})
    del documents["syntax-acknowledgement"]  # CONTRL is of no directory
    files = {name: interchange(writer.write(each, release, OPTIONS)) for name, each in documents.items()}
    for name, each in documents.items():
        with suppress(DocumentInvalid):
            files[f"eancom-{name}"] = interchange(writer.write(each, release, {**OPTIONS, "eancom": "yes"}))
    assert {"eancom-retail", "eancom-order", "eancom-despatch-advice"} <= set(files)
    assert judged(tmp_path, files) == {name: [] for name in files}


def test_the_validator_is_awake(tmp_path: Path) -> None:
    """A wrong count and a code of no list are refused."""
    good = interchange(writer.write(completed(DOCUMENTS["small"]), "96A", OPTIONS))
    wrong = {"count": good.replace(b"UNZ+1", b"UNZ+2"), "code": good.replace(b"RFF+CR:", b"RFF+QQQ:")}
    assert all(judged(tmp_path, wrong).values())


def test_an_acknowledgement_says_what_another_maker_says(tmp_path: Path) -> None:
    """For a sound interchange EDIReader's CONTRL and ours name the same interchange and parties; ours has a sound
    envelope, and the action code that EDIReader leaves out."""
    data = interchange(writer.write(OTHERS["order"], "96A", {}))
    (tmp_path / "in.edi").write_bytes(data)
    command = [str(ORACLE), "ack", str(tmp_path / "in.edi"), "-o", str(tmp_path / "out.edi")]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    theirs = (tmp_path / "out.edi").read_text("utf-8").replace("\n", "").split("'")
    ours = writer.write(acknowledge(data), "96A", {}).decode().replace("\n", "").split("'")
    (their_uci,) = [each for each in theirs if each.startswith("UCI")]
    (our_uci,) = [each for each in ours if each.startswith("UCI")]
    assert our_uci.startswith("UCI+17+5600000000007:14+8400000000000:14")
    assert our_uci.removesuffix("+7") == their_uci.rstrip("+")
    assert judged(tmp_path, {"contrl": interchange(writer.write(acknowledge(data), "96A", {}))}, "--envelope-only") == {
        "contrl": []
    }
