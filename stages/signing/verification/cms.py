"""CMS signatures: a `.p7m` around its document, or a `.p7s` beside it.

Source: CMS RFC 5652, 5; CAdES ETSI EN 319 122-1 V1.3.1, 6.3; ETSI EN 319 102-1 V1.3.1, 5.3.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.errors import ExportUnreadable
from stages.formats import p7m
from stages.signing.verification import stamps
from stages.signing.verification.trust import Trust, check_signer
from stages.signing.verification.verdict import Draft, Judged, Refused, Report, Sub, failed, whole

MAX_SIGNERS = 20
BASELINE = {"content_type", "message_digest", "signing_time"}
REFERENCES = {"signing_certificate", "signing_certificate_v2"}
LONG_TERM = {"archive_time_stamp_v3", "certificate_values", "revocation_values", "complete_certificate_references"}
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, RecursionError, LookupError)


def judge(data: bytes, detached: bytes | None, trust: Trust, now: datetime) -> Report:
    """Every signer of the outermost SignedData. `detached` is the content where it is not inside."""
    try:
        signed = p7m.signed_data(data)
        infos = list(signed["signer_infos"])
        content = signed["encap_content_info"]["content"].native
        kind = signed["encap_content_info"]["content_type"].native
    except ExportUnreadable as error:
        return failed("CAdES", Sub.FORMAT_FAILURE, error.text)
    except UNREADABLE:
        return failed("CAdES", Sub.FORMAT_FAILURE, "the signature cannot be read")
    if not 0 < len(infos) <= MAX_SIGNERS:
        return failed("CAdES", Sub.FORMAT_FAILURE, f"there is no signer, or more than {MAX_SIGNERS}")
    if isinstance(content, bytes) and detached is not None and detached != content:
        return failed("CAdES", Sub.HASH_FAILURE, "the signature holds another document than the one beside it")
    if not isinstance(content, bytes):
        content = detached
    if content is None:
        return failed("CAdES", Sub.SIGNED_DATA_NOT_FOUND, "the signed document lies apart; name it with --detached")
    return whole("CAdES", [signer(signed, info, content, kind, trust, now) for info in infos])


def signer(
    signed: Any, info: Any, content: bytes, kind: str, trust: Trust, now: datetime, *, name: str = "document"
) -> Judged:
    """One SignerInfo over `content`, whose content type is `kind`."""
    draft = Draft()
    try:
        judge_signer(draft, signed, info, content, kind, trust, now)
        draft.content[name] = content
        draft.covers.append(name)
    except Refused as refused:
        draft.against(refused.sub, refused.explanation)
    except UNREADABLE:
        draft.against(Sub.FORMAT_FAILURE, "the signature cannot be read")
    return draft.judged()


def judge_signer(draft: Draft, signed: Any, info: Any, content: bytes, kind: str, trust: Trust, now: datetime) -> None:
    from pyhanko.sign.general import CMSStructuralError
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko_certvalidator.errors import DisallowedAlgorithmError

    own, others = stamps.certificates(signed, info)
    if own is None:
        raise Refused(Sub.NO_SIGNING_CERTIFICATE_FOUND, "the signer's certificate is not in the signature")
    draft.signer = own
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]} if info["signed_attrs"] else {}
    if "signing_time" in attributes:
        draft.claimed_time = attributes["signing_time"][0].native
    if info["digest_algorithm"]["algorithm"].native not in stamps.DIGESTS | stamps.WEAK_DIGESTS:
        raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "the digest's algorithm is not allowed")
    try:
        intact, valid = stamps.integrity(info, own, kind, content)
    except DisallowedAlgorithmError as error:
        raise Refused(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "an algorithm is not allowed") from error
    except (SignatureValidationError, CMSStructuralError) as error:
        raise Refused(Sub.FORMAT_FAILURE, "the signed attributes are not as they must be") from error
    if not intact:
        draft.against(Sub.HASH_FAILURE, "the document is not the one that was signed")
    if not valid:
        draft.against(Sub.SIG_CRYPTO_FAILURE, "the signature's value does not fit")
    if info["digest_algorithm"]["algorithm"].native in stamps.WEAK_DIGESTS:
        draft.against(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE, "SHA-1 proves nothing any more")
    unsigned = list(info["unsigned_attrs"]) if info["unsigned_attrs"] else []
    for one in unsigned:
        if one["type"].native == "signature_time_stamp_token":
            for token in one["values"]:
                stamps.judge(draft, token.dump(), info["signature"].native, trust, now)
    draft.level = _level(attributes, {one["type"].native for one in unsigned}, draft)
    check_signer(draft, own, others, trust, now)


def _level(signed: dict[str, Any], unsigned: set[str], draft: Draft) -> str:
    if not REFERENCES & set(signed):
        return "CMS"
    if not set(signed) >= BASELINE:
        return "CAdES-BES"
    if LONG_TERM & unsigned:
        draft.warnings.append("its data for long-term validation was not evaluated")
    return "CAdES-BASELINE-T" if any(stamp.usable for stamp in draft.stamps) else "CAdES-BASELINE-B"
