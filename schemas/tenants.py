"""A tenant's profile: everything about one supplier that is not code. YAML, one file a tenant, versioned by content."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.messages import Envelope, PdfSignatureProfile, SignatureProfile

Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z]{2})?$")]


class Frozen(BaseModel):
    """A part of a profile: frozen, and a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BrandProfile(Frozen):
    """How documents, messages and pages of this supplier look."""

    name: str
    colour: str = Field("#1d4ed8", pattern="^#[0-9a-fA-F]{6}$")
    accent: str = Field("#0f172a", pattern="^#[0-9a-fA-F]{6}$")
    logo: str | None = Field(None, description="file name beside the profile: PNG or JPEG, 1 MB at most")
    footer: str | None = None
    reply_to: str | None = Field(None, description="where a recipient's answer goes")

    @field_validator("logo")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        if value is not None and PurePath(value).name != value:
            raise ValueError("the logo is a file name beside the profile, not a path")
        return value


ChannelName = Literal["email", "sms", "edi"]
Mailbox = Annotated[str, Field(pattern="^[A-Z0-9]{1,4}:[A-Za-z0-9._-]{1,35}$")]
"""EDI address: qualifier (UNTDID 0007, X12 I05) and identifier, `14:5609999200054`."""


class DeliveryPolicy(Frozen):
    """When, how and how often. Times are of the recipient's zone, durations in the unit that the name says."""

    channels: tuple[ChannelName, ...] = ("email", "sms")
    quiet_from: time = time(21, 0)
    quiet_until: time = time(8, 0)
    quiet_channels: tuple[ChannelName, ...] = ("sms",)
    retry_minutes: tuple[float, ...] = (1, 5, 15, 60, 240)
    deferral_hours: float = Field(4, description="a deferred e-mail gives way to SMS after this long")
    silence_hours: float = Field(2, description="no report where the channel gives reports: the next channel")
    unknown_minutes: dict[ChannelName, float] = {"email": 10.0, "sms": 30.0, "edi": 1.0}
    resend_unknown: bool = Field(True, description="after an unknown outcome that nothing resolves, send once more")
    timezone: str = "Europe/Lisbon"

    def earliest(self, channel: str, now: datetime, timezone: str | None = None) -> datetime:
        """The first moment from `now` (aware UTC) on at which the channel may be used: outside the quiet hours.

        `timezone` is the recipient's (IANA name), the policy's own where it is not known. Equal ends: no quiet hours.
        """
        if channel not in self.quiet_channels or self.quiet_from == self.quiet_until:
            return now
        zone = zone_named(timezone) or zone_named(self.timezone) or UTC
        local = now.astimezone(zone)
        over_midnight = self.quiet_from > self.quiet_until
        clock = local.time()
        if over_midnight:
            quiet = clock >= self.quiet_from or clock < self.quiet_until
        else:
            quiet = self.quiet_from <= clock < self.quiet_until
        if not quiet:
            return now
        day = local.date() + timedelta(days=1 if over_midnight and clock >= self.quiet_from else 0)
        return datetime.combine(day, self.quiet_until, zone).astimezone(UTC)


def zone_named(name: str | None) -> ZoneInfo | None:
    """The zone of an IANA name; None where there is none of it.

    >>> zone_named("Europe/Lisbon"), zone_named("Mars/Base"), zone_named("Europe")
    (zoneinfo.ZoneInfo(key='Europe/Lisbon'), None, None)
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the zones' data, as Europe is
        return None


class Rule(Frozen):
    """A rule of the supplier: where the party fits all that is set, the channels are these. First fit wins."""

    name: str
    country: str | None = None
    segment: str | None = None
    channels: tuple[ChannelName, ...]


class TenantProfile(Frozen):
    """`<tenant>.yaml`."""

    tenant: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")
    brand: BrandProfile
    language: Language = "en"
    formats: tuple[str, ...] = Field(
        ("peppol",), min_length=1, description="names of `entrega formats`; a list gives one rendition each"
    )
    country_formats: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by the recipient's country, where the recipient has no wish of their own"
    )
    format_options: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="format -> option -> value; a recipient's own options outrank them"
    )
    losses: dict[str, Literal["report", "refuse", "note"]] = Field(
        default_factory=dict,
        description="format -> what becomes of what it cannot carry; else `report`",
    )
    rule_engine: Literal["official", "native"] = Field(
        "official",
        description="who holds documents against their rules: the published stylesheets, or our own functions",
    )
    rule_sample: Decimal = Field(
        Decimal("0.01"),
        ge=0,
        le=1,
        description="of the native engine's documents, the share that both judge",
    )
    signature: SignatureProfile = "xades-b-b-asic-e"
    pdf_signature: PdfSignatureProfile = "none"
    mailboxes: dict[Envelope, Mailbox] = Field(
        default_factory=dict, description="our EDI address for each kind of envelope; without one nothing goes by EDI"
    )
    learn_parties: bool = Field(
        False, description="an invoice may teach an unknown buyer with an identifier and a contact"
    )
    on_conflict: Literal["park", "supersede"] = "park"
    policy: DeliveryPolicy = DeliveryPolicy()
    rules: tuple[Rule, ...] = ()
    extraction: tuple[str, ...] = Field(
        (),
        description="files of extraction profiles beside this one: CSV mappings, and `default` for what exports lack",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_format(cls, value: Any) -> Any:
        """`format: peppol` is short for `formats: [peppol]`."""
        if isinstance(value, dict) and "format" in value and "formats" not in value:
            value = {**value, "formats": [value["format"]]}
            del value["format"]
        return value

    @field_validator("extraction")
    @classmethod
    def _beside(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if PurePath(name).name != name:
                raise ValueError(f"{name!r} is not a file name beside the profile")
        return value
