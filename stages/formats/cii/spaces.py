"""The namespaces of CII D16B and their customary prefixes."""

from __future__ import annotations

_UNECE = "urn:un:unece:uncefact:data:standard:"
NAMESPACES = {
    "rsm": f"{_UNECE}CrossIndustryInvoice:100",
    "ram": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "qdt": f"{_UNECE}QualifiedDataType:100",
    "udt": f"{_UNECE}UnqualifiedDataType:100",
}


def name(tag: str) -> str:
    """`{namespace}local` of a prefixed tag."""
    prefix, _, local = tag.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
