"""Peppol's processes: what a document must name, and which types it may then be of (R004, R007, P0100, P0101).

Source   OpenPeppol BIS Billing 3 and BIS Self-Billing 3
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts

_BIS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:"
_OTHERS = r"|urn:peppol:france:billing:(non-)?regulated|urn:peppol:bis:billing_with_response"


@dataclass(frozen=True)
class Process:
    """`known` matches a BT-23 that is one (R007), `typed` one whose types are asked for (P0100, P0101);
    `specification` is how BT-24 begins, `whole` whether nothing may be added to it with `::`; `ours` whether our writer
    names the process and the specification by itself."""

    specification: str
    known: re.Pattern[str]
    typed: re.Pattern[str]
    whole: bool = True
    ours: bool = True

    def __call__(self, f: Facts) -> Hits:
        d = f.document
        process, specification, kind = d.business_process or "", d.specification or "", d.type_code
        named = f.written and self.ours
        if not named:
            if self.known.search(process) is None:
                yield "PEPPOL-EN16931-R007", "business_process", process, None
            if not specification.startswith(self.specification) or (self.whole and "::" in specification):
                yield "PEPPOL-EN16931-R004", "specification", specification, self.specification
        rule = "PEPPOL-EN16931-P0101" if f.credit_note else "PEPPOL-EN16931-P0100"
        asked = named or self.typed.search(process) is not None
        if kind and asked and kind not in f.codes(rule):
            yield rule, "type_code", kind, None


def _one_of(kind: str) -> re.Pattern[str]:
    return re.compile(rf"\A(urn:fdc:peppol\.eu:2017:poacc:{kind}:01:1\.0{_OTHERS})\Z")


_BILLING, _SELF_BILLING = _one_of("billing"), _one_of("selfbilling")

BILLING = Process(f"{_BIS}billing:3.0", _BILLING, _BILLING)
SELF_BILLING = Process(f"{_BIS}selfbilling:3.0", _SELF_BILLING, _SELF_BILLING, ours=False)
BILLING_2025 = Process(
    f"{_BIS}billing:3.0",
    re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:[0-9]{2}:1\.0"),
    re.compile(r"urn:fdc:peppol\.eu:2017:poacc:billing:01:1\.0"),
    whole=False,
)
"""Of 2025.11, whose expression looks for the process anywhere in BT-23."""
