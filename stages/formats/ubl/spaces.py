"""The namespaces of UBL 2.1 documents and their customary prefixes."""

from __future__ import annotations

OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"


def spaces(root: str) -> dict[str, str]:
    """Prefix -> namespace of a document with that root element."""
    return {
        "": f"{OASIS}{root}-2",
        "cac": f"{OASIS}CommonAggregateComponents-2",
        "cbc": f"{OASIS}CommonBasicComponents-2",
    }
