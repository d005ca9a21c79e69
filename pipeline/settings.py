"""Settings: one frozen class, from the environment (`ENTREGA_*`) and `<data>/entrega.toml`; the environment wins.

What is not set is embedded: no broker, database or bucket named means that `entrega up` brings its own. Unknown keys
stop the start, and an error names the setting.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import ConfigurationError

DOCUMENTS_AHEAD = 200
"""For each child process: some seconds of work, so that none is idle while the next step is read."""
CACHE_VARIABLE = "ENTREGA_CACHE_DIR"
"""No setting of a data folder: where the machine keeps the jars (`pipeline/maven.py`)."""


class Settings(BaseSettings):
    """Everything that can be set. `entrega config show` prints them, secrets masked."""

    model_config = SettingsConfigDict(env_prefix="ENTREGA_", frozen=True, extra="forbid")

    data: Path = Field(Path(".entrega"), description="folder for everything that is not configured elsewhere")
    default_tenant: str = Field(
        "demo", pattern="^[a-z0-9][a-z0-9-]{0,62}$", description="the tenant of a door without credentials"
    )
    profiles: Path | None = Field(None, description="folder of tenant profiles (YAML); default <data>/profiles")

    kafka_servers: str | None = Field(None, description="host:port,host:port; none: embedded")
    kafka_security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="how the broker is reached, in its own words"
    )
    kafka_ca_file: Path | None = Field(
        None, description="authority of the broker's certificate, PEM; none: the system's"
    )
    kafka_certificate_file: Path | None = Field(None, description="client certificate (mutual TLS), PEM")
    kafka_key_file: Path | None = Field(None, description="the client certificate's key, PEM")
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="with sasl_plaintext and sasl_ssl"
    )
    kafka_username: str | None = Field(None, description="with sasl_plaintext and sasl_ssl")
    kafka_password: SecretStr | None = Field(None, description="with sasl_plaintext and sasl_ssl")
    kafka_partitions: int = Field(4, ge=1, le=1000, description="of each topic, when it is made; fixed from then on")
    kafka_replication: int = Field(1, ge=1, le=7, description="copies of each topic, when it is made")

    database_url: SecretStr | None = Field(None, description="postgresql://… as role entrega_app; none: embedded")
    database_owner_url: SecretStr | None = Field(None, description="postgresql://… of the owner, for migrations only")

    s3_bucket: str | None = Field(None, description="none: artefacts in <data>/artefacts")
    s3_endpoint: str | None = Field(None, description="of an S3 that is not Amazon's")
    s3_region: str = Field("us-east-1", description="of the bucket")
    s3_access_key: str | None = Field(None, description="none: as the machine's AWS configuration has it")
    s3_secret_key: SecretStr | None = Field(None, description="belongs to s3_access_key")

    public_url: str | None = Field(None, description="what links begin with; default http://127.0.0.1:<web_port>")
    web_host: str = Field("127.0.0.1", description="address on which pages and API are served")
    web_port: int = Field(0, ge=0, le=65535, description="0: a free one, drawn once for a data folder")
    web_proxies: str = Field(
        "127.0.0.1", description="addresses and networks of proxies in front, a,b,…: whose X-Forwarded-For is believed"
    )
    operator_token: SecretStr | None = Field(None, description="opens the operator's page; default: drawn by `up`")
    link_days: int = Field(90, ge=1, le=3650, description="days for which a link opens its page")

    email_provider: Literal["outbox", "smtp", "sendgrid"] = Field(
        "outbox", description="outbox: kept as files, nothing leaves the house"
    )
    sms_provider: Literal["outbox", "twilio"] = Field(
        "outbox", description="outbox: kept as files, nothing leaves the house"
    )
    edi_provider: Literal["outbox", "folder"] = Field("outbox", description="folder: partners' mailboxes")
    edi_folder: Path | None = Field(None, description="holds a mailbox folder for each EDI partner")
    email_sender: str = Field("documents@entrega.invalid", description="addr-spec of From")
    email_bounce_domain: str | None = Field(None, description="domain of return paths; default: the sender's")
    smtp_host: str | None = Field(None, description="the server that takes our mail")
    smtp_port: int = Field(587, ge=1, le=65535, description="of that server")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("starttls", description="tls: from the first byte")
    smtp_username: str | None = Field(None, description="none: mail is handed over without a login")
    smtp_password: SecretStr | None = Field(None, description="belongs to smtp_username")
    sendgrid_key: SecretStr | None = Field(None, description="API key")
    sendgrid_url: str = Field("https://api.sendgrid.com", description="another region, or the sandbox")
    sendgrid_webhook_key: str | None = Field(None, description="public key of signed event webhooks, Base64 DER")
    twilio_account: str | None = Field(None, description="account SID")
    twilio_token: SecretStr | None = Field(None, description="the account's token; it signs the webhooks, too")
    twilio_url: str = Field("https://api.twilio.com", description="another region, or the sandbox")
    twilio_sender: str | None = Field(None, description="E.164 number or alphanumeric sender id")
    email_per_second: float = Field(50, gt=0, description="messages that one dispatcher hands over in a second")
    sms_per_second: float = Field(10, gt=0, description="messages that one dispatcher hands over in a second")

    signing_pkcs12_file: Path | None = Field(
        None, description="key and chain; none of the signing files: a demo CA is made"
    )
    signing_key_file: Path | None = Field(None, description="PEM")
    signing_certificate_file: Path | None = Field(None, description="PEM, certificate first, then its chain")
    signing_password: SecretStr | None = Field(None, description="of the PKCS #12 file, or of the key file")
    signing_pkcs11_module: Path | None = Field(None, description="the token's library: the key never leaves it")
    signing_pkcs11_token: str | None = Field(None, description="the token's label")
    signing_pkcs11_label: str | None = Field(None, description="the private key's label")
    signing_pkcs11_pin: SecretStr | None = Field(None, description="the token's PIN")
    signing_facturae_digest: Literal["sha256", "sha512"] = Field("sha256", description="digests in Facturae signatures")
    tsa_url: str | None = Field(None, description="RFC 3161 authority, for signature profiles with a time-stamp")
    tsa_username: str | None = Field(None, description="none: the authority asks for no login")
    tsa_password: SecretStr | None = Field(None, description="belongs to tsa_username")
    tsa_timeout_seconds: float = Field(10, gt=0, le=25, description="for one stamp")

    workers: int = Field(
        default_factory=lambda: max(1, min(8, os.cpu_count() or 2)),
        ge=1,
        le=64,
        description="child processes for work that takes CPU",
    )
    documents_ahead: int = Field(
        default_factory=lambda known: DOCUMENTS_AHEAD * int(known.get("workers", 2)),
        ge=2,
        description="beyond so many documents on their way large exports wait; default: 200 for each of all `workers`",
    )
    document_deadline_seconds: float = Field(
        30, gt=0, description="for work on one document; a child process that takes longer is killed"
    )
    minimum_free_mib: int = Field(512, ge=1, description="below this much free disk the door is closed")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="the least that is logged")

    @field_validator("public_url", "sendgrid_url", "twilio_url", "tsa_url", "s3_endpoint")
    @classmethod
    def _url(cls, value: str | None, info: ValidationInfo) -> str | None:
        """An address for a client; links begin with `public_url`, so nothing may follow its path."""
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            whole = False
        if not whole or re.search(r"[\s<>\"'\\\x00-\x1f\x7f]", value):
            raise ValueError("it must be a URL like https://host.example")
        if info.field_name == "public_url" and (parts.query or parts.fragment or "@" in parts.netloc):
            raise ValueError("links begin with it: it has no user, no ? and no #")
        return value

    @field_validator("email_sender", "email_bounce_domain")
    @classmethod
    def _mail(cls, value: str | None, info: ValidationInfo) -> str | None:
        from connectors.email.mime import wire_address
        from schemas.errors import MessageRefused

        if value is not None:
            alone = info.field_name == "email_bounce_domain"
            try:
                wire_address(f"bounces@{value}" if alone else value)
            except MessageRefused:
                raise ValueError(f"it must be {'a domain' if alone else 'an address'} of e-mail") from None
        return value

    @field_validator("web_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        from ipaddress import ip_network

        for each in value.split(","):
            try:
                ip_network(each.strip())
            except ValueError:
                raise ValueError("it must be addresses or networks like 10.0.0.7,10.1.0.0/16") from None
        return value

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        needs = {
            "smtp_host": ("email_provider", self.email_provider == "smtp"),
            "sendgrid_key": ("email_provider", self.email_provider == "sendgrid"),
            "twilio_account": ("sms_provider", self.sms_provider == "twilio"),
            "twilio_token": ("sms_provider", self.sms_provider == "twilio"),
            "twilio_sender": ("sms_provider", self.sms_provider == "twilio"),
            "edi_folder": ("edi_provider", self.edi_provider == "folder"),
            "kafka_username": ("kafka_security", self.kafka_security.startswith("sasl")),
            "kafka_password": ("kafka_security", self.kafka_security.startswith("sasl")),
            "signing_certificate_file": ("signing_key_file", self.signing_key_file is not None),
            "signing_pkcs11_token": ("signing_pkcs11_module", self.signing_pkcs11_module is not None),
            "signing_pkcs11_label": ("signing_pkcs11_module", self.signing_pkcs11_module is not None),
            "signing_pkcs11_pin": ("signing_pkcs11_module", self.signing_pkcs11_module is not None),
            "tsa_username": ("tsa_password", self.tsa_password is not None),
            "tsa_url": ("tsa_username", self.tsa_username is not None),
            # the embedded broker knows neither TLS nor users
            "kafka_servers": ("kafka_security", self.kafka_security != "plaintext"),
            "kafka_certificate_file": ("kafka_key_file", self.kafka_key_file is not None),
            "database_url": ("database_owner_url", self.database_owner_url is not None),
            "s3_bucket": ("s3_endpoint", self.s3_endpoint is not None),
        }
        for name, (because, needed) in needs.items():
            if needed and not getattr(self, name):
                raise ValueError(f"{name} must be set, for {because} is {getattr(self, because)}")
        protects = {
            "kafka_ca_file": "ssl", "kafka_certificate_file": "ssl", "kafka_username": "sasl", "kafka_password": "sasl",
        }  # fmt: skip
        for name, way in protects.items():
            # whoever sets it believes the way to the broker protected: it must not be left out without a word
            if getattr(self, name) and way not in self.kafka_security:
                raise ValueError(f"kafka_security is {self.kafka_security}, and {name} means nothing to that")
        return self

    @property
    def artefacts(self) -> Path:
        return self.data / "artefacts"

    @property
    def profile_folder(self) -> Path:
        return self.profiles or self.data / "profiles"

    @property
    def secrets(self) -> Path:
        """Keys that `up` makes: the key-encryption key, the checkpoint key, the demo CA."""
        return self.data / "secrets"

    @property
    def checkpoints(self) -> Path:
        return self.data / "checkpoints.jsonl"


def load(data: Path | None = None, **given: Any) -> Settings:
    """Read the settings. Raises ConfigurationError naming the setting that is missing, wrong or unknown."""
    folder = data or Path(os.environ.get("ENTREGA_DATA", ".entrega"))
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"data: {folder} is a file, and must be a folder")
    values: dict[str, Any] = {}
    file = folder / "entrega.toml"
    if file.exists():
        try:
            values = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{file}: {error}") from error
    known = Settings.model_fields
    for name in os.environ:
        if name.startswith("ENTREGA_") and name != CACHE_VARIABLE and name[8:].lower() not in known:
            raise ConfigurationError(f"{name} is not a setting; `entrega config show` lists them")
    from_environment = {key for key in known if f"ENTREGA_{key.upper()}" in os.environ}
    values = {key: value for key, value in values.items() if key not in from_environment}
    try:
        return Settings(**{**values, **given, "data": folder.absolute()})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigurationError(f"{name} in {file} is not a setting; `entrega config show` lists them") from error
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{name}: {said}" if name else said) from error


def describe(data: Path | None = None) -> list[dict[str, str]]:
    """Each setting with its value, origin (environment, file, default) and meaning, for people."""
    settings = load(data)
    file = settings.data / "entrega.toml"
    named = set(tomllib.loads(file.read_text("utf-8"))) if file.exists() else set()
    described = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        origin = "environment" if f"ENTREGA_{name.upper()}" in os.environ else "file" if name in named else "default"
        shown = "" if value is None else str(value)  # a SecretStr shows asterisks
        described.append({"setting": name, "value": shown, "origin": origin, "meaning": field.description or ""})
    return described
