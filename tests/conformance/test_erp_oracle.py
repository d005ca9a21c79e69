"""What ERPs' exports become as UBL, judged by validators that nobody here wrote: one invoice of each reader."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from test_ubl_oracle import completed, judged, needs_oracle

from schemas.documents import Invoice
from schemas.profiles import ExtractionProfile, load_profile
from stages.formats.reading.step import read
from stages.formats.registry import targets
from stages.formats.ubl.writer import Profile, write

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from idoc_flat import flat
from test_read_erp_json import move
from test_read_fixed import YAML as FIXED
from test_read_fixed import head, line, text
from test_read_idoc import batch, idoc
from test_read_spool import COMMON, pdf_spool
from test_read_xlsx import YAML as XLSX
from test_read_xlsx import book

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
KNOWN = {
    "constants": {
        "currency": "EUR",
        "payment_terms": "30 days net",
        "seller": {"name": "Papelaria Lda", "vat_identifier": "PT500000000", "address": {"country": "PT"}},
        "buyer": {"address": {"country": "PT"}},
        "line": {"vat_category": "S", "vat_rate": "23"},
    }
}
"""What no export says of its sender, and an operator writes into the profile once."""


def profiled(yaml: str, **more: object) -> ExtractionProfile:
    profile = load_profile(yaml)
    constants = {**KNOWN["constants"], **more}
    return profile.model_copy(update={"constants": constants})


def exports() -> dict[str, tuple[bytes, ExtractionProfile]]:
    plain = profiled("name: plain")
    pages = f"""
name: spool
spool:{COMMON}
  fields:
    number: {{pattern: 'INVOICE No (\\S+)'}}
    date: {{pattern: 'Date: (\\S+)'}}
    customer: {{zone: {{left: 15, top: 40, right: 100, bottom: 50}}}}
    total: {{pattern: 'Total (\\S+)', page: last}}
  table:
    begins: '^Item Qty'
    ends: '^Total|^Carried'
    columns: {{item: [15, 90], quantity: [90, 120], price: [120, 170]}}
    first: quantity
""".replace(", totals.tax_inclusive: total", "")
    bc = json.loads((CORPORA / "business-central" / "dynamics_salesinvoice_get_1.json").read_text("utf-8"))
    bc["salesInvoiceLines"] = [
        json.loads((CORPORA / "business-central" / "dynamics_salesinvoiceline_get_1.json").read_text("utf-8"))
    ]
    s4 = json.loads((CORPORA / "s4-odata" / "billing-document-header-01-sample.json").read_text("utf-8"))["message"][0]
    s4["to_Item"] = json.loads(
        (CORPORA / "s4-odata" / "billing-document-header-03-item-sample.json").read_text("utf-8")
    )["message"]
    ours = {"vat_identifier": "PT500000000", "address": {"country": "PT"}}
    zero = {"line": {"vat_category": "Z", "vat_rate": "0"}}
    odoo = "name: odoo\nerp: {tax_codes: {'7': {category: S, rate: '21'}}}"
    customers = "name: s4\nerp: {parties: {'1': {name: Customer One, address: {country: JP}}}}"
    row = [1, "02.11.2026", "Anna", "Paper", 3, 19.99, 0.23]
    return {
        "idoc-flat": (flat(batch(idoc("1"))).encode(), plain),
        "business-central": (json.dumps({"value": [bc]}).encode(), plain),
        "s4hana": (json.dumps({"d": {"results": [s4]}}).encode(), profiled(customers, **zero)),
        "odoo": (json.dumps([move()]).encode(), profiled(odoo, seller=ours)),
        "xlsx": (book(row), profiled(XLSX)),
        "fixed": (text(head("A-1", "000001230 "), line("A-1", "Paper")), profiled(FIXED)),
        "spool": (pdf_spool(), profiled(pages)),
    }  # fmt: skip


@needs_oracle
@pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
def test_every_reader_gives_invoices_that_others_accept(tmp_path: Path) -> None:
    """The first invoice of each kind of export passes XSD and the rules of EN 16931, without a warning."""
    files = {}
    for name, (data, profile) in exports().items():
        document = read(io.BytesIO(data), name, profile, None).records[0].document
        assert isinstance(document, Invoice), name
        files[name] = write(completed(document), Profile.EN16931)
    assert judged(tmp_path, "en16931-ubl", files) == {name: [] for name in files}


@needs_oracle
@pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
def test_orders_answers_and_deliveries_of_sap_pass_peppols_rules(tmp_path: Path) -> None:
    """Real IDocs of ORDERS, ORDRSP and DESADV, flat and XML, become Peppol messages that others accept."""
    end = {"endpoint": {"value": "5790000435975", "scheme": "0088"}, "address": {"country": "US"}}
    constants = {"seller": end, "buyer": end, "delivery": {"address": {"country": "US"}}}
    unnamed = {**constants, "seller": {"name": "Seller Ltd", **end}}
    files = {}
    for path in sorted((CORPORA / "idoc").iterdir()):
        if any(word in path.name for word in ("ORDERS05", "orders05", "DELVRY07")):
            orders = "orders-idoc" in path.name  # the customer's: the seller is named by number only
            profile = load_profile("name: sap").model_copy(update={"constants": unnamed if orders else constants})
            record = read(io.BytesIO(path.read_bytes()), path.name, profile, None).records[0]
            if record.document is not None:
                files[f"{len(files)}-{record.document.kind}"] = targets()["peppol"].write(record.document, {})
    assert {name.partition("-")[2] for name in files} == {"order", "order-response", "despatch-advice"}
    verdicts = judged(tmp_path, "peppol", files)
    fatal = {name: [e for e in errors if not e.startswith("{")] for name, errors in verdicts.items()}
    assert fatal == {name: [] for name in files}
