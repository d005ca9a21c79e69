"""What a validator says, as findings a person can act on: rule, official text, a short place, the value there.

Places are XPaths of UBL or CII with the usual prefixes and a position from the second level on:
`/Invoice/cac:LegalMonetaryTotal[1]/cbc:PayableAmount[1]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from schemas.binary import base64_bare
from schemas.errors import EngineUnavailable, Finding

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"

CII = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
_UDT = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
_QDT = "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"

_PREFIXES = {
    CAC: "cac:", CBC: "cbc:", EXT: "ext:", INVOICE: "", CREDIT_NOTE: "", "": "",
    CII: "rsm:", RAM: "ram:", _UDT: "udt:", _QDT: "qdt:",
}  # fmt: skip
_SPACES = {"cac": CAC, "cbc": CBC, "ext": EXT, "rsm": CII, "ram": RAM, "udt": _UDT, "qdt": _QDT}

# A step of the location that the Schematron skeleton writes.
_STEP = re.compile(r"/\*:(?P<name>[^\[]+)\[namespace-uri\(\)='(?P<space>[^']*)'\]\[(?P<position>\d+)\]")
# A path to a value below the context, as the rules' tests write it once functions and predicates are out of the way.
_VALUE_PATH = re.compile(r"(?<![\w:/@.$-])(?:(?:cac:\w+/)*cbc:\w+|ram:\w+(?:/(?:ram|udt):\w+)*)(?:/@\w+)?(?![\w:/-])")
_PREDICATE = re.compile(r"\[[^\[\]]*\]")
_LITERAL = re.compile(r"'[^']*'")
_NUMBER_OF = re.compile(r"xs:decimal\(|number\(|normalize-space\(|upper-case\(|/text\(")
# Peppol's tests name variables where the values come from these.
_VARIABLES = {
    "$profile": "cbc:ProfileID",
    "$lineExtensionAmount": "cbc:LineExtensionAmount",
    "$quantity": "cbc:InvoicedQuantity cbc:CreditedQuantity",
    "$priceAmount": "cac:Price/cbc:PriceAmount",
    "$baseQuantity": "cac:Price/cbc:BaseQuantity",
    "$allowancesTotal": "cac:AllowanceCharge/cbc:Amount",
    "$chargesTotal": "cac:AllowanceCharge/cbc:Amount",
}
_VARIABLE = re.compile("|".join(re.escape(name) + r"\b" for name in _VARIABLES))

_VALUES = 6
_LENGTH = 80
# One cause can fail on every line of a long document; what follows these helps nobody, and placing it takes time.
_XSD_FINDINGS = 50
_RULE_FINDINGS = 200


def from_svrl(report: str, document: etree._Element) -> Iterator[Finding]:
    """Findings of one Schematron Validation Report (SVRL, ISO/IEC 19757-3 annex D).

    Raises EngineUnavailable (transient) where the text is no report: it must not read as "nothing found".
    """
    try:
        root = etree.fromstring(report.encode())
    except etree.XMLSyntaxError as error:
        raise EngineUnavailable("the rule engine gave no report") from error
    if root.tag != f"{SVRL}schematron-output":
        raise EngineUnavailable("the rule engine gave something else than a report")
    failures = list(root.iter(f"{SVRL}failed-assert", f"{SVRL}successful-report"))
    # Fatal ones first where some must go: a document must not pass because its warnings were many.
    if len(failures) > _RULE_FINDINGS:
        failures.sort(key=_is_warning)
    for failed in failures[:_RULE_FINDINGS]:
        rule = failed.get("id") or "unnamed"
        element = _at(document, failed.get("location", ""))
        text = " ".join("".join(str(part) for part in failed.itertext()).split())
        yield Finding(
            rule=rule,
            message=text.removeprefix(f"[{rule}]").lstrip(" -–") or rule,
            place=failed.get("location", "") if element is None else place(element),
            found=None if element is None else _found(element, failed.get("test", "")),
            severity="warning" if _is_warning(failed) else "fatal",
        )
    if len(failures) > _RULE_FINDINGS:
        rest = failures[_RULE_FINDINGS:]
        yield Finding(
            rule="more",
            message=f"{len(rest)} more findings are not listed.",
            severity="warning" if all(map(_is_warning, rest)) else "fatal",
        )


def _is_warning(failed: etree._Element) -> bool:
    return failed.get("flag", failed.get("role")) in ("warning", "information")


def from_xsd(log: etree._ListErrorLog, document: etree._Element) -> Iterator[Finding]:
    """Findings of the schema processor, each with its line and element."""
    prefixes = _document_prefixes(document)
    for entry in list(log)[:_XSD_FINDINGS]:
        try:
            elements = document.xpath(entry.path, namespaces=prefixes) if entry.path else []
        except etree.XPathError:
            elements = []
        element = elements[0] if isinstance(elements, list) and len(elements) == 1 else None
        where = f"line {entry.line}"
        found = None
        if isinstance(element, etree._Element):
            where = f"{where}, {place(element)}"
            found = None if len(element) else _short(element.text or "")
        yield Finding(rule="XSD", message=_with_prefixes(entry.message), place=where, found=found)


def from_base64(document: etree._Element, tags: Sequence[str], rule: str = "XSD") -> Iterator[Finding]:
    """Elements of these tags, without others in them, whose text is not Base64."""
    for element in document.iter(*tags):
        try:
            base64_bare(element.text or "" if not len(element) else "")
        except ValueError as error:
            name = etree.QName(element).localname
            where = f"line {element.sourceline}, {place(element)}"
            yield Finding(rule=rule, message=f"{name} is {error}", place=where, found=_short(element.text or ""))


def place(element: etree._Element) -> str:
    """Short XPath of an element: the usual prefixes, positions among siblings of the same name."""
    steps: list[str] = []
    current: etree._Element | None = element
    while current is not None:
        name = etree.QName(current)
        step = f"{_PREFIXES.get(name.namespace or '', '*:')}{name.localname}"
        parent = current.getparent()
        if parent is not None:
            step += f"[{1 + sum(1 for _ in current.itersiblings(current.tag, preceding=True))}]"
        steps.append(step)
        current = parent
    return "/" + "/".join(reversed(steps))


def _at(document: etree._Element, location: str) -> etree._Element | None:
    """The element at a skeleton's location, or None where it cannot be told."""
    steps = list(_STEP.finditer(location))
    if not steps or "".join(step[0] for step in steps) != location:
        return None
    if document.tag != f"{{{steps[0]['space']}}}{steps[0]['name']}":
        return None
    current = document
    for step in steps[1:]:
        siblings = current.findall(f"{{{step['space']}}}{step['name']}")
        position = int(step["position"])
        if position > len(siblings):
            return None
        current = siblings[position - 1]
    return current


def _found(element: etree._Element, test: str) -> str | None:
    """The value that a rule was asked of: the element's own, or those below it that the rule's test names."""
    if not len(element):
        attributes = [name for name in re.findall(r"(?<![\w/\]])@(\w+)", test) if element.get(name) is not None]
        own = _short(element.text or "")
        return ", ".join([own, *(f"{name}={_short(element.get(name) or '')}" for name in dict.fromkeys(attributes))])
    bare = _LITERAL.sub("", test)
    while _PREDICATE.search(bare):
        bare = _PREDICATE.sub("", bare)
    bare = _VARIABLE.sub(lambda name: _VARIABLES[name[0]], _NUMBER_OF.sub("", bare).replace(")", ""))
    values: list[str] = []
    for path in dict.fromkeys(_VALUE_PATH.findall(bare)):
        owner, _, attribute = path.partition("/@")
        for below in element.iterfind(owner, _SPACES):
            value = below.get(attribute) if attribute else below.text
            if value is not None and len(values) < _VALUES:
                values.append(f"{path} {_short(value)}")
    return ", ".join(values) or None


def _short(value: str) -> str:
    plain = " ".join(value.split())
    return plain if len(plain) <= _LENGTH else f"{plain[:_LENGTH]}…"


def _with_prefixes(message: str) -> str:
    for space, prefix in _PREFIXES.items():
        message = message.replace(f"{{{space}}}", prefix)
    return message


def _document_prefixes(document: etree._Element) -> dict[str, str]:
    """Prefixes bound anywhere in the document: the schema processor's paths use them."""
    spaces: dict[str, str] = {}
    for element in document.iter(etree.Element):
        spaces.update({prefix: uri for prefix, uri in element.nsmap.items() if prefix})
        if len(spaces) > 50:
            break
    return spaces
