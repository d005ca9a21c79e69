"""The archive's parts, read back by pypdf: attachment, relationship, metadata, output intent, dates, identity."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfReader
from render_documents import E_FORMAT, SELLER, invoice, pdf

from schemas.documents import Party
from stages.rendering.pdfa import EmbeddedFile

NAMES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
}


def root(content: bytes) -> Any:
    return PdfReader(BytesIO(content)).trailer["/Root"]


def test_the_e_format_is_inside_and_whole() -> None:
    """The embedded file is byte for byte the e-format, typed, dated, and an alternative of the document (/AF)."""
    catalog = root(pdf(invoice(2)))
    (spec,) = [each.get_object() for each in catalog["/AF"]]
    assert spec["/AFRelationship"] == "/Alternative"
    assert spec["/F"] == spec["/UF"] == "FT-2026-117.xml"
    stream = spec["/EF"]["/F"].get_object()
    assert stream.get_data() == E_FORMAT.content
    assert stream["/Subtype"] == "/application/xml"
    assert stream["/Params"]["/ModDate"] == "D:20261122120000+00'00'"
    listed = catalog["/Names"]["/EmbeddedFiles"]
    names = listed["/Names"] if "/Names" in listed else listed["/Kids"][0].get_object()["/Names"]
    assert names[0] == "FT-2026-117.xml"
    assert names[1].get_object()["/EF"]["/F"].get_object().get_data() == E_FORMAT.content


def test_without_an_e_format_nothing_is_embedded() -> None:
    """A PDF without attachment has no /AF and no embedded files."""
    catalog = root(pdf(invoice(1), attachment=None))
    assert "/AF" not in catalog
    assert "/Names" not in catalog


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("pl", "pl-PL"),
        ("de", "de-DE"),
        ("fr", "fr-FR"),
        ("it", "it-IT"),
        ("de-CH", "de-CH"),
        ("pt-BR", "pt-BR"),
        ("en", "en-GB"),
    ],
)
def test_the_file_describes_itself(language: str, tag: str) -> None:
    """XMP and information dictionary say the same title, author and dates, and the file claims PDF/A-3B."""
    hostile = Party(**SELLER.model_dump() | {"name": "A & B <x> ]]> \u0001 Gęś"})
    content = pdf(invoice(1, seller=hostile), language)
    reader = PdfReader(BytesIO(content))
    catalog: Any = reader.trailer["/Root"]
    assert catalog["/Lang"] == tag
    xmp = etree.fromstring(catalog["/Metadata"].get_data())

    def one(path: str) -> str:
        (found,) = xmp.xpath(f"//{path}", namespaces=NAMES)
        return str(found.text)

    assert (one("pdfaid:part"), one("pdfaid:conformance")) == ("3", "B")
    assert one("dc:creator//rdf:li") == "A & B <x> ]]> Gęś"
    assert one("dc:language//rdf:li") == tag
    assert one("xmp:CreateDate") == one("xmp:ModifyDate") == "2026-11-22T12:00:00+00:00"
    information: Any = reader.trailer["/Info"]
    assert information["/Title"] == one("dc:title//rdf:li")
    assert information["/Title"].endswith("FT 2026/117")
    assert information["/Author"] == one("dc:creator//rdf:li")
    assert information["/CreationDate"] == information["/ModDate"] == "D:20261122120000+00'00'"
    assert content.startswith(b"%PDF-1.7\n")


def test_the_output_intent_is_srgb_and_the_same_every_day() -> None:
    """There is one output intent, an RGB profile of three channels with a fixed date in its header."""
    (intent,) = root(pdf(invoice(1)))["/OutputIntents"]
    intent = intent.get_object()
    profile = intent["/DestOutputProfile"].get_object()
    data = profile.get_data()
    assert intent["/S"] == "/GTS_PDFA1"
    assert profile["/N"] == 3
    assert data[16:20] == b"RGB "
    assert data[36:40] == b"acsp"
    assert data[24:26] == (2010).to_bytes(2, "big")


def test_the_identity_follows_the_content() -> None:
    """/ID is the same for the same content and another for another."""

    def identity(content: bytes) -> Any:
        return PdfReader(BytesIO(content)).trailer["/ID"][0].original_bytes

    first = pdf(invoice(1))
    other = pdf(invoice(1), attachment=EmbeddedFile("FT-2026-117.xml", b"<other/>"))
    assert identity(first) == identity(pdf(invoice(1)))
    assert identity(first) != identity(other)


def test_nothing_in_the_file_is_active() -> None:
    """No scripts, actions, forms or links: a document is looked at, not run."""
    content = pdf(invoice(3))
    for active in (b"/JavaScript", b"/OpenAction", b"/AA ", b"/Launch", b"/AcroForm", b"/Annots", b"/URI"):
        assert active not in content
