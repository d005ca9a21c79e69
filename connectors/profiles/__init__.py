"""Tenant profiles: one YAML file a supplier, kept in every version that a plan has pinned."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from schemas.errors import ConfigurationError
from schemas.profiles import ExtractionProfile, load_profile
from schemas.tenants import TenantProfile

MAX_FILE_BYTES = 1024 * 1024
_TENANT = re.compile(rb"^tenant\s*:", re.MULTILINE)
_NAME = re.compile(rb"""^name\s*:\s*["']?([^"'#\r\n]*[^"'#\s])""", re.MULTILINE)


@dataclass(frozen=True)
class Pinned:
    """A profile, its version (`name@12 hex digits of its digest`), and what the files that it names hold."""

    profile: TenantProfile
    version: str
    logo: bytes | None
    extraction: tuple[ExtractionProfile, ...] = ()


class Profiles(Protocol):
    """The port: the profile of a tenant, as it is now or as a plan has pinned it."""

    def current(self, tenant: str) -> Pinned:
        """What new documents are planned with. Raises ConfigurationError where there is none, or it is wrong."""

    def pinned(self, version: str) -> Pinned:
        """What a document was planned with: a later change of the file does not touch it."""


@dataclass(frozen=True)
class FolderProfiles:
    """`<folder>/<tenant>.yaml`, logos beside; `<folder>/.versions/<version>/` holds what has been pinned."""

    folder: Path

    def tenants(self) -> tuple[str, ...]:
        """The tenants that have a profile: files with a line `tenant:`; the others are what such a file names."""
        found = (path.stem for path in self.folder.glob("*.yaml") if _TENANT.search(path.read_bytes()))
        return tuple(sorted(found))

    def extraction_files(self) -> dict[str, str]:
        """File -> the name inside of it, of every extraction profile in the folder: listed by a tenant or not, and also
        those that are still to be filled in."""
        texts = {path.name: path.read_bytes() for path in sorted(self.folder.glob("*.yaml"))}
        names = {file: _NAME.search(text) for file, text in texts.items() if not _TENANT.search(text)}
        return {file: found[1].decode("utf-8", "replace") for file, found in names.items() if found}

    def current(self, tenant: str) -> Pinned:
        try:
            files = sorted((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(self.folder))
        except OSError:
            files = []
        if not any(name == f"{tenant}.yaml" for name, _ in files):
            raise ConfigurationError(f"there is no profile for tenant {tenant}: {self.folder / tenant}.yaml is missing")
        return _pin(self.folder, tenant, tuple(files))

    def pinned(self, version: str) -> Pinned:
        return _load(self.folder / ".versions" / version, version)


@lru_cache(maxsize=256)
def _pin(folder: Path, tenant: str, _changed: tuple[tuple[str, int], ...]) -> Pinned:
    """Read a profile, and keep this version of it. Cached until a file of the folder changes."""
    source = folder / f"{tenant}.yaml"
    files = {"profile.yaml": source.read_bytes()}
    profile = _parse(files["profile.yaml"], str(source))
    if profile.tenant != tenant:
        raise ConfigurationError(f"{source}: tenant: says {profile.tenant}, and the file's name says {tenant}")
    for name in (profile.brand.logo, *profile.extraction):
        if name is not None:
            files[name] = _beside(folder / name)
    for name in profile.extraction:
        extraction_profile(files[name], str(folder / name))
    digest = hashlib.sha256(b"\x00".join(files[name] for name in sorted(files))).hexdigest()[:12]
    version = f"{tenant}@{digest}"
    kept = folder / ".versions" / version
    if not kept.exists():
        _keep(kept, files)
    return _load(kept, version)


def _keep(kept: Path, files: dict[str, bytes]) -> None:
    temporary = kept.parent / f".{secrets.token_hex(6)}"
    temporary.mkdir(parents=True)
    for name, content in files.items():
        (temporary / name).write_bytes(content)
    try:
        os.rename(temporary, kept)
    except OSError:  # another process was first with the same bytes
        shutil.rmtree(temporary)


@lru_cache(maxsize=256)
def _load(kept: Path, version: str) -> Pinned:
    try:
        profile = _parse((kept / "profile.yaml").read_bytes(), version)
        logo = (kept / profile.brand.logo).read_bytes() if profile.brand.logo else None
        extraction = tuple(
            extraction_profile((kept / name).read_bytes(), f"{version}, {name}") for name in profile.extraction
        )
    except OSError as error:
        raise ConfigurationError(f"profile {version} is not kept below {kept.parent}") from error
    return Pinned(profile, version, logo, extraction)


def extraction_profile(text: bytes, where: str) -> ExtractionProfile:
    """An extraction profile from its file. Raises ConfigurationError that begins with `where`."""
    try:
        return load_profile(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where}: not UTF-8: {error.reason}") from error
    except ConfigurationError as error:
        raise ConfigurationError(f"{where}: {error.text}") from error


def _parse(text: bytes, where: str) -> TenantProfile:
    import yaml
    from pydantic import ValidationError

    try:
        return TenantProfile.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{where}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        said = "a profile has no such field" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigurationError(f"{where}: {'.'.join(map(str, first['loc'])) or 'profile'}: {said}") from error


def _beside(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigurationError(f"{path} has more than {MAX_FILE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
