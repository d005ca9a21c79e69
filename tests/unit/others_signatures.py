"""A signer of a trusted authority, a signed invoice, and the one judgement of a file."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from reportlab.pdfgen.canvas import Canvas

from connectors.keys.memory import Authority
from stages.signing import enveloped, fatturapa, pades
from stages.signing.verification import judge
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Judged

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(NOW)
TRUST = Trust((AUTHORITY.certificate,))
SIGNER = AUTHORITY.issue(NOW - YEAR, NOW + YEAR, kind="p256")
INVOICE = (
    b'<?xml version="1.0"?>\n<?xml-stylesheet href="a.xsl"?>\n<p:FatturaElettronica xmlns:p="urn:p" xml:lang="it">'
    b"<Header><Id>1</Id><!-- seller --></Header><Body>\n <Total>100.00</Total>\n</Body></p:FatturaElettronica>"
)
SIGNED = enveloped.sign(INVOICE, fatturapa.LAW, SIGNER, NOW)


def only(content: bytes, trust: Trust = TRUST, now: datetime = NOW) -> Judged:
    (one,) = judge(content, trust, now).signatures
    return one


def pdf() -> bytes:
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.drawString(50, 700, "100.00")
    canvas.save()
    return drawn.getvalue()


SIGNED_PDF = pades.sign_pdf(pdf(), SIGNER, NOW)
