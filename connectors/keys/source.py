"""Where the signing key is: travels to child processes in its stead, and is loaded there once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from connectors.keys import Signer, files


@dataclass(frozen=True)
class KeySource:
    """A PKCS#12 or PEM file, and its chain where that stands apart. Raises ConfigurationError when it is not usable."""

    path: Path
    password: str | None = field(default=None, repr=False)
    chain: Path | None = None
    setting: str = "signing_key_file"

    def signer(self) -> Signer:
        return _load(self)


@lru_cache(maxsize=4)
def _load(source: KeySource) -> Signer:
    return files.load(
        source.path,
        source.password,
        source.chain,
        setting=source.setting,
        password_setting="signing_password",  # noqa: S106 - a setting's name
        chain_setting="signing_certificate_file",
    )
