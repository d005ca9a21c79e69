"""Sums that a format asks for in words and nobody publishes as rules: plain functions over the XML, by name.

Source   Facturae 3.2.2 (annotations of its schema); SdI's checks of a FatturaPA
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from schemas.errors import Finding


def _facturae(document: etree._Element) -> tuple[Finding, ...]:
    from stages.rules.native import facturae

    return facturae.check(document)


def _fatturapa(document: etree._Element) -> tuple[Finding, ...]:
    from stages.rules.native import fatturapa

    return fatturapa.check(document)


SUMS: dict[str, Callable[[etree._Element], tuple[Finding, ...]]] = {"facturae": _facturae, "fatturapa": _fatturapa}
"""Run where the schema found nothing wrong."""
