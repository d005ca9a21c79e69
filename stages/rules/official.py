"""The official rules: may this UBL document leave? XSD, EN 16931, Peppol BIS Billing 3, as published.

A document is judged in layers: XML, the UBL 2.1 schema, the EN 16931 rules, the Peppol rules. One that breaks the XML
or the schema layer is not judged further (the rules are written for valid documents). There is no third answer: what
could not be judged raises EngineUnavailable, and "not validated" blocks.

saxonche keeps one GraalVM isolate in the process and does not survive many of them, nor threads of its making (a
processor per call in a thread killed the interpreter in 3 of 4 runs): `RuleEngine`s share one processor for the life
of the process, and it answers only to the thread that first asked. Fork first, then check.

Source   UBL 2.1 (OASIS); EN 16931-1 and CEN/TS 16931-3-2; Peppol BIS Billing 3.0
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from lxml import etree

from schemas.errors import EngineUnavailable, Finding
from stages.rules import findings, stylesheets
from stages.rules.schemata import against, parsed, schema

_SELF_BILLING = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"
_ROOTS = {
    f"{{{findings.INVOICE}}}Invoice": "ubl-invoice-2.1",
    f"{{{findings.CREDIT_NOTE}}}CreditNote": "ubl-creditnote-2.1",
}

# Every rule set must find fault with this; one that does not is broken, and would let everything through.
_EMPTY_INVOICE = f'<Invoice xmlns="{findings.INVOICE}"/>'


class RuleSet(StrEnum):
    """What a document is held against; each includes the UBL 2.1 schema."""

    EN16931 = "en16931"
    PEPPOL = "peppol"  # with the EN 16931 rules


@dataclass(frozen=True)
class Verdict:
    """What the rules said of one document; `ok` is true where nothing fatal was found."""

    rule_set: str
    version: str  # e.g. "peppol-2026.5 / en16931-1.3.16"
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return all(finding.severity != "fatal" for finding in self.findings)


class RuleEngine:
    """Checks UBL documents, one after another, in the one thread that first asked.

    `jars` are those of phive-rules-en16931 and phive-rules-peppol; nothing is read or compiled before the first
    check that needs it (0.6 s of CPU for the Peppol rules), and then once in a process. An engine itself holds paths
    and versions only: it may be sent to another process. `peppol` and `en16931` pin the versions.
    """

    def __init__(
        self,
        jars: Sequence[Path],
        *,
        peppol: str = stylesheets.PEPPOL_VERSION,
        en16931: str = stylesheets.EN16931_VERSION,
    ) -> None:
        self._jars = tuple(jars)
        self._peppol = peppol
        self._en16931 = en16931

    def version(self, rules: RuleSet) -> str:
        """The versions behind a rule set, as events record them."""
        if rules is RuleSet.EN16931:
            return f"en16931-{self._en16931}"
        shipped = stylesheets.PEPPOL_SHIPS_EN16931.get(self._peppol)
        return f"peppol-{self._peppol}" + (f" / en16931-{shipped}" if shipped else "")

    def warm(self, rules: RuleSet) -> None:
        """Compile now what the first check would compile."""
        self._executables(rules, self_billing=False)
        for kind in _ROOTS.values():
            schema(kind)

    def check(self, xml: bytes, rules: RuleSet) -> Verdict:
        """Judge one UBL 2.1 Invoice or CreditNote (bytes as they would leave, any encoding that XML allows).

        Raises EngineUnavailable (transient) where the rules cannot be had, compiled or run: never a verdict then.
        """
        return Verdict(rules.value, self.version(rules), tuple(self._judge(xml, rules)))

    def _judge(self, xml: bytes, rules: RuleSet) -> list[Finding]:
        document = parsed(xml)
        if isinstance(document, Finding):
            return [document]
        kind = _ROOTS.get(str(document.tag))
        if kind is None:
            found = str(document.tag)
            return [Finding(rule="UBL", message="Neither a UBL Invoice nor a CreditNote.", place="/", found=found)]
        broken = against(document, schema(kind))
        if broken:
            return list(broken)

        profile = (document.findtext(f"{{{findings.CBC}}}ProfileID") or "").strip()
        executables = self._executables(rules, self_billing=rules is RuleSet.PEPPOL and profile == _SELF_BILLING)
        # Both layers judge the very tree that the schema judged, and Saxon parses it once for all its stylesheets.
        node = _processor().parse_xml(xml_text=etree.tostring(document, encoding="unicode"))
        result: list[Finding] = []
        for executable in executables:
            result.extend(self._apply(executable, node, document))
        return result

    def _apply(self, executable: Any, node: Any, document: etree._Element) -> list[Finding]:
        """Run one stylesheet. A rule that cannot be evaluated on this document is the document's fault, if the same
        stylesheet still judges another: a number the schema allows and the rule cannot read, a value given twice.
        """
        try:
            report = executable.transform_to_string(xdm_node=node)
        except Exception as error:
            _prove(executable)
            message = f"The rules could not be evaluated on this document: {' '.join(str(error).split())}"
            return [Finding(rule="rules-not-evaluated", message=message, place="/")]
        if not isinstance(report, str):
            raise EngineUnavailable("the rule engine gave no report")
        return list(findings.from_svrl(report, document))

    def _executables(self, rules: RuleSet, *, self_billing: bool) -> tuple[Any, ...]:
        processor = _processor()
        key = (self._jars, self.version(rules), self_billing)
        if key not in _PROCESS.sets:
            if rules is RuleSet.EN16931:
                published: tuple[bytes, ...] = (stylesheets.en16931(self._jars, self._en16931),)
            else:
                published = stylesheets.peppol(self._jars, self._peppol, self_billing=self_billing)
            _PROCESS.sets[key] = tuple(_compile(processor, stylesheets.lean(sheet)) for sheet in published)
        return _PROCESS.sets[key]


@dataclass
class _Process:
    """What this process holds of saxonche: one processor, whoever asks, and what it has compiled.

    The EN 16931 rules that OpenPeppol ships are CEN's own, so stylesheets are kept by digest and compiled once.
    """

    processor: Any = None
    owner: tuple[int, int] = (0, 0)  # process and thread
    executables: dict[str, Any] = field(default_factory=dict)
    sets: dict[Any, tuple[Any, ...]] = field(default_factory=dict)


_PROCESS = _Process()


def _processor() -> Any:
    """The processor of this process, made at first use, without a right to read files or the network."""
    here = (os.getpid(), threading.get_ident())
    if _PROCESS.processor is None:
        try:
            # No stubs; and 114 MB that only this process needs.
            processor = importlib.import_module("saxonche").PySaxonProcessor(license=False)
            processor.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "")
            processor.set_configuration_property("http://saxon.sf.net/feature/allow-external-functions", "off")
        except Exception as error:
            raise EngineUnavailable(f"the rule engine did not start: {type(error).__name__}") from error
        _PROCESS.processor, _PROCESS.owner = processor, here
    if here != _PROCESS.owner:
        raise RuntimeError("the rule engine answers only to the process and thread that first asked it")
    return _PROCESS.processor


def _compile(processor: Any, stylesheet: bytes) -> Any:
    digest = sha256(stylesheet).hexdigest()
    if digest not in _PROCESS.executables:
        try:
            compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=stylesheet.decode())
        except Exception as error:
            raise EngineUnavailable(f"the rules do not compile: {type(error).__name__}") from error
        _prove(compiled)
        _PROCESS.executables[digest] = compiled
    return _PROCESS.executables[digest]


def _prove(executable: Any) -> None:
    """Raise EngineUnavailable unless the stylesheet finds fault with an empty invoice."""
    try:
        report = executable.transform_to_string(xdm_node=_processor().parse_xml(xml_text=_EMPTY_INVOICE))
    except Exception as error:
        raise EngineUnavailable(f"the rules do not run: {type(error).__name__}") from error
    empty = etree.fromstring(_EMPTY_INVOICE)
    if not isinstance(report, str) or not list(findings.from_svrl(report, empty)):
        raise EngineUnavailable("the rules find nothing wrong with an empty invoice")
