"""Every reader's documents by every writer, judged by the writer's own rules and by other makers' validators.

`make test` takes the demo's exports, which come of four readers; `make conformance` every file of the corpora as well,
and prints the matrix: of the documents that each reader gave, how many each target took.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pytest
from test_ksef_structure import polish

from pipeline import demo, maven
from schemas.canonical import Document
from schemas.documents import Contact, Identifier, Invoice
from schemas.errors import DocumentInvalid, EntregaError
from schemas.profiles import ExtractionProfile, load_profile
from stages.conversion import making
from stages.conversion.checking import Checker
from stages.extraction import read_all
from stages.formats import registry
from stages.formats.format import Letter, Target
from stages.formats.reading.head import HEAD_BYTES, Head
from stages.formats.reading.step import read, recognise
from stages.rules.schemata import schema_check

SHARED = Path(__file__).parents[2].parent / "shared"
CORPORA, ORACLE = SHARED / "corpora", SHARED / "oracle" / "oracle"
BUILT = all((SHARED / f"oracle/{part}/target/oracle-{part}-1.jar").exists() for part in ("xml", "edi"))
EVERYTHING = "MUTANTS" in os.environ
"""Set by `make conformance`."""
PROFILES = Path(__file__).with_name("real_exports")
TODAY = date(2026, 11, 27)

pytestmark = pytest.mark.xdist_group("matrix")

OPTIONS = {
    "fatturapa": {"regime_fiscale": "RF01", "codice_destinatario": "XXXXXXX", "natura_o": "N2.2", "natura_z": "N3.1"},
}
RULES = {
    "peppol": "peppol", "ubl": "en16931-ubl", "cii": "en16931-cii", "xrechnung-ubl": "xrechnung",
    "xrechnung-cii": "xrechnung", "factur-x": "factur-x", "facturae": "facturae", "fatturapa": "fatturapa",
}  # fmt: skip
"""Target -> what the oracle calls its rules. EDI is judged as interchanges, KSeF by the Ministry's schema; JSON has no
judge."""
OLDER = ("[BR-CO-25]", "[BR-FX-EN-04]")
"""The oracle's Factur-X 1.08 wants a due date of credit notes too, and a delivery date or period in profile EN 16931;
Factur-X 1.09, which our rules are, does not."""


def exports() -> Iterator[tuple[Path, tuple[ExtractionProfile, ...], str | None]]:
    """The demo's, and with `make conformance` the corpora's: file, profiles, the profile that is asked for."""
    folder = demo.FOLDER / "profiles"
    own = tuple(
        load_profile((folder / name).read_text("utf-8")) for name in ("demo-default.yaml", "demo-web-shop.yaml")
    )
    for path in demo.EXPORTS:
        yield path, own, None
    if not EVERYTHING or not CORPORA.exists():
        return
    by_folder = {"idoc": "sap-nl", "csv": "retail"}
    for path in sorted(CORPORA.rglob("*")):
        kind = path.relative_to(CORPORA).parts[0]
        if path.is_file() and kind not in ("bad", "LICENSES", "mail", "webhooks", "xml-signature"):
            name = by_folder.get(kind)
            given = (load_profile((PROFILES / f"{name}.yaml").read_text("utf-8")),) if name else ()
            yield path, given, given[0].name if given else None


def documents() -> Iterator[tuple[str, str, Document]]:
    """(reader, where it stood, document) of everything that is read."""
    for path, profiles, asked in exports():
        try:
            with open(path, "rb") as file:
                head = Head(file.read(HEAD_BYTES), path.name)
                profile = next((each for each in profiles if each.name == asked), None)
                fitting = next((each for each in profiles if each.csv), None) if head.kind == "text" else None
                reader = recognise(head, profile or fitting).name
                file.seek(0)
                for record in read_all(file, path.name, profiles, asked):
                    if record.document is not None:
                        yield reader, f"{path.name} {record.address}", record.document
        except EntregaError:
            continue  # why it is refused stands in the tables of real files


def polish_exports() -> Iterator[tuple[str, str, Document]]:
    """Invoices of a Polish seller, for KSeF takes no others: three formats of them, each read by its reader."""
    for name, document in islice(polish(), 3):
        for target in map(registry.target, ("ubl", "cii", "json")):
            (record,) = read(io.BytesIO(target.write(document, {})), f"{name}{target.suffix}", None, None).records
            assert record.document is not None, (name, target.name, record)
            yield target.name, name, record.document


def prepared(document: Document) -> Document:
    """With what the directory and the operator add in real life: an endpoint, a reference, whom to ask."""
    if not isinstance(document, Invoice):
        return document
    buyer, seller = document.buyer, document.seller
    if buyer.endpoint is None:
        buyer = buyer.model_copy(update={"endpoint": Identifier(value="5609999200016", scheme="0088")})
    if seller.endpoint is None:
        seller = seller.model_copy(update={"endpoint": Identifier(value="5609999200306", scheme="0088")})
    if seller.contact is None:
        ask = Contact(name="Accounts", telephone="+351 900 000 900", email="accounts@seller.example")
        seller = seller.model_copy(update={"contact": ask})
    reference = document.buyer_reference or "REF-1"
    return document.model_copy(update={"buyer": buyer, "seller": seller, "buyer_reference": reference})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Path]]]:
    """target -> reader -> files: everything that could be written and that its own rules let pass."""
    folder = tmp_path_factory.mktemp("matrix")
    check = Checker(maven.jars("rules"), TODAY)
    found: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    refused: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    given: Counter[str] = Counter()
    for at, (reader, _, document) in enumerate(chain(documents(), polish_exports())):
        given[reader] += 1
        whole, told = making.completed(prepared(document))
        for target in registry.targets().values():
            try:
                made = making.make(
                    whole, target, OPTIONS.get(target.name, {}), "report", check, making.binding(told, target.rules)
                )
            except DocumentInvalid as error:
                refused[target.name, reader][error.findings[0].rule if error.findings else error.text] += 1
                continue
            path = folder / f"{target.name}-{at:04d}{target.suffix}"
            path.write_bytes(_enveloped(target, made.content, at + 1))
            found[target.name][reader].append(path)
    if EVERYTHING:
        _print(found, given)
    return found


def _enveloped(target: Target, content: bytes, number: int) -> bytes:
    if target.wrap is None:
        return content
    letter = Letter("14:5609999200306", "14:5609999200016", number, datetime(2026, 11, 27, 12, tzinfo=UTC))
    return target.wrap([content], letter)


def _print(found: dict[str, dict[str, list[Path]]], given: Counter[str]) -> None:
    readers = sorted(given)
    print(f"\n{'':16}" + "".join(f"{name[:11]:>12}" for name in readers))
    print(f"{'documents read':16}" + "".join(f"{given[name]:>12}" for name in readers))
    for target in registry.targets():
        print(f"{target:16}" + "".join(f"{len(found[target][name]) or '-':>12}" for name in readers))


def judge(*arguments: object) -> dict[str, dict[str, Any]]:
    """The verdicts by file name; one call for all, for the validators take seconds to start."""
    done = subprocess.run([str(ORACLE), *map(str, arguments)], capture_output=True, text=True, timeout=900)
    assert done.returncode in (0, 1), done.stderr
    return {Path(one["file"]).name: one for one in map(json.loads, done.stdout.splitlines())}


def test_each_target_takes_documents_of_three_readers(written: dict[str, dict[str, list[Path]]]) -> None:
    """What one reader gave any writer can write: the canonical document stands between them."""
    invoices = [target.name for target in registry.targets().values() if "invoice" in target.kinds]
    poor = {name: {reader: len(files) for reader, files in written[name].items()} for name in invoices}
    assert {name: readers for name, readers in poor.items() if len(readers) < 3} == {}


@pytest.mark.skipif(not (BUILT and shutil.which("java")), reason="skipped: no oracle")
@pytest.mark.parametrize("name", sorted(RULES))
def test_what_is_written_other_makers_accept(written: dict[str, dict[str, list[Path]]], name: str) -> None:
    """Every document that our own rules let pass is valid to the validator of its format."""
    files = [path for paths in written[name].values() for path in paths]
    verdicts = judge("xml", "--rules", RULES[name], *files)
    assert len(verdicts) == len(files)
    wrong = {
        file: [each for each in one["errors"] if name != "factur-x" or not each["message"].startswith(OLDER)]
        for file, one in verdicts.items()
    }
    assert {file: errors for file, errors in wrong.items() if errors} == {}


def test_fa3_is_valid_by_its_schema(written: dict[str, dict[str, list[Path]]]) -> None:
    """Every FA(3), whatever reader its document came from, is valid by the Ministry's schema."""
    files = [path for paths in written["ksef-fa3"].values() for path in paths]
    assert {path.name: schema_check(path.read_bytes(), "ksef-fa3-1-0e") for path in files} == {
        path.name: () for path in files
    }


@pytest.mark.skipif(not (BUILT and shutil.which("java")), reason="skipped: no oracle")
def test_interchanges_are_whole(written: dict[str, dict[str, list[Path]]]) -> None:
    """Envelope, counts and control numbers of EDI, as StAEDI and the directories' schemas see them."""
    edi = [target.name for target in registry.targets().values() if target.envelope]
    files = [path for name in edi for paths in written[name].values() for path in paths]
    verdicts = judge("edi", *files)
    assert {file: one["errors"] for file, one in verdicts.items() if not one["ok"]} == {}
