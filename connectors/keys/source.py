"""Where the signing key is: travels to child processes in its stead, and is loaded there once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from connectors.keys import Signer, files


class KeySource(Protocol):
    """Picklable. `signer` gives the same one each time in a process; it raises ConfigurationError where the key cannot
    be used, and SignerUnavailable (transient) where its holder does not answer."""

    def signer(self) -> Signer: ...


@dataclass(frozen=True)
class KeyFile:
    """A PKCS#12 or PEM file, and its chain where that stands apart."""

    path: Path
    password: str | None = field(default=None, repr=False)
    chain: Path | None = None
    setting: str = "signing_key_file"

    def signer(self) -> Signer:
        return _load(self)


@lru_cache(maxsize=4)
def _load(source: KeyFile) -> Signer:
    return files.load(
        source.path,
        source.password,
        source.chain,
        setting=source.setting,
        password_setting="signing_password",  # noqa: S106 - a setting's name
        chain_setting="signing_certificate_file",
    )


@dataclass(frozen=True)
class KeyOnToken:
    """A key in a PKCS#11 token, named by its label; certificates from the token, or from a PEM file."""

    module: Path
    token: str
    label: str
    pin: str = field(repr=False)
    certificates: Path | None = None

    def signer(self) -> Signer:
        return _open(self)


@lru_cache(maxsize=4)
def _open(source: KeyOnToken) -> Signer:
    from connectors.keys import tokens

    return tokens.load(source.module, source.token, source.label, source.pin, source.certificates)
