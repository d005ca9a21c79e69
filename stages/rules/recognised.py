"""Which rule set a document asks for by itself: by its root, and by the specification that it names (BT-24)."""

from __future__ import annotations

from lxml import etree

from stages.rules.catalogue import RuleSet
from stages.rules.findings import CBC, CII, RAM
from stages.rules.kinds import MESSAGES, kind_of

_GUIDELINE = f"{{{CII}}}ExchangedDocumentContext/{{{RAM}}}GuidelineSpecifiedDocumentContextParameter/{{{RAM}}}ID"

# A part of BT-24 and its rule set, the first that is found; EN 16931 where none is.
_SPECIFICATIONS: tuple[tuple[str, RuleSet], ...] = (
    (":kosit:xrechnung", RuleSet.XRECHNUNG),
    ("#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0", RuleSet.PEPPOL),
    ("urn:factur-x.eu:1p0:basicwl", RuleSet.FACTUR_X_BASIC_WL),
    ("urn:factur-x.eu:1p0:basic", RuleSet.FACTUR_X_BASIC),
    ("urn:factur-x.eu:1p0:extended", RuleSet.FACTUR_X_EXTENDED),
)
_BY_KIND = {
    **dict.fromkeys(MESSAGES.values(), RuleSet.PEPPOL),  # no one else's rules for them are known here
    "facturae-3.2": RuleSet.FACTURAE,
    "facturae-3.2.1": RuleSet.FACTURAE,
    "facturae-3.2.2": RuleSet.FACTURAE,
    "fatturapa": RuleSet.FATTURAPA,
    "ksef-fa3": RuleSet.KSEF_FA3,
}


def rule_set_of(document: etree._Element) -> RuleSet | None:
    """The rule set that a document says it follows; None where no rule set knows its root."""
    kind = kind_of(document)
    if kind is None or kind in _BY_KIND:
        return None if kind is None else _BY_KIND[kind]
    said = document.findtext(f"{{{CBC}}}CustomizationID") or document.findtext(_GUIDELINE) or ""
    return next((rules for part, rules in _SPECIFICATIONS if part in said), RuleSet.EN16931)
