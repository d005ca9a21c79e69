"""Base64 of embedded files (BG-24): what is none is refused with its place, read, checked or given."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import pytest
from lxml import etree
from test_facturae import invoice as spanish
from test_fatturapa import RF01
from test_fatturapa import invoice as italian
from test_native_findings import invoice

from pipeline import maven
from schemas.binary import base64_bare
from schemas.documents import Attachment
from schemas.errors import Finding
from stages.formats import registry
from stages.formats.reading.step import read
from stages.rules import schemata
from stages.rules.native import facturae

GIVEN = Attachment(reference="A", content_base64="QUJD", media_type="application/pdf", file_name="a.pdf")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@@@", "character 1 is U+0040"),
        ("QU\u00a0JD", "character 3 is U+00A0"),
        ("QUJ-", "character 4 is U+002D"),
        ("QUJ", "length or its padding"),
        ("Q", "length or its padding"),
        ("QUI=QUJD", "length or its padding"),
        ("=QUI", "length or its padding"),
        ("QUJ=", "ends within a byte"),
        ("QR==", "ends within a byte"),
    ],
)
def test_what_is_no_base64_is_told(text: str, told: str) -> None:
    """The first sign that is none of the alphabet with its position, a wrong end, and bits that no byte has."""
    with pytest.raises(ValueError, match=told.replace("+", r"\+")):
        base64_bare(text)


def test_what_is_base64_stays_as_it_is() -> None:
    """Bytes of any length pass; only blanks and line breaks go, which XML Schema allows anywhere."""
    for length in range(70):
        plain = base64.b64encode(os.urandom(length)).decode()
        assert base64_bare(plain) == plain
        assert base64_bare("\r\n\t ".join(plain)) == plain
    assert Attachment(reference="A", content_base64="QU\nJD").content_base64 == "QUJD"


CASES = (
    ("ubl", {}, invoice, "cbc:EmbeddedDocumentBinaryObject", "ubl-invoice-2.1"),
    ("cii", {}, invoice, "ram:AttachmentBinaryObject", "cii-d16b"),
    ("facturae", {}, spanish, "AttachmentData", "facturae-3.2.2"),
    ("fatturapa", RF01, italian, "/Allegati/Attachment", "fatturapa-1.2.2"),
)


@pytest.mark.parametrize(("target", "options", "make", "element", "schema"), CASES)
def test_a_file_that_is_no_base64_stops_the_document(
    target: str, options: dict[str, str], make: object, element: str, schema: str
) -> None:
    """Each reader refuses it at its element, and the schema, of which libxml2 lets it pass, does too."""
    right = registry.target(target).write(make(attachments=(GIVEN,)), options)  # type: ignore[operator]
    wrong = right.replace(b">QUJD<", b">QU@JD<")
    assert wrong != right
    (record,) = read(io.BytesIO(right), "a.xml", None, None).records
    assert record.document is not None
    assert record.document.attachments[0].content_base64 == "QUJD"  # type: ignore[union-attr]
    assert _checked(right, schema) == ()
    (record,) = read(io.BytesIO(wrong), "a.xml", None, None).records
    assert record.error is not None
    (finding,) = record.error.findings
    assert (finding.rule, finding.found) == ("field-base64", "QU@JD")
    assert element in finding.place
    (finding,) = _checked(wrong, schema)
    assert (finding.rule in ("XSD", "facturae-base64"), finding.found) == (True, "QU@JD")
    assert element.rpartition("/")[2] in finding.place


def _checked(xml: bytes, schema: str) -> tuple[Finding, ...]:
    found = schemata.schema_check(xml, schema, tuple(map(Path, maven.jars("rules"))))
    return found or (facturae.check(etree.fromstring(xml)) if schema.startswith("facturae") else ())


def test_a_facturae_may_hold_an_attachment_as_plain_text() -> None:
    """AttachmentEncoding NONE: XML or HTML stands there as it is, and is Base64 in the document."""
    right = registry.target("facturae").write(spanish(attachments=(GIVEN,)), {})
    plain = right.replace(b">BASE64<", b">NONE<").replace(b">QUJD<", b">&lt;p>a&lt;/p><")
    (record,) = read(io.BytesIO(plain), "a.xml", None, None).records
    assert record.document is not None
    content = record.document.attachments[0].content_base64  # type: ignore[union-attr]
    assert base64.b64decode(content) == b"<p>a</p>"
    assert facturae.check(etree.fromstring(plain)) == ()
