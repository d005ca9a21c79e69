"""What others signed in a PDF, and what time-stamps say of a signature."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import pikepdf
import pytest
from others_signatures import AUTHORITY, INVOICE, NOW, SIGNED_PDF, SIGNER, TRUST, YEAR, only, pdf
from time_stamping import Tsa, authority

from connectors.timestamp.http import HttpTimeStamps
from stages.signing import enveloped, fatturapa, pades
from stages.signing.profiles import Means, sign
from stages.signing.verification import judge
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Indication, Sub


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with authority(AUTHORITY, NOW) as running:
        yield running


def test_a_signed_pdf_is_judged_as_a_whole() -> None:
    """Passed; a changed byte, a changed value, another authority, and no signature are each told."""
    one = only(SIGNED_PDF)
    assert (one.explanation, one.level, one.covers) == ("", "PAdES-BASELINE-B", ("whole document",))
    assert one.content["document.pdf"] == SIGNED_PDF
    assert only(SIGNED_PDF.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 0 9 ]")).sub_indication is Sub.HASH_FAILURE
    assert only(SIGNED_PDF, Trust()).sub_indication is Sub.NO_CERTIFICATE_CHAIN_FOUND
    assert judge(pdf(), TRUST, NOW).reason == (Sub.FORMAT_FAILURE, "there is no signature in it")


def test_what_comes_behind_a_signed_pdf_may_only_be_a_signature() -> None:
    """A second signature is let through; a page drawn over, and bytes that nobody reads, are not."""
    twice = pades.sign_pdf(SIGNED_PDF, SIGNER, NOW, field="Second")
    report = judge(twice, TRUST, NOW)
    assert report.indication is Indication.TOTAL_PASSED
    assert [one.covers[0] for one in report.signatures] == ["whole document as signed", "whole document"]
    assert report.signatures[0].content["document.pdf"] == SIGNED_PDF
    assert judge(drawn_over(SIGNED_PDF), TRUST, NOW).reason[0] is Sub.FORMAT_FAILURE
    assert judge(SIGNED_PDF + b"\n% more\n", TRUST, NOW).reason[0] is not None
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(SIGNED_PDF)) as opened:
        opened.save(saved)
    assert judge(saved.getvalue(), TRUST, NOW).indication is Indication.TOTAL_FAILED


def drawn_over(signed: bytes) -> bytes:
    """An update that replaces the first page's content, as an attacker appends it."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (900.00) Tj ET"))
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "profile", ["xades-b-t-asic-e", "xades-enveloped-fatturapa-t", "cades-fatturapa-t", "pades-b-t"]
)
def test_a_trusted_time_stamp_outlives_the_certificate(tsa: Tsa, profile: str) -> None:
    """Signed and stamped while the certificate was valid: passed after it expired; from another authority: not."""
    brief = AUTHORITY.issue(NOW - YEAR, NOW + timedelta(days=1), kind="p256")
    document = pdf() if profile == "pades-b-t" else INVOICE
    content = sign(profile, "a.xml", document, Means(brief, NOW, HttpTimeStamps(tsa.url)))[0].data
    late = NOW + timedelta(days=30)
    one = only(content, now=late)
    assert (one.explanation, one.level and one.level[5:]) == ("", "-BASELINE-T")
    assert one.stamps[0].usable
    plain = sign(profile.replace("b-t", "b-b").removesuffix("-t"), "a.xml", document, Means(brief, NOW))[0].data
    assert only(plain, now=late).sub_indication is Sub.OUT_OF_BOUNDS_NO_POE
    signer_alone = Trust((brief.certificate,))
    untrusted = only(content, signer_alone, late)
    assert untrusted.sub_indication is Sub.OUT_OF_BOUNDS_NO_POE
    assert untrusted.stamps[0].explanation == "its authority is not trusted"


def test_a_time_stamp_of_another_signature_speaks_against_this_one(tsa: Tsa) -> None:
    """The token is taken from one signature and put on another: refused, and not only left out."""
    stamps = HttpTimeStamps(tsa.url)
    first, second = (enveloped.sign(INVOICE, fatturapa.LAW, SIGNER, NOW, stamps=stamps) for _ in range(2))
    tag = b"<xades:EncapsulatedTimeStamp>"
    token, other = (one[one.index(tag) : one.index(tag.replace(b"<", b"</"))] for one in (first, second))
    assert only(first.replace(token, other)).sub_indication is Sub.SIG_CONSTRAINTS_FAILURE
    assert only(first.replace(token, tag + b"AAAA")).sub_indication is Sub.SIG_CONSTRAINTS_FAILURE
