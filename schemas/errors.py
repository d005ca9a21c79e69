"""What can go wrong, in one tree. `reason` is the stable word that is stored, counted and shown.

EntregaError
├── PermanentError               the document is parked or refused; an operator acts
│   ├── ExportUnreadable         export-unreadable       the file cannot be read: place, rule, found value
│   ├── DocumentInvalid          document-invalid        a rule of the standard fails: findings by rule id
│   ├── TenantUnknown            tenant-unknown          no such tenant, or its profile cannot be used
│   ├── NoContact                no-contact              the party has no address that may be used
│   ├── CertificateUnfit         certificate-unfit       expired, not yet valid, or not fit for signing
│   ├── ArtefactDamaged          artefact-damaged        stored bytes are not those that were put
│   ├── NotComposable            cannot-compose          a message cannot be made of what is known
│   ├── MessageRefused           message-refused         a provider will never take this message
│   ├── LimitExceeded            limit-exceeded          larger, deeper or slower than what is allowed
│   ├── NotSignable              not-signable            a document that its signature profile is not for
│   ├── TimeStampsMissing        time-stamps-missing     the profile asks for one, and no authority is configured
│   ├── EventConflict            event-conflict          an event stands in the log with other content: an alarm
│   ├── HistoryRolledBack        history-rolled-back     the copy outside knows more than the database: an alarm
│   └── Unreadable               personal-unreadable     the key of personal details is destroyed, or another one
├── TransientError               tried again after `retry_after` seconds
│   ├── StoreUnavailable         store-unavailable       database or object store does not answer
│   │   └── DoorClosed           store-unavailable       nothing new is taken now: disk, history, backlog
│   ├── SignerUnavailable        signer-unavailable
│   ├── ProviderUnavailable      provider-unavailable
│   ├── ProviderThrottled        provider-throttled
│   └── EngineUnavailable        engine-unavailable      the rule engine did not start: "not validated" blocks
├── OutcomeUnknown               outcome-unknown         a provider may or may not have taken a message
└── ConfigurationError           the process must not start; names the setting

An error's text goes to logs: it never carries a document's content or a person's address. What the
operator needs of those stands in `detail`, which goes to the database only.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """One thing wrong with one document: which rule, where, and what was found there.

    `rule` is the standard's id (`BR-CO-15`, `PEPPOL-EN16931-R020`) or a word of ours (`csv-number`);
    `place` an XPath, a `line 12, column "Betrag"`, a segment or a field's path;
    `found` the value as it stands in the input, `expected` what the rule asks for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    message: str
    place: str = ""
    found: str | None = None
    expected: str | None = None
    severity: str = "fatal"  # fatal | warning


class EntregaError(Exception):
    """The root; never raised itself."""

    reason: ClassVar[str] = "bug"

    def __init__(self, text: str, *, findings: tuple[Finding, ...] = (), **detail: Any) -> None:
        super().__init__(text)
        self.text = text
        self.findings = findings
        self.detail: dict[str, Any] = detail

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross process borders: the pool's children raise them."""
        return (_rebuild, (type(self), self.text, self.findings, self.detail))


def _rebuild(
    kind: type[EntregaError], text: str, findings: tuple[Finding, ...], detail: dict[str, Any]
) -> EntregaError:
    return kind(text, findings=findings, **detail)


class PermanentError(EntregaError):
    """Trying again changes nothing."""

    reason = "permanent"


class ExportUnreadable(PermanentError):
    """The export, or one record of it, cannot be read."""

    reason = "export-unreadable"


class DocumentInvalid(PermanentError):
    """A rule of the standard fails; `findings` name each."""

    reason = "document-invalid"


class TenantUnknown(PermanentError):
    """Nobody set up a tenant of this name, or its profile cannot be used."""

    reason = "tenant-unknown"


class NoContact(PermanentError):
    """The party is known, but no address of theirs may be used."""

    reason = "no-contact"


class CertificateUnfit(PermanentError):
    """The signing certificate is expired, not yet valid, or not meant for signing."""

    reason = "certificate-unfit"


class NotSignable(PermanentError):
    """The document is not one that its signature profile is for, or is signed already."""

    reason = "not-signable"


class ArtefactDamaged(PermanentError):
    """Stored bytes do not have the digest under which they were put."""

    reason = "artefact-damaged"


class NotComposable(PermanentError):
    """What the directory or the profile says of a recipient makes no message."""

    reason = "cannot-compose"


class MessageRefused(PermanentError):
    """A provider said no, and will say no again."""

    reason = "message-refused"


class LimitExceeded(PermanentError):
    """A cap on size, depth, count or time was passed."""

    reason = "limit-exceeded"


class TransientError(EntregaError):
    """May pass; `retry_after` is seconds, or None for the schedule's own."""

    reason = "transient"

    @property
    def retry_after(self) -> float | None:
        value = self.detail.get("retry_after")
        return None if value is None else float(value)


class StoreUnavailable(TransientError):
    """Database or object store does not answer."""

    reason = "store-unavailable"


class DoorClosed(StoreUnavailable):
    """Nothing new is taken for now, and it may be for long: the disk is nearly full, the history was rolled back, or
    too much is unfinished.
    """


class SignerUnavailable(TransientError):
    """The key holder does not answer."""

    reason = "signer-unavailable"


class ProviderUnavailable(TransientError):
    """The provider did not take the message, and surely so: no body was sent, or it said 'later'."""

    reason = "provider-unavailable"


class ProviderThrottled(TransientError):
    """The provider asks for patience."""

    reason = "provider-throttled"


class EngineUnavailable(TransientError):
    """The rule engine did not answer: the document is not validated, so it waits."""

    reason = "engine-unavailable"


class OutcomeUnknown(EntregaError):
    """The message may have been taken: the connection broke after its body was sent."""

    reason = "outcome-unknown"


class ConfigurationError(EntregaError):
    """A setting is missing or wrong; the text names it."""

    reason = "configuration"
