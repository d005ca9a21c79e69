"""Judges what others signed: XML, ASiC, CMS and PDF, in the words of the standard.

Stricter than the standard where a lenient reader could be led astray: one signature in an XML document, over the whole
of it; a file in a container, a change behind a signed PDF that nobody signed, and everything passed only with a key
that we were told to trust. No network, no file that a signature names. Revocation is not asked for.

Source: ETSI EN 319 102-1 V1.3.1, 5 (basic validation, validation with time); W3C xmldsig-bestpractices.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from stages.formats import p7m
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Report, Sub, failed

NOT_CHECKED = ("revocation",)


def judge(content: bytes, trust: Trust, now: datetime, detached: Mapping[str, bytes] | None = None) -> Report:
    """The signatures of one file, recognised by its content. `now` is the time of judgement, aware; `detached` the
    signed files by name where they lie beside the signature."""
    if content[:1024].lstrip()[:5] == b"%PDF-":
        from stages.signing.verification import pdf

        return pdf.judge(content, trust, now)
    if content[:4] == b"PK\x03\x04":
        from stages.signing.verification import containers

        return containers.judge(content, trust, now)
    if p7m.is_p7m(content):
        from stages.signing.verification import cms

        beside = next(iter(detached.values())) if detached else None
        return cms.judge(content, beside, trust, now)
    from stages.signing.verification import xml

    if not _may_be_xml(content):
        told = "the file is neither a signature nor signed: it is no XML, PDF, CMS (.p7m, .p7s) or ASiC container"
        return failed("none", Sub.FORMAT_FAILURE, told)
    return xml.judge(content, detached, trust, now)


def _may_be_xml(content: bytes) -> bool:
    """By its first sign, in UTF-8 or UTF-16, with or without a byte order mark."""
    start = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] == b"<" or content[:2] in (b"\xff\xfe", b"\xfe\xff")
