"""Signatures in PDFs: PAdES, and the older CMS ones.

pyHanko reads the file and compares what was added after signing with what may be added; who signed and when is judged
as everywhere here.

Source: PAdES ETSI EN 319 142-1 V1.2.1, 6.3; ISO 32000-2, 12.8 (signatures, incremental updates).
"""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from typing import Any, Final

from stages.signing.verification import cms
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Draft, Judged, Refused, Report, Sub, failed, whole

MAX_BYTES: Final = 200 * 1024 * 1024
MAX_SIGNATURES: Final = 100
KIND: Final = "PAdES"
DAMAGED: Final = (
    *cms.UNREADABLE,
    OSError,
    NotImplementedError,
    AssertionError,
    ArithmeticError,
    zlib.error,
    struct.error,
)
"""What pyHanko raises at a damaged file, beside its own errors."""


def judge(content: bytes, trust: Trust, now: datetime) -> Report:
    """Every signature in it. Each must be over the whole file, or what came after it may only be another signature."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.errors import SignatureValidationError

    if len(content) > MAX_BYTES:
        return failed(KIND, Sub.FORMAT_FAILURE, "the file is larger than any that is judged")
    try:
        reader = PdfFileReader(io.BytesIO(content))
        if reader.encrypted:
            return failed(KIND, Sub.FORMAT_FAILURE, "the PDF is encrypted")
        embedded = list(reader.embedded_regular_signatures)
    except (PdfError, SignatureValidationError, *DAMAGED):
        return failed(KIND, Sub.FORMAT_FAILURE, "the PDF cannot be read")
    if not embedded:
        return failed(KIND, Sub.FORMAT_FAILURE, "there is no signature in it")
    if len(embedded) > MAX_SIGNATURES:
        return failed(KIND, Sub.FORMAT_FAILURE, f"there are more than {MAX_SIGNATURES} signatures")
    names = {one.field_name for one in reader.embedded_signatures}
    return whole(KIND, [_signature(content, one, names, trust, now) for one in embedded])


def _signature(content: bytes, embedded: Any, names: set[str], trust: Trust, now: datetime) -> Judged:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation.errors import SignatureValidationError

    draft = Draft()
    try:
        _judge(draft, content, embedded, names, trust, now)
    except Refused as refused:
        draft.against(refused.sub, refused.explanation)
    except (PdfError, SignatureValidationError, *DAMAGED):
        draft.against(Sub.FORMAT_FAILURE, "the signature cannot be read")
    return draft.judged()


def _judge(draft: Draft, content: bytes, embedded: Any, names: set[str], trust: Trust, now: datetime) -> None:
    signed = embedded.signed_data
    if signed["encap_content_info"]["content"].native is not None:
        raise Refused(Sub.FORMAT_FAILURE, "the signature holds a document of its own")
    start, first, second, last = (int(one) for one in embedded.byte_range)
    if start != 0 or first < 0 or second < first or last < 0 or second + last > len(content):
        raise Refused(Sub.FORMAT_FAILURE, "the signature's byte range is not one from the file's first byte on")
    gap = content[first:second]
    if gap[:1] + gap[-1:] != b"<>" or bytes.fromhex(gap[1:-1].decode("ascii")) != bytes(embedded.pkcs7_content):
        raise Refused(Sub.FORMAT_FAILURE, "what the byte range leaves out is not the signature")
    data = content[:first] + content[second : second + last]
    cms.judge_signer(draft, signed, embedded.signer_info, data, "data", trust, now)
    _check_additions(draft, content, embedded, names)
    claimed = embedded.self_reported_timestamp
    draft.claimed_time = claimed.astimezone(UTC) if claimed is not None else None
    draft.level = _level(draft, embedded)
    draft.content["document.pdf"] = content[: second + last]


def _check_additions(draft: Draft, content: bytes, embedded: Any, names: set[str]) -> None:
    """Behind what is signed: nothing, or further signatures and what proves them."""
    from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    embedded.compute_integrity_info()
    if embedded.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        draft.covers.append("whole document")
        return
    if embedded.coverage is not SignatureCoverageLevel.ENTIRE_REVISION:
        raise Refused(Sub.FORMAT_FAILURE, "the signature is not over the whole of the document it was put in")
    found = embedded.diff_result
    if not isinstance(found, DiffResult):
        raise Refused(Sub.FORMAT_FAILURE, "the document was changed after it was signed")
    harmless = found.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    signing = found.modification_level is ModificationLevel.FORM_FILLING and set(found.changed_form_fields) <= names
    last = embedded.reader.xrefs.total_revisions - 1
    if not (harmless or signing) or embedded.signed_revision == last or not content.rstrip().endswith(b"%%EOF"):
        raise Refused(Sub.FORMAT_FAILURE, "the document was changed after it was signed")
    draft.covers.append("whole document as signed")
    draft.warnings.append("a later signature or proof was added behind it")


def _level(draft: Draft, embedded: Any) -> str:
    kinds = {one["type"].native for one in embedded.signer_info["signed_attrs"] or ()}
    if embedded.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached" or not cms.REFERENCES & kinds:
        return "PDF"
    if draft.claimed_time is None:
        return "PAdES-BES"
    return "PAdES-BASELINE-T" if any(stamp.usable for stamp in draft.stamps) else "PAdES-BASELINE-B"
