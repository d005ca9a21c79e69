"""Tenant profiles: one YAML file a supplier, kept in every version that a plan has pinned."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from schemas.errors import ConfigurationError
from schemas.tenants import TenantProfile

MAX_LOGO_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Pinned:
    """A profile, its version (`name@12 hex digits of its digest`), and the bytes of the logo that it names."""

    profile: TenantProfile
    version: str
    logo: bytes | None


class Profiles(Protocol):
    def current(self, tenant: str) -> Pinned:
        """What new documents are planned with. Raises ConfigurationError where there is none, or it is wrong."""

    def pinned(self, version: str) -> Pinned:
        """What a document was planned with: a later change of the file does not touch it."""


@dataclass(frozen=True)
class FolderProfiles:
    """`<folder>/<tenant>.yaml`, logos beside; `<folder>/.versions/<version>/` holds what has been pinned."""

    folder: Path

    def current(self, tenant: str) -> Pinned:
        path = self.folder / f"{tenant}.yaml"
        try:
            stamp = path.stat().st_mtime_ns
        except OSError as error:
            raise ConfigurationError(f"there is no profile for tenant {tenant} in {self.folder}") from error
        return _pin(self.folder, tenant, stamp)

    def pinned(self, version: str) -> Pinned:
        return _load(self.folder / ".versions" / version, version)


@lru_cache(maxsize=256)
def _pin(folder: Path, tenant: str, stamp: int) -> Pinned:
    """Read a profile, and keep this version of it. Cached by the file's time."""
    source = folder / f"{tenant}.yaml"
    text = source.read_bytes()
    profile = _parse(text, str(source))
    logo = _logo(source.parent, profile)
    digest = hashlib.sha256(text + b"\x00" + (logo or b"")).hexdigest()[:12]
    version = f"{tenant}@{digest}"
    kept = folder / ".versions" / version
    if not kept.exists():
        temporary = kept.parent / f".{secrets.token_hex(6)}"
        temporary.mkdir(parents=True)
        (temporary / "profile.yaml").write_bytes(text)
        if logo is not None:
            (temporary / "logo").write_bytes(logo)
        try:
            os.rename(temporary, kept)
        except OSError:  # another process was first with the same bytes
            for file in temporary.iterdir():
                file.unlink()
            temporary.rmdir()
    return Pinned(profile, version, logo)


@lru_cache(maxsize=256)
def _load(kept: Path, version: str) -> Pinned:
    try:
        text = (kept / "profile.yaml").read_bytes()
    except OSError as error:
        raise ConfigurationError(f"profile {version} is not kept below {kept.parent}") from error
    logo = kept / "logo"
    return Pinned(_parse(text, version), version, logo.read_bytes() if logo.exists() else None)


def _parse(text: bytes, where: str) -> TenantProfile:
    import yaml
    from pydantic import ValidationError

    try:
        return TenantProfile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{where}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigurationError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _logo(folder: Path, profile: TenantProfile) -> bytes | None:
    if profile.brand.logo is None:
        return None
    path = folder / profile.brand.logo
    try:
        if path.stat().st_size > MAX_LOGO_BYTES:
            raise ConfigurationError(f"brand.logo: {path} has more than {MAX_LOGO_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"brand.logo: {path}: {error.strerror}") from error
