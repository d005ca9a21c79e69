"""Time-stamps on signatures: whether one is over this signature, sound, and of an authority that we believe.

Source: RFC 3161, 2.4.2; ETSI EN 319 102-1 V1.3.1, 5.4 (time-stamp validation).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from stages.signing.verification.trust import Trust, certificate, leads_to_anchor
from stages.signing.verification.verdict import Draft, Stamp, Sub

DIGESTS = {"sha256", "sha384", "sha512"}
WEAK_DIGESTS = {"sha1"}
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


def judge(draft: Draft, token: bytes, over: bytes, trust: Trust, now: datetime) -> None:
    """Adds the time-stamp to `draft`. One over other data speaks against the signature: somebody put it there. One of
    an authority that is not trusted proves nothing, and that is all."""
    from asn1crypto import cms

    try:
        signed = cms.ContentInfo.load(token, strict=True)["content"]
        draft.stamps.append(_judged(signed, over, trust, now))
    except _NotOver:
        draft.against(Sub.SIG_CONSTRAINTS_FAILURE, "a time-stamp is over something else than this signature")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, LookupError):
        draft.against(Sub.SIG_CONSTRAINTS_FAILURE, "a time-stamp cannot be read")


class _NotOver(Exception):
    pass


def _judged(signed: Any, over: bytes, trust: Trust, now: datetime) -> Stamp:
    encapsulated = signed["encap_content_info"]["content"]
    info = encapsulated.parsed
    imprint = info["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in DIGESTS | WEAK_DIGESTS:
        raise ValueError("the imprint's algorithm is not known")
    if hashlib.new(algorithm, over).digest() != imprint["hashed_message"].native:
        raise _NotOver
    own, others = certificates(signed, signed["signer_infos"][0])
    at: datetime = info["gen_time"].native
    name = "" if own is None else own.subject.rfc4514_string()
    against = list(_objections(signed, bytes(encapsulated), own, others, trust, at, now))
    if algorithm in WEAK_DIGESTS:
        against.append("its digest is weak")
    return Stamp(at, name, not against, "; ".join(against))


def _objections(
    signed: Any, content: bytes, own: Any, others: list[Any], trust: Trust, at: datetime, now: datetime
) -> Iterator[str]:
    if own is None:
        yield "its certificate is not in it"
        return
    if integrity(signed["signer_infos"][0], own, "tst_info", content) != (True, True):
        yield "its signature does not fit"
    if not _stamps(own):
        yield "its certificate is not for time-stamps"
    if not own.not_valid_before_utc <= min(at, now) <= max(at, now) <= own.not_valid_after_utc:
        yield "its certificate was not valid then, or is not now"
    if not leads_to_anchor(own, others, trust, now):
        yield "its authority is not trusted"


def _stamps(own: Any) -> bool:
    from cryptography import x509

    try:
        purposes = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return [purpose.dotted_string for purpose in purposes] == [TIME_STAMPING]


def certificates(signed: Any, signer_info: Any) -> tuple[Any, list[Any]]:
    """The signer's certificate in a CMS, None where it is not there, and all the others."""
    own, others = None, []
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            continue
        try:
            one = certificate(choice.chosen.dump())
        except ValueError:
            continue
        if own is None and _named(signer_info["sid"], choice.chosen):
            own = one
        else:
            others.append(one)
    return own, others


def _named(sid: Any, certificate: Any) -> bool:
    if sid.name == "issuer_and_serial_number":
        chosen = sid.chosen
        same = chosen["issuer"] == certificate.issuer
        return bool(same and chosen["serial_number"].native == certificate.serial_number)
    return certificate.key_identifier is not None and sid.chosen.native == certificate.key_identifier


def integrity(signer_info: Any, own: Any, content_type: str, content: bytes) -> tuple[bool, bool]:
    """Of a CMS signer: does the digest fit the content, does the signature fit the digest.

    Raises pyHanko's SignatureValidationError where the signed attributes are not as they must be.
    """
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    algorithm = signer_info["digest_algorithm"]["algorithm"].native
    if algorithm not in DIGESTS | WEAK_DIGESTS:
        raise ValueError("the digest's algorithm is not known")
    digest = hashlib.new(algorithm, content).digest()
    loaded = Certificate.load(own.public_bytes(Encoding.DER))
    found: tuple[bool, bool] = validate_sig_integrity(signer_info, loaded, content_type, digest)
    return found
