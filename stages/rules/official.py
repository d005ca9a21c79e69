"""The official rules, as published: may this document leave? Its schema, then each stylesheet of the rule set.

A document is judged in layers: XML, the schema of its syntax, the EN 16931 rules, the rules on top of them. One that
breaks the XML or the schema layer is not judged further (the rules are written for valid documents). There is no third
answer: what could not be judged raises EngineUnavailable, and "not validated" blocks.

saxonche keeps one GraalVM isolate in the process and does not survive many of them, nor threads of its making (a
processor per call in a thread killed the interpreter in 3 of 4 runs): `RuleEngine`s share one processor for the life
of the process, and it answers only to the thread that first asked. Fork first, then check.

Source   UBL 2.1 (OASIS); CII D16B (UN/CEFACT); EN 16931-1 and CEN/TS 16931-3; the rule sets of `catalogue.RELEASES`
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from lxml import etree

from schemas.errors import EngineUnavailable, Finding
from stages.rules import findings, stylesheets
from stages.rules.catalogue import SELF_BILLING, Layers, Release, RuleSet, in_force
from stages.rules.kinds import EMPTY, is_self_billing, kind_of
from stages.rules.schemata import against, parsed, schema
from stages.rules.sums import SUMS
from stages.rules.verdicts import Verdict

__all__ = ["RuleEngine", "RuleSet", "Verdict"]


class RuleEngine:
    """Checks documents, one after another, in the one thread that first asked.

    `jars` are those of `maven.jars("rules")`; nothing is read or compiled before the first check that needs it (0.6 s
    of CPU for the Peppol rules), and then once in a process. An engine itself holds paths only: it may be sent to
    another process.
    """

    def __init__(self, jars: Sequence[Path]) -> None:
        self._jars = tuple(jars)

    def warm(self, rules: RuleSet | Release) -> None:
        """Compile now what the first check would compile."""
        for kind, layers in _release(rules, None).by_root.items():
            schema(layers.schema, self._jars)
            if not kind.endswith(SELF_BILLING):
                self._executables(kind, layers)

    def check(self, xml: bytes, rules: RuleSet | Release, on: date | None = None) -> Verdict:
        """Judge one document (bytes as they would leave, any encoding that XML allows) by the rules in force on a day.

        Without a day it is the newest release that is known. Raises EngineUnavailable (transient) where the rules
        cannot be had, compiled or run: never a verdict then.
        """
        release = _release(rules, on)
        return Verdict(release.rule_set.value, release.label, tuple(self._judge(xml, release)))

    def _judge(self, xml: bytes, release: Release) -> list[Finding]:
        document = parsed(xml)
        if isinstance(document, Finding):
            return [document]
        kind = kind_of(document)
        layers = None if kind is None else release.by_root.get(kind)
        if kind is None or layers is None:
            message = f"The rule set {release.rule_set} has no word for a document of this kind."
            return [Finding(rule="document-kind", message=message, place="/", found=str(document.tag))]
        broken = against(document, schema(layers.schema, self._jars))
        if broken or not layers.sheets:
            return list(broken) or [*(SUMS[layers.sums](document) if layers.sums else ())]
        if kind + SELF_BILLING in release.by_root and is_self_billing(document):
            layers = release.by_root[kind + SELF_BILLING]
        executables = self._executables(kind, layers)
        # Both layers judge the very tree that the schema judged, and Saxon parses it once for all its stylesheets.
        node = _processor().parse_xml(xml_text=etree.tostring(document, encoding="unicode"))
        result: list[Finding] = []
        for executable in executables:
            result.extend(self._apply(executable, node, document, kind))
        if release.warns:
            return [_softened(each) if each.rule in release.warns else each for each in result]
        return result

    def _apply(self, executable: Any, node: Any, document: etree._Element, kind: str) -> list[Finding]:
        """Run one stylesheet. A rule that cannot be evaluated on this document is the document's fault, if the same
        stylesheet still judges another: a number the schema allows and the rule cannot read, a value given twice.
        """
        try:
            report = executable.transform_to_string(xdm_node=node)
        except Exception as error:
            _prove(executable, EMPTY[kind])
            message = f"The rules could not be evaluated on this document: {' '.join(str(error).split())}"
            return [Finding(rule="rules-not-evaluated", message=message, place="/")]
        if not isinstance(report, str):
            raise EngineUnavailable("the rule engine gave no report")
        return list(findings.from_svrl(report, document))

    def _executables(self, kind: str, layers: Layers) -> tuple[Any, ...]:
        processor = _processor()
        key = (self._jars, layers.sheets)
        if key not in _PROCESS.sets:
            published = [stylesheets.read(self._jars, name) for name in layers.sheets]
            _PROCESS.sets[key] = tuple(_compile(processor, stylesheets.lean(sheet), EMPTY[kind]) for sheet in published)
        return _PROCESS.sets[key]


def _softened(finding: Finding) -> Finding:
    return finding.model_copy(update={"severity": "warning"})


def _release(rules: RuleSet | Release, on: date | None) -> Release:
    return rules if isinstance(rules, Release) else in_force(rules, on)


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


def _compile(processor: Any, stylesheet: bytes, empty: str) -> Any:
    digest = sha256(stylesheet).hexdigest()
    if digest not in _PROCESS.executables:
        try:
            compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=stylesheet.decode())
        except Exception as error:
            raise EngineUnavailable(f"the rules do not compile: {type(error).__name__}") from error
        _prove(compiled, empty)
        _PROCESS.executables[digest] = compiled
    return _PROCESS.executables[digest]


def _prove(executable: Any, empty: str) -> None:
    """Raise EngineUnavailable unless the stylesheet finds fault with an empty document."""
    try:
        report = executable.transform_to_string(xdm_node=_processor().parse_xml(xml_text=empty))
    except Exception as error:
        raise EngineUnavailable(f"the rules do not run: {type(error).__name__}") from error
    if not isinstance(report, str) or not list(findings.from_svrl(report, etree.fromstring(empty))):
        raise EngineUnavailable("the rules find nothing wrong with an empty document")
