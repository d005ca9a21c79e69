"""An order and a despatch advice through broker, database and worker, from the export to the recipient's mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from bad_input_house import House
from pypdf import PdfReader

RECIPIENTS = """name,gln,country,language,email
Fundição São Bento,5790000435951,PT,pt,compras@saobento.example
Talleres Ebro S.A.,5790000435975,ES,es,ventas@ebro.example
"""
BUYER = {"name": "Talleres Ebro S.A.", "identifiers": [{"value": "5790000435975", "scheme": "0088"}]}
SELLER = {"name": "Fundição São Bento", "identifiers": [{"value": "5790000435951", "scheme": "0088"}]}
ORDER = {
    "kind": "order", "number": "PO-7", "issue_date": "2026-11-22", "currency": "EUR", "buyer": BUYER, "seller": SELLER,
    "lines": [{"identifier": "1", "quantity": "3", "name": "Molde", "net_price": "9.50", "net_amount": "28.50"}],
}  # fmt: skip
DESPATCH_ADVICE = {
    "kind": "despatch-advice", "number": "DA-7", "issue_date": "2026-11-22", "buyer": BUYER, "seller": SELLER,
    "order_reference": "PO-7", "lines": [{"identifier": "1", "quantity": "3", "name": "Molde", "batch": "L-1"}],
}  # fmt: skip
OPEN_ITEMS = {
    "kind": "open-items", "number": "OI-7", "issue_date": "2026-11-22", "currency": "EUR", "buyer": BUYER,
    "seller": SELLER, "items": [{"document_number": "FT 1", "balance": "28.50"}],
}  # fmt: skip


@pytest.fixture
def house() -> Iterator[House]:
    made = House.make()
    try:
        recipients = made.data / "partners.csv"
        recipients.write_text(RECIPIENTS, "utf-8")
        assert made.entrega("recipients", "import", str(recipients)).code == 0
        profile = made.data / "profiles" / "demo.yaml"
        profile.write_text(profile.read_text() + "formats: [edifact-d96a]\n")
        made.start()
        yield made
    finally:
        made.remove()


def test_messages_reach_their_recipients(house: House, tmp_path: Path) -> None:
    """Order and despatch advice end in the outbox, each with a mail in the recipient's language that names it for what
    it is and asks for no money; what no format carries is parked with its reason."""
    for document in (ORDER, DESPATCH_ADVICE, OPEN_ITEMS):
        (tmp_path / f"{document['kind']}.json").write_text(json.dumps(document))
    files = [str(path) for path in sorted(tmp_path.glob("*.json"))]
    answer = house.entrega("ingest", *files, "--wait", "--json")
    ended = {row["type"]: (row["number"], row["state"], row["reason"]) for row in answer.rows}
    assert ended == {
        "order": ("PO-7", "captured", None),
        "despatch-advice": ("DA-7", "captured", None),
        "open-items": ("OI-7", "parked", "no-route"),
    }
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in house.data.glob("outbox/**/*.eml")]
    assert {(mail["To"].addresses[0].addr_spec, mail["Subject"]) for mail in mails} == {
        ("compras@saobento.example", "Encomenda PO-7 de Vinhos"),
        ("ventas@ebro.example", "Aviso de expedición DA-7 de Vinhos"),
    }
    for mail in mails:
        body = mail.get_body(("plain",))
        assert body is not None
        assert "pagar" not in body.get_content()
    for row in answer.rows:
        if row["state"] == "captured":
            target = tmp_path / f"{row['number']}.pdf"
            got = house.entrega("artefact", row["document_id"], "pdf", "--output", str(target))
            assert got.code == 0, got
            assert row["number"] in PdfReader(target).pages[0].extract_text()
