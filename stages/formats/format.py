"""What a format is: how it is recognised and read, and the targets it writes. Each format's package has one `FORMAT`.

A `Format` is a syntax (UBL, IDoc, EDIFACT); a `Target` is what one can ask for by name (`peppol`, `xrechnung-ubl`): the
syntax with everything that decides its bytes. Both are plain data, so the registry, the command line, the plan and the
tests go through all of them without knowing any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from schemas.errors import Finding
from schemas.messages import Envelope
from schemas.profiles import ExtractionProfile
from stages.formats.options import Option, Options, check
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source

Fits = Callable[[Head, ExtractionProfile | None], bool]
Read = Callable[[Source, ExtractionProfile | None, Cursor | None, Budget], Portion]
Write = Callable[[Any, Options], bytes]
"""(completed canonical document, options) -> bytes. Raises DocumentInvalid (permanent) for what cannot be written at
all; a document of a kind that `Target.kinds` does not name is never handed over."""
Losses = Callable[[Any, Options], Sequence[Finding]]
"""(completed canonical document, options) -> one finding (severity `warning`, rule `<target>-loss`, place = field path)
for each field with content that the target leaves out; rule `<target>-altered` for one that it carries otherwise:
shortened, rounded, in other signs or codes, in another place. Empty: all is carried."""


Differences = Callable[[Any, Any], Sequence[Finding]]
"""(completed canonical document, the one read back from what was written) -> its losses, as `Losses` gives them."""


def altered(loss: Finding) -> bool:
    """Is the value carried, though otherwise? Else it is lost."""
    return loss.rule.endswith("-altered")


SHORTENED = "shortened to"
"""How a finding begins that tells of a text cut by its end."""


def shortened(loss: Finding) -> bool:
    """Is a part of the text left out?"""
    return loss.message.startswith(SHORTENED)


def _no_losses(_document: Any, _options: Options) -> tuple[Finding, ...]:
    return ()


@dataclass(frozen=True)
class Embedding:
    """How the bytes of a target stand in a PDF that makes one document with them.

    `relationship` is the AFRelationship of ISO 19005-3 (Alternative, Data, Source); `conformance` and `version` go to
    the PDF's metadata, in the words of Factur-X.
    """

    file_name: str
    relationship: str
    conformance: str
    version: str = "1.0"


@dataclass(frozen=True)
class Letter:
    """From whom, to whom, and which one: what the envelope of an interchange needs. Mailboxes are
    `qualifier:identifier` (UNTDID 0007, X12 I05); `at` is aware."""

    sender: str
    receiver: str
    control_number: int
    at: datetime
    options: Options = field(default_factory=dict)

    @property
    def ours(self) -> tuple[str, str]:
        """Qualifier and identifier of the sender."""
        qualifier, _, identifier = self.sender.partition(":")
        return qualifier, identifier

    @property
    def theirs(self) -> tuple[str, str]:
        qualifier, _, identifier = self.receiver.partition(":")
        return qualifier, identifier


Wrap = Callable[[Sequence[bytes], Letter], bytes]
"""Messages of a target in their envelope; the same letter and messages give the same bytes. Raises DocumentInvalid
(permanent) for an address that the envelope cannot hold."""


@dataclass(frozen=True)
class Target:
    """Something a recipient may ask for by name.

    `kinds` are canonical kinds or document types it carries: `invoice`, `credit-note`, `order` ...
    `rules` are names of rule sets of `stages.rules` that its output is held against before it may leave; `read-back`,
    and where there is none, is what our own reader finds again (`stages.conversion.reading_back`).
    `signature` is the signature profile that the format's law wants, by default.
    """

    name: str
    title: str
    version: str
    kinds: frozenset[str]
    write: Write
    losses: Losses = _no_losses
    rules: tuple[str, ...] = ()
    rules_by: Callable[[Any, Options], tuple[str, ...]] | None = None
    """Where they depend on the document or the options; see `under`."""
    signature: str = "none"
    media_type: str = "application/xml"
    suffix: str = ".xml"
    file_name: Callable[[Any, Options], str] | None = None
    """(document, options) -> the file's name without suffix, where the authority says how files are named (SdI)."""
    options: Mapping[str, Option] = field(default_factory=dict)
    """By name: all that it takes, checked by whoever writes them down."""
    countries: frozenset[str] = frozenset()
    """Where the law or the authority asks for this target, where no profile says otherwise."""
    platform: str | None = None
    """The authority's platform through which the law wants it issued (SdI, KSeF): what we mail is then a copy."""
    envelope: Envelope | None = None
    """The message travels in an interchange, whose control number delivery draws ..."""
    wrap: Wrap | None = None
    """... and whose envelope this makes."""
    embedding: Callable[[Options], Embedding] | None = None
    """The bytes travel inside the PDF (Factur-X), not beside it, and this says how."""

    differences: Differences | None = None
    """Of a target whose losses are told by reading back what was written: conversion reads it once, for both."""

    @property
    def embedded(self) -> bool:
        return self.embedding is not None

    def check(self, options: Options) -> None:
        """Raises ConfigurationError for an option that the target does not have, or a value that it does not take."""
        check(self.name, self.options, options)

    def under(self, document: Any, options: Options) -> Target:
        """The target with the rules and the envelope that hold for this document and these options."""
        bound = replace(self, rules=self.rules_by(document, options)) if self.rules_by else self
        wrap = self.wrap
        if wrap is None or not options:
            return bound
        return replace(bound, wrap=lambda messages, letter: wrap(messages, replace(letter, options=options)))


@dataclass(frozen=True)
class Format:
    """One syntax: a row of the registry. `fits` and `read` are None for what is only written."""

    name: str
    title: str
    fits: Fits | None = None
    read: Read | None = None
    reads: str = ""
    """Versions and messages that are read, for people: `INVOIC D.96A, D.01B`."""
    companion: Callable[[str, ExtractionProfile | None], bool] = lambda _name, _profile: False
    """Is a file of this name read together with another one (lines beside their heads), not by itself?"""
    targets: tuple[Target, ...] = ()
