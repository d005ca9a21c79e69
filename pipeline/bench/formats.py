"""What formats, rules, signatures and PDFs cost by themselves: CPU a document.

Every target of the registry that carries the bench's invoice is written, its losses are told and, where its format has
a reader, it is read back; what costs more than `MOST_MS` says so. A target of one country gets that country's invoice.
Figures are the median of `ROUNDS` rounds of `count` documents, in milliseconds of process time.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.documents import Invoice, Totals

ROUNDS = 3
MOST_MS = 3.0
"""What writing may cost, and reading, of a document of 20 lines."""
OPTIONS: dict[str, dict[str, str]] = {
    "fatturapa": {"regime_fiscale": "RF18", "codice_destinatario": "XXXXXXX"},
    "edifact-d96a": {"charset": "UNOW"},
    "edifact-d01b": {"charset": "UNOW"},
}
"""What a target asks for besides the document."""


@dataclass(frozen=True)
class Cost:
    """One row: what was done, CPU milliseconds a document, how many bytes came of it; or why it could not be done."""

    what: str
    cpu_ms: float | None
    size: int | None = None
    note: str = ""

    def shown(self) -> dict[str, Any]:
        return {"what": self.what, "cpu_ms": self.cpu_ms, "bytes": self.size, "note": self.note or None}


def invoices(count: int, lines: int) -> list[Invoice]:
    """Completed documents; the buyer has what every target asks of one."""
    from pipeline.bench import documents
    from stages.conversion.making import completed

    found = []
    for number in range(count):
        document = Invoice.model_validate(documents.invoice(number, lines))
        buyer = document.buyer.model_copy(update={"vat_identifier": "PL5260250274"})
        whole, _ = completed(document.model_copy(update={"buyer": buyer}))
        assert isinstance(whole, Invoice)
        found.append(whole)
    return found


def _polish(document: Invoice) -> Invoice:
    """The same goods, sold in Poland: KSeF takes the invoices of Polish sellers, by the rates of Polish VAT."""
    from stages.conversion.making import completed

    address = document.buyer.address
    seller = {"name": "Bench i Synowie sp. z o.o.", "vat_identifier": "PL5265877635", "address": address}
    changes: dict[str, Any] = {
        "currency": "PLN",
        "seller": document.seller.model_copy(update=seller),
        "lines": tuple(line.model_copy(update={"vat_rate": Decimal(23)}) for line in document.lines),
        "vat_breakdown": (),
        "totals": Totals(),
    }
    whole, _ = completed(document.model_copy(update=changes))
    assert isinstance(whole, Invoice)
    return whole


AT_HOME: dict[str, Callable[[Invoice], Invoice]] = {"ksef-fa3": _polish}
"""Target of one country's sellers -> the bench's invoice as one of them has it."""


def measure(count: int, lines: int, say: Callable[[str], None]) -> list[Cost]:
    """Every figure of the table, in the order in which a document meets them."""
    documents = invoices(count, lines)
    rows: list[Cost] = []
    for name in _targets():
        say(f"Writing and reading {name}")
        rows += _target(name, documents)
    say("Rules")
    rows += _rules(documents)
    say("Signatures and PDFs")
    rows += _seals(documents)
    return rows


def _targets() -> list[str]:
    from stages.formats import registry

    return [target.name for target in registry.targets().values() if "invoice" in target.kinds]


def _target(name: str, documents: Sequence[Invoice]) -> list[Cost]:
    from schemas.errors import DocumentInvalid
    from stages.formats import registry
    from stages.formats.format import Letter
    from stages.formats.reading.step import read

    target, options = registry.target(name), OPTIONS.get(name, {})
    documents = [AT_HOME[name](each) for each in documents] if name in AT_HOME else documents
    try:
        written = [target.write(document, options) for document in documents]
    except DocumentInvalid as error:
        rules = ", ".join(dict.fromkeys(finding.rule for finding in error.findings))
        return [Cost(f"write {name}", None, note=f"refused: {rules}")]
    size = round(statistics.median(len(each) for each in written))
    rows = [_capped(f"write {name}", _median(lambda document: target.write(document, options), documents), size)]
    told = _median(lambda document: target.losses(document, options), documents)
    rows.append(Cost(f"losses {name}", told, note="writing and reading included" if target.differences else ""))
    if target.wrap is not None:
        letter = Letter("ZZ:BENCH", "ZZ:PARTNER", 1, datetime(2026, 1, 5, tzinfo=UTC), options)
        written = [target.wrap([each], letter) for each in written]
    one = read(io.BytesIO(written[0]), f"bench{target.suffix}", None, None)
    if any(record.document is None for record in one.records):
        return [*rows, Cost(f"read {name}", None, note=f"refused: {one.records[0].error}")]
    reads = _median(lambda data: read(io.BytesIO(data), f"bench{target.suffix}", None, None), written)
    return [*rows, _capped(f"read {name}", reads)]


def _capped(what: str, cpu_ms: float, size: int | None = None) -> Cost:
    return Cost(what, cpu_ms, size, f"over {MOST_MS} ms" if cpu_ms > MOST_MS else "")


def _rules(documents: Sequence[Invoice]) -> list[Cost]:
    from pipeline import maven
    from stages.formats import registry
    from stages.rules import native
    from stages.rules.catalogue import RuleSet, in_force
    from stages.rules.judging import natively_judged
    from stages.rules.official import RuleEngine

    jars = maven.jars("rules")
    engine, rows = RuleEngine(jars), []
    for name in ("peppol", "xrechnung-ubl", "cii", "xrechnung-cii", "factur-x"):
        target = registry.target(name)
        release = in_force(RuleSet(target.rules[0]), date(2026, 11, 27))
        written = [target.write(document, {}) for document in documents]
        judged = natively_judged(written[0], release, jars)
        assert judged is not None
        cost = _median(lambda d, r=release, k=judged.kind: native.check(d, r, k), documents)  # type: ignore[misc]
        same = _equality(documents, target, release, judged.kind, engine)
        rows.append(Cost(f"native rules {name}", cost, note=same))
        official = _median(lambda x, r=release: engine.check(x, r), written)  # type: ignore[misc]
        rows.append(Cost(f"official rules {name}", official))
    return rows


def _equality(documents: Sequence[Invoice], target: Any, release: Any, kind: str, engine: Any) -> str:
    """Both engines about every document, and about each with one thing wrong: how many verdicts, how many differ."""
    from stages.rules import native
    from stages.rules.judging import rules_of

    compared, broken, differing = 0, set[str](), set[str]()
    for document in documents:
        for each in (document, *_spoilt(document)):
            ours, theirs = native.check(each, release, kind), engine.check(target.write(each, {}), release)
            compared += 1
            broken |= rules_of(theirs)
            differing |= rules_of(ours) ^ rules_of(theirs)
    told = f"; they differ about {', '.join(sorted(differing))}" if differing else ", as official"
    return f"{compared} verdicts, {len(broken)} rules broken{told}"


def _spoilt(document: Invoice) -> list[Invoice]:
    line, totals = document.lines[0], document.totals
    due = totals.amount_due or Decimal(0)
    return [
        document.model_copy(update=update)
        for update in (
            {"totals": totals.model_copy(update={"amount_due": due + Decimal("0.01")})},
            {"buyer_reference": None, "order_reference": None},
            {"seller": document.seller.model_copy(update={"endpoint": None, "contact": None})},
            {"type_code": "326"},
            {"lines": (line.model_copy(update={"vat_category": "E", "unit": "bottle"}), *document.lines[1:])},
            {"lines": (line.model_copy(update={"net_amount": Decimal("1.005")}), *document.lines[1:])},
        )
    ]


def _seals(documents: Sequence[Invoice]) -> list[Cost]:
    import tempfile

    from connectors.keys import demo
    from connectors.keys.source import KeyFile
    from stages.formats import registry
    from stages.rendering.brand import Brand
    from stages.rendering.layout import render
    from stages.rendering.pdfa import EmbeddedFile
    from stages.signing import profiles

    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        means = profiles.Means(KeyFile(demo.ensure(Path(folder), now).key_file).signer(), now)
        xml = [registry.target("peppol").write(document, {}) for document in documents]
        sealed = _median(lambda data: profiles.sign("xades-b-b-asic-e", "bench.xml", data, means), xml)
        brand = Brand(name="Bench e Filhos")

        def pdf(pair: tuple[Invoice, bytes]) -> bytes:
            inside = EmbeddedFile("bench.xml", pair[1], "application/xml")
            return render(pair[0], brand=brand, language="pt", attachment=inside, created=now)

        pairs = list(zip(documents, xml, strict=True))
        pages = [pdf(pair) for pair in pairs]
        size = round(statistics.median(len(each) for each in pages))
        return [
            Cost("XAdES B-B in ASiC-E", sealed),
            Cost("PDF/A-3 with the e-format inside", _median(pdf, pairs), size),
            Cost("PAdES B-B", _median(lambda data: profiles.sign("pades-b-b", "bench.pdf", data, means), pages)),
        ]


def _median(work: Callable[[Any], Any], given: Sequence[Any]) -> float:
    """CPU milliseconds a document; the first call is not counted, for it loads what stays loaded."""
    work(given[0])
    rounds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        for each in given:
            work(each)
        rounds.append((time.process_time() - before) * 1000 / len(given))
    return round(statistics.median(rounds), 2)
