"""Whom we believe, and whether a certificate leads there at the time that counts.

The chain is built and checked by the cryptography library's verifier; which purposes allow signing is ours
(`stages/signing/certificate.py`). Revocation is not asked for: that would need the network.

Source: RFC 5280, 6; ETSI EN 319 102-1 V1.3.1, 5.2.6 (X.509 certificate validation), 5.6.2.3 (time-stamps as proof of
existence).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import CertificateUnfit, ConfigurationError
from stages.signing import certificate as fitness
from stages.signing.verification.verdict import Draft, Sub

if TYPE_CHECKING:
    from cryptography import x509

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Trust:
    """Anchors: certificates of authorities or of single signers, and bare public keys."""

    certificates: tuple[x509.Certificate, ...] = ()
    keys: tuple[Any, ...] = ()


@contextmanager
def old_ones() -> Iterator[None]:
    """Certificates of the time before RFC 5280 are read, though the library dislikes them (serial number zero)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def certificate(der: bytes) -> x509.Certificate:
    """Raises ValueError where any part of it cannot be read, or its key is of no known kind."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    unreadable = (
        UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, TypeError,
    )  # fmt: skip
    with old_ones():
        try:
            found = x509.load_der_x509_certificate(der)
            found.public_key()
            for part in (found.subject, found.issuer, found.extensions, found.not_valid_after_utc):
                str(part)
        except unreadable as error:
            raise ValueError("a certificate that cannot be read") from error
    return found


def serial(of: x509.Certificate) -> str:
    """Hexadecimal."""
    with old_ones():
        return f"{of.serial_number:x}"


@lru_cache(maxsize=4)
def load(paths: tuple[Path, ...]) -> Trust:
    """PEM files with certificates, public keys, or both. Raises ConfigurationError with the file's name."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    certificates: list[x509.Certificate] = []
    keys: list[Any] = []
    for path in paths:
        try:
            content = path.read_bytes()
            if b"BEGIN CERTIFICATE" in content:
                with old_ones():
                    certificates += x509.load_pem_x509_certificates(content)
            if b"BEGIN PUBLIC KEY" in content:
                keys.append(load_pem_public_key(content[content.index(b"-----BEGIN PUBLIC KEY") :]))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"--trust: {path} cannot be read as PEM") from error
        if b"BEGIN CERTIFICATE" not in content and b"BEGIN PUBLIC KEY" not in content:
            raise ConfigurationError(f"--trust: {path} holds neither a certificate nor a public key")
    return Trust(tuple(certificates), tuple(keys))


def check_signer(
    draft: Draft, leaf: x509.Certificate, others: Sequence[x509.Certificate], trust: Trust, now: datetime
) -> None:
    """Adds to `draft` what speaks against `leaf` as a signer: at `now`, or at the earliest usable time-stamp where the
    certificate has expired since."""
    moment = now
    proofs = [stamp.at for stamp in draft.stamps if stamp.usable]
    if now > leaf.not_valid_after_utc and proofs:
        moment = min(proofs)
    if not leads_to_anchor(leaf, others, trust, moment):
        # an authority that has expired since is still found; then only time is missing
        if not leads_to_anchor(leaf, others, trust, leaf.not_valid_before_utc + SECOND):
            text = "the certificate's chain ends at no authority that is trusted: name one with --trust FILE"
            draft.against(Sub.NO_CERTIFICATE_CHAIN_FOUND, text)
        elif leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
            draft.against(Sub.OUT_OF_BOUNDS_NO_POE, "an authority of the certificate's chain is not valid at this time")
    if moment < leaf.not_valid_before_utc:
        draft.against(Sub.NOT_YET_VALID, "the signing certificate is not valid yet")
    elif moment > leaf.not_valid_after_utc:
        text = "the signing certificate has expired, and no trusted time-stamp proves that the signature is older"
        draft.against(Sub.OUT_OF_BOUNDS_NO_POE, text)
    else:
        _check_fitness(draft, leaf, moment)


def _check_fitness(draft: Draft, leaf: x509.Certificate, moment: datetime) -> None:
    try:
        fitness.check(leaf, moment)
    except CertificateUnfit as error:
        weak = error.detail.get("rule") == "key"
        draft.against(Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE if weak else Sub.CHAIN_CONSTRAINTS_FAILURE, error.text)
    except ValueError:  # an extension that cannot be read
        draft.against(Sub.CHAIN_CONSTRAINTS_FAILURE, "the signing certificate cannot be read whole")


def leads_to_anchor(leaf: x509.Certificate, others: Sequence[x509.Certificate], trust: Trust, moment: datetime) -> bool:
    """Whether `leaf` is trusted itself, or issued by an anchor through `others`, all valid at `moment`."""
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

    if leaf in trust.certificates or any(_same(leaf.public_key(), key) for key in trust.keys):
        return True
    if not trust.certificates:
        return False
    # The library's own rules are those of the web (purposes, host names); ours are asked apart.
    anything = ExtensionPolicy.permit_all()
    authority = anything.require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    verifier = (
        PolicyBuilder()
        .store(Store(list(trust.certificates)))
        .time(moment)
        .extension_policies(ee_policy=anything, ca_policy=authority)
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, list(others))
    except (VerificationError, ValueError):
        return False
    return True


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
