"""What the rules said of one document, whichever engine asked them."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import Finding


@dataclass(frozen=True)
class Verdict:
    """`ok` is true where nothing fatal was found; `version` is what events record."""

    rule_set: str
    version: str  # e.g. "peppol-2026.5 / en16931-1.3.16"
    findings: tuple[Finding, ...]
    shadow: Verdict | None = None
    """What a newer release finds, that does not bind yet."""

    @property
    def ok(self) -> bool:
        return all(finding.severity != "fatal" for finding in self.findings)
