"""What is said of a signature, in the words of the standard.

Source: ETSI EN 319 102-1 V1.3.1, 5.1.3 (indications), table 5 and 6 (sub-indications).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


class Indication(StrEnum):
    """The best first."""

    TOTAL_PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    TOTAL_FAILED = "TOTAL-FAILED"


class Sub(StrEnum):
    """Why it did not pass. The first three are failures whatever is found later; the others may change with it."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    NOT_YET_VALID = "NOT_YET_VALID"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"

    @property
    def indication(self) -> Indication:
        failed = self in (Sub.FORMAT_FAILURE, Sub.HASH_FAILURE, Sub.SIG_CRYPTO_FAILURE)
        return Indication.TOTAL_FAILED if failed else Indication.INDETERMINATE


class Refused(Exception):
    """Ends the judgement of one signature: what is wrong makes every further question pointless."""

    def __init__(self, sub: Sub, explanation: str) -> None:
        super().__init__(explanation)
        self.sub = sub
        self.explanation = explanation


@dataclass(frozen=True)
class Stamp:
    """A time-stamp: `usable` where it is over this signature, sound, and of a trusted authority."""

    at: datetime
    authority: str
    usable: bool
    explanation: str = ""


@dataclass(frozen=True)
class Judged:
    """One signature. `covers` are names of what it is over, `content` the very bytes, canonical where it is XML:
    whoever acts on a signed document takes those, and never the file around them."""

    indication: Indication
    sub_indication: Sub | None = None
    explanation: str = ""
    level: str | None = None
    signer: x509.Certificate | None = None
    claimed_time: datetime | None = None
    stamps: tuple[Stamp, ...] = ()
    covers: tuple[str, ...] = ()
    content: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()


@dataclass
class Draft:
    """A judgement in the making: what was found so far, and everything that speaks against it, in order."""

    problems: list[tuple[Sub, str]] = field(default_factory=list)
    level: str | None = None
    signer: x509.Certificate | None = None
    claimed_time: datetime | None = None
    stamps: list[Stamp] = field(default_factory=list)
    content: dict[str, bytes] = field(default_factory=dict)
    covers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def against(self, sub: Sub, explanation: str) -> None:
        self.problems.append((sub, explanation))

    def judged(self) -> Judged:
        """The worst problem decides, the earliest among equals."""
        worst = min(self.problems, key=lambda one: one[0].indication is not Indication.TOTAL_FAILED, default=None)
        passed = worst is None
        return Judged(
            Indication.TOTAL_PASSED if worst is None else worst[0].indication,
            None if worst is None else worst[0],
            "" if worst is None else worst[1],
            self.level,
            self.signer,
            self.claimed_time,
            tuple(self.stamps),
            tuple(self.covers),
            self.content if passed else {},
            tuple(self.warnings),
        )


@dataclass(frozen=True)
class Report:
    """All signatures of one file. `kind` is how they are made: XAdES, ASiC, CAdES, PAdES."""

    kind: str
    signatures: tuple[Judged, ...]
    problem: tuple[Sub, str] | None = None
    """What is wrong with the file as a whole: a part of it that nobody signed."""

    @property
    def indication(self) -> Indication:
        found = [one.indication for one in self.signatures]
        if self.problem is not None:
            found.append(self.problem[0].indication)
        return max(found or [Indication.TOTAL_FAILED], key=list(Indication).index)

    @property
    def reason(self) -> tuple[Sub | None, str]:
        """Of the worst signature, or of the whole."""
        if self.problem is not None and self.problem[0].indication is self.indication:
            return self.problem
        for one in self.signatures:
            if one.indication is self.indication:
                return one.sub_indication, one.explanation
        return Sub.FORMAT_FAILURE, "there is no signature in it"


def failed(kind: str, sub: Sub, explanation: str) -> Report:
    """A file in which no signature could be judged."""
    return Report(kind, (), (sub, explanation))


def whole(kind: str, signatures: Sequence[Judged]) -> Report:
    return Report(kind, tuple(signatures))
