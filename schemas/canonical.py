"""All canonical documents together: which there are, and from JSON to the right one."""

from __future__ import annotations

from schemas.answers import BusinessResponse, SyntaxAcknowledgement
from schemas.documents import Invoice
from schemas.orders import Catalogue, DespatchAdvice, Order, OrderResponse, ReceivingAdvice
from schemas.payments import CollectionReport, OpenItems, RemittanceAdvice

Document = (
    Invoice
    | Order
    | OrderResponse
    | DespatchAdvice
    | ReceivingAdvice
    | Catalogue
    | RemittanceAdvice
    | OpenItems
    | CollectionReport
    | SyntaxAcknowledgement
    | BusinessResponse
)
"""Each has `kind` (which model), `document_type` (word for people), `number`, `issue_date`, `sender`, `receiver`."""

MODELS: dict[str, type[Document]] = {
    model.model_fields["kind"].default: model
    for model in (
        Invoice, Order, OrderResponse, DespatchAdvice, ReceivingAdvice, Catalogue, RemittanceAdvice, OpenItems,
        CollectionReport, SyntaxAcknowledgement, BusinessResponse,
    )
}  # fmt: skip
"""Kind -> model."""


def from_json(data: bytes | str) -> Document:
    """A canonical document as this system stored it (defaults, `kind` too, may be left out: then it is an invoice).

    Raises ValidationError for anything else.
    """
    import orjson

    value = orjson.loads(data)
    model = MODELS.get(value.get("kind", "invoice"), Invoice) if isinstance(value, dict) else Invoice
    return model.model_validate_json(data)


def to_json(document: Document) -> bytes:
    """UTF-8 JSON without what is not set; of other kinds than invoices it says the kind."""
    data = document.model_dump_json(exclude_none=True, exclude_defaults=True).encode()
    return data if isinstance(document, Invoice) else b'{"kind":"%s",' % document.kind.encode() + data[1:]
