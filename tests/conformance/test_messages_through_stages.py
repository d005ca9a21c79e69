"""What stands around an invoice, from the export to the delivery: made, checked, signed, on a page, and handed over."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from export_run import Ended, House
from message_documents import DOCUMENTS, OPEN_ITEMS
from pypdf import PdfReader

from schemas.answers import SyntaxAcknowledgement
from schemas.canonical import Document, to_json
from schemas.documents import Party
from schemas.messages import ArtefactKind
from schemas.payments import CollectionReport
from stages.formats import registry

PEPPOL = ("order", "order-response", "despatch-advice", "catalogue", "business-response")
EDI = ("x12-4010", "x12-5010", "edifact-d96a", "edifact-d01b")
RECIPIENTS = """name,gln,country,language,email
Fundição São Bento,5790000435951,PT,pt,compras@saobento.example
Talleres Ebro S.A.,5790000435975,ES,es,ventas@ebro.example
"""
TITLES = {
    "order": "Encomenda",
    "order-response": "Respuesta al pedido",
    "despatch-advice": "Aviso de expedición",
    "receiving-advice": "Aviso de receção",
    "catalogue": "Catálogo",
    "remittance-advice": "Aviso de pagamento",
    "open-items": "Estado de partidas abiertas",
    "business-response": "Resposta a um documento",
}
"""In the language of who receives it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("messages")
    (folder / "profiles").mkdir()
    for tenant, formats in (
        ("peppol", "[peppol]"),
        ("any", "[json]"),
        ("both", "[ubl, json]"),
        *((each, f"[{each}]") for each in EDI),
    ):
        brand = f"tenant: {tenant}\nbrand: {{name: Vinhos do Sul}}\nformats: {formats}\npdf_signature: pades-b-b\n"
        (folder / "profiles" / f"{tenant}.yaml").write_text(brand)
    return House(folder, RECIPIENTS)


def _run(house: House, tenant: str, document: Document, content: bytes, suffix: str) -> Ended:
    path = house.storage.root.parent / f"{tenant}-{document.kind}{suffix}"
    path.write_bytes(content)
    (ended,) = house.run(tenant, path)
    return ended


def _page(ended: Ended) -> str:
    reader = PdfReader(io.BytesIO(ended.files[ArtefactKind.PDF]))
    return "\n".join(page.extract_text().replace("\u00a0", " ") for page in reader.pages)


@pytest.mark.parametrize("kind", PEPPOL)
def test_a_peppol_message_comes_through_all_stages(house: House, kind: str) -> None:
    """UBL in, UBL out under the official rules; the signed PDF has the kind's title and the e-format inside."""
    document = DOCUMENTS[kind]
    ended = _run(house, "peppol", document, registry.target("peppol").write(document, {}), ".xml")
    assert (ended.stage, ended.refusal) == ("delivery", None)
    text = _page(ended)
    assert TITLES[kind] in text
    assert document.number in text
    reader = PdfReader(io.BytesIO(ended.files[ArtefactKind.PDF]))
    ((name, (inside,)),) = reader.attachments.items()
    assert name == f"{kind}-{document.number}.xml"
    assert inside == ended.files[ArtefactKind.E_FORMAT]


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_kind_comes_through_where_a_format_carries_it(house: House, kind: str) -> None:
    """With a format that has a message for every kind, each comes to delivery, in the recipient's language."""
    document = DOCUMENTS[kind]
    ended = _run(house, "any", document, to_json(document), ".json")
    assert (ended.stage, ended.refusal) == ("delivery", None)
    assert TITLES[kind] in _page(ended)


@pytest.mark.parametrize("kind", ["order", "order-response", "despatch-advice", "catalogue"])
@pytest.mark.parametrize("target", EDI)
def test_what_is_no_xml_comes_through_too(house: House, target: str, kind: str) -> None:
    """X12 and EDIFACT of every kind that they carry: the message lies beside the page and inside it."""
    document = DOCUMENTS[kind]
    ended = _run(house, target, document, to_json(document), ".json")
    assert (ended.stage, ended.refusal) == ("delivery", None)
    reader = PdfReader(io.BytesIO(ended.files[ArtefactKind.PDF]))
    ((name, (inside,)),) = reader.attachments.items()
    assert (name, inside) == (f"{kind}-{document.number}.edi", ended.files[ArtefactKind.E_FORMAT])


def test_of_several_formats_those_are_made_that_carry_the_kind(house: House) -> None:
    """UBL of plain EN 16931 has no orders: only the other format is made."""
    document = DOCUMENTS["order"]
    ended = _run(house, "both", document, to_json(document), ".json")
    assert ended.stage == "delivery"
    assert ended.files[ArtefactKind.E_FORMAT].startswith(b"{")


def test_without_a_format_for_it_a_message_has_no_route(house: House) -> None:
    """Peppol has no message for open items: it is refused with a sentence that says so."""
    ended = _run(house, "peppol", OPEN_ITEMS, to_json(OPEN_ITEMS), ".json")
    assert ended.refusal is not None
    assert (ended.stage, ended.refusal.reason) == ("extraction", "no-route")
    assert "no message for a document of type open items" in ended.refusal.explanation


def _kept() -> Iterator[Document]:
    mine, theirs = Party(name="Bank"), DOCUMENTS["order"].receiver
    day = OPEN_ITEMS.issue_date
    yield SyntaxAcknowledgement(number="1", issue_date=day, sender=mine, receiver=theirs, action="accepted")
    yield CollectionReport(number="1", issue_date=day, bank="001", bank_party=mine, company=theirs)


@pytest.mark.parametrize("document", list(_kept()), ids=lambda each: each.kind)
def test_what_is_never_delivered_has_no_route(house: House, document: Document) -> None:
    """Syntax acknowledgements and a bank's reports are read, and go to nobody."""
    ended = _run(house, "any", document, to_json(document), ".json")
    assert ended.refusal is not None
    assert ended.refusal.reason == "no-route"
    assert "is not delivered to a partner" in ended.refusal.explanation
