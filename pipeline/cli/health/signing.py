"""What signing needs: a key with a certificate in force, and an authority that gives time-stamps."""

from __future__ import annotations

from pipeline.cli.health.asking import Wrong, in_force, set_up
from pipeline.settings import Settings
from schemas.errors import SignerUnavailable


def key(settings: Settings) -> str:
    """Whether the key signs with a certificate in force, and for how long it is."""
    from connectors.keys.demo import is_demo
    from pipeline import wiring
    from pipeline.store.database import utc_now
    from stages.signing import certificate

    set_up(settings)
    signer = wiring.key_source(settings).signer()
    certificate.check(signer.certificate, utc_now())
    days = certificate.days_left(signer.certificate, utc_now())
    kind = "demonstration certificate, no legal value" if is_demo(signer.certificate) else "certificate"
    return f"{kind}; {days} days left"


def stamps(settings: Settings) -> str:
    """Asked for a stamp as signing asks: over a digest of nobody's document, which is thrown away."""
    from hashlib import sha256

    from pipeline import wiring

    in_force(settings, "tsa_url", "tsa_username", "tsa_timeout_seconds")
    stamps = wiring.time_stamps(settings)
    assert stamps is not None, "asked only where one is set"
    try:
        stamps.stamp(sha256(b"doctor").digest())
    except SignerUnavailable as error:
        cause = error.__cause__
        why = f" ({cause})" if isinstance(cause, OSError) and str(cause) else ""
        raise Wrong(f"tsa_url: {settings.tsa_url}: {error.text}{why}") from error
    return f"{settings.tsa_url} gives them"
