"""Real exports of other people's systems through all stages: the table `real_exports.md` says what becomes of each.

Beside each kind of export stands what an operator writes for it: `real_exports/*.yaml` for what the export does not say
of its sender, `real_exports/recipients.csv` for who the buyers are. GOLDEN=write, in the environment,
writes the table anew.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from export_run import Ended, House

from schemas.documents import Invoice
from schemas.messages import ArtefactKind

SHARED = Path(__file__).parents[2].parent / "shared"
CORPORA = SHARED / "corpora"
ORACLE = SHARED / "oracle" / "oracle"
HERE = Path(__file__).parent
WRITTEN = HERE / "real_exports"
GOLDEN = HERE / "real_exports.md"
FORMATS = {"ubl": "plain EN 16931", "peppol": "Peppol BIS Billing 3"}
RULES = {"ubl": "en16931-ubl", "peppol": "peppol"}

needs_oracle = pytest.mark.skipif(
    not (ORACLE.exists() and shutil.which("java") and len(list(ORACLE.parent.glob("*/target"))) >= 3),
    reason="skipped: no oracle",
)
pytestmark = [
    pytest.mark.skipif(not CORPORA.exists(), reason="skipped: no corpora"),
    pytest.mark.xdist_group("real-exports"),  # one run of the stages serves all tests
]


@dataclass(frozen=True)
class Export:
    """A file of the corpora, and the extraction profile that an operator has written for its source."""

    path: Path
    profile: str | None


def exports() -> Iterator[Export]:
    for path in sorted((CORPORA / "idoc").iterdir()):
        if "invoic" in path.name.lower():
            yield Export(path, "sap-de" if "soap" in path.name else "sap-nl")
    for path in sorted((CORPORA / "einvoice" / "ubl").iterdir()):
        yield Export(path, None)
    for path in sorted((CORPORA / "csv").iterdir()):
        yield Export(path, "retail")


Results = dict[tuple[str, str], list[Ended]]
"""By file name and format."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("real-exports")
    profiles = folder / "profiles"
    profiles.mkdir()
    for file in WRITTEN.glob("*.yaml"):
        shutil.copy(file, profiles)
    for profile in (None, *(file.stem for file in WRITTEN.glob("*.yaml"))):
        for format_ in FORMATS:
            tenant = f"{profile or 'plain'}-{format_}"
            text = f"tenant: {tenant}\nbrand: {{name: {profile or 'Sender'}}}\nformat: {format_}\n"
            (profiles / f"{tenant}.yaml").write_text(text + (f"extraction: [{profile}.yaml]\n" if profile else ""))
    return House(folder, (WRITTEN / "recipients.csv").read_text("utf-8"))


@pytest.fixture(scope="module")
def results(house: House) -> Results:
    return {
        (export.path.name, format_): house.run(f"{export.profile or 'plain'}-{format_}", export.path)
        for export in exports()
        for format_ in FORMATS
    }


def test_the_table_is_as_it_was_reviewed(results: Results) -> None:
    """Every file's end in both formats, with the rules that refuse, is what a person has read in real_exports.md."""
    table = drawn(results)
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(table, "utf-8")
    assert table == GOLDEN.read_text("utf-8")


def test_what_must_come_through_comes_through(results: Results) -> None:
    """Valid Peppol UBL, every INVOIC02 and the day of retail lines end with an opened delivery, in both formats."""
    for format_ in FORMATS:
        for name in ("BIS3_Invoice_positive.XML", "BIS3_Invoice_negativ.XML", "ubl-tc434-creditnote1.xml"):
            assert [one.came_through for one in results[name, format_]] == [True], name
        idocs = [name for name, format__ in results if name.endswith("INVOIC02.xml") and format__ == format_]
        assert len(idocs) == 4
        for name in idocs:
            assert [(one.came_through, one.stage) for one in results[name, format_]] == [(True, "delivery")], name
        day = results["2011-02-06.csv", format_]
        assert [one.number for one in day] == [str(number) for number in range(543272, 543283)]
        assert all(one.came_through for one in day)


def test_the_day_of_retail_lines_keeps_every_line_and_penny(results: Results) -> None:
    """279 rows become 11 invoices with 279 lines, whose net amounts add up to quantity by price over the file."""
    import csv
    from decimal import Decimal

    with open(CORPORA / "csv" / "2011-02-06.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    documents = [completed(one) for one in results["2011-02-06.csv", "peppol"]]
    assert len(rows) == sum(len(document.lines) for document in documents) == 279
    sold = sum(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows)
    assert sum(document.totals.line_total or 0 for document in documents) == sold


def test_an_idoc_keeps_the_amount_that_sap_billed(results: Results) -> None:
    """The amount due is E1EDS01-011 of the IDoc to the cent, discounts that SAP rounded by the piece included."""
    from lxml import etree

    for (name, _), ended in results.items():
        if name.endswith("INVOIC02.xml"):
            root = etree.parse(CORPORA / "idoc" / name)
            billed = root.xpath("string(//E1EDS01[SUMID='011']/SUMME)")
            assert f"{completed(ended[0]).totals.amount_due}" == billed


def test_every_pdf_can_be_read_and_holds_the_e_format(results: Results) -> None:
    """A person finds number, seller and amount in the text of the PDF; a program finds the signed UBL inside."""
    from pypdf import PdfReader

    for one in through(results):
        document = completed(one)
        reader = PdfReader(io.BytesIO(one.files[ArtefactKind.PDF]))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        assert document.invoice_number in text
        assert " ".join(document.seller.name.split()) in text
        assert f"{document.totals.amount_due:,.2f}".removeprefix("-") in text
        assert [content for (content,) in reader.attachments.values()] == [one.files[ArtefactKind.E_FORMAT]]


def test_every_refusal_says_what_and_where(results: Results) -> None:
    """A refusal names a rule, a place and a sentence for each finding, or tells what to do; none of them is a bug."""
    refused = [one for ended in results.values() for one in ended if one.refusal]
    assert len(refused) > 10
    for one in refused:
        assert one.refusal is not None
        assert one.refusal.reason in ("export-unreadable", "document-invalid", "recipient-unknown")
        assert len(one.refusal.explanation) > 20
        for finding in one.refusal.findings:
            assert finding.place
            assert len(finding.message) > 20
        assert one.refusal.findings or one.refusal.reason == "recipient-unknown"


@needs_oracle
@pytest.mark.parametrize("format_", FORMATS)
def test_other_validators_accept_every_e_format(results: Results, format_: str, tmp_path: Path) -> None:
    """What we let through passes XSD and rules of phive, under the rule set that the plan asked for."""
    files = [put(tmp_path, one, ArtefactKind.E_FORMAT, "xml", n) for n, one in enumerate(through(results, format_))]
    assert len(files) >= 18
    assert errors("xml", "--rules", RULES[format_], *files) == {}


@needs_oracle
def test_other_validators_accept_every_signature(house: House, results: Results, tmp_path: Path) -> None:
    """Each container is XAdES-BASELINE-B and TOTAL_PASSED to EU DSS; so is a signature beside its invoice."""
    trust = ["sign", "--trust", house.identity.ca_file, "--level", "XAdES-BASELINE-B"]
    all_ = list(through(results))
    files = [put(tmp_path, one, ArtefactKind.SIGNATURE, "asice", n) for n, one in enumerate(all_)]
    assert errors(*trust, *files) == {}
    idoc = next(one for one in results[idoc_name(results), "peppol"])
    data = put(tmp_path, idoc, ArtefactKind.E_FORMAT, "xml", 0)
    beside = put(tmp_path, idoc, ArtefactKind.DETACHED_SIGNATURE, "xades.xml", 0)
    assert errors(*trust, "--detached", data, beside) == {}


@needs_oracle
def test_other_validators_accept_every_pdf(results: Results, tmp_path: Path) -> None:
    """Each PDF is PDF/A-3b to veraPDF."""
    files = [put(tmp_path, one, ArtefactKind.PDF, "pdf", n) for n, one in enumerate(through(results))]
    assert errors("pdfa", "--flavour", "3b", *files) == {}


def through(results: Results, format_: str | None = None) -> Iterator[Ended]:
    for (_, format__), ended in results.items():
        if format_ in (None, format__):
            yield from (one for one in ended if one.came_through)


def completed(one: Ended) -> Invoice:
    return Invoice.model_validate_json(one.files[ArtefactKind.COMPLETED])


def idoc_name(results: Results) -> str:
    return next(name for name, _ in results if name.endswith("INVOIC02.xml"))


def put(folder: Path, one: Ended, kind: ArtefactKind, suffix: str, number: int) -> Path:
    path = folder / f"{number}.{suffix}"
    path.write_bytes(one.files[kind])
    return path


def errors(*arguments: object) -> dict[str, Any]:
    """What the oracle finds wrong, by file; one call for all files, for it takes seconds to start."""
    done = subprocess.run([str(ORACLE), *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr
    verdicts = [json.loads(row) for row in done.stdout.splitlines()]
    files = [argument for argument in arguments if isinstance(argument, Path)]
    assert {Path(one["file"]).name for one in verdicts} <= {file.name for file in files}
    assert len(verdicts) >= len(files) - 2  # the anchor and the data beside a signature are no answers
    return {Path(one["file"]).name: one["errors"] for one in verdicts if not one["ok"]}


# the table


def drawn(results: Results) -> str:
    lines = [
        "# What becomes of real exports",
        "",
        "Every invoice export of the corpora through all stages, to PDF and delivery: once for a tenant whose profile",
        "says plain EN 16931, once for Peppol. *Read with* names the extraction profile in `real_exports/`: what an",
        "operator knows and the export does not say. The rest of the file gives the reason of each refusal.",
        "Made by `GOLDEN=write` and `test_real_exports.py`, which compares it.",
        "",
        f"| file | read with | documents | {' | '.join(FORMATS.values())} |",
        f"|---|---|---|{'---|' * len(FORMATS)}",
    ]
    for export in exports():
        name = export.path.name
        first = results[name, "ubl"]
        count = len([one for one in first if one.address != "the file"])
        cells = [name, export.profile or "", str(count), *(_cell(results[name, format_]) for format_ in FORMATS)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## Why"]
    for export in exports():
        told = {format_: list(_why(results[export.path.name, format_])) for format_ in FORMATS}
        if any(told.values()):
            lines += ["", f"### {export.path.name}"]
        if told["ubl"] == told["peppol"]:
            told = {"both": told["ubl"]}
        for format_, whys in told.items():
            if whys:
                lines += ["", *([f"For {FORMATS[format_]}:", ""] if format_ in FORMATS else []), *whys]
    return "\n".join(lines) + "\n"


def _cell(ended: list[Ended]) -> str:
    stopped = list(dict.fromkeys(rule for one in ended for rule in one.rules))
    accepted = sum(one.came_through for one in ended)
    warned = list(dict.fromkeys(rule for one in ended if one.came_through for rule in one.warnings))
    good = f"{accepted} accepted" if len(ended) > 1 else "accepted"
    parts = [good + (f", warned by {', '.join(warned)}" if warned else "")] if accepted else []
    words = {"recipient-unknown": "parked"}
    parts += [f"{words.get(stopped[0], 'refused')}: {', '.join(stopped)}"] if stopped else []
    return "; ".join(parts)


def _why(ended: list[Ended]) -> Iterator[str]:
    for one in ended:
        if one.refusal is None:
            continue
        yield f"- {one.address}: {_plain(one.refusal.explanation)}"
        for finding in one.refusal.findings:
            said = f"  - {finding.rule} at {_plain(finding.place)}: {_plain(finding.message)}"
            said = said.rstrip(".") + f"; found `{_plain(finding.found)}`" if finding.found is not None else ""
            yield said + (f", expected `{_plain(finding.expected)}`" if finding.expected is not None else "")


def _plain(text: str) -> str:
    return " ".join(text.split())
