"""The official rules as stylesheets: where they stand in the jars, and how they are made lean.

The jars hold each rule set as Schematron already compiled to XSLT 2 by the standard ISO skeleton. As published, such
a stylesheet walks the whole document once a pattern (three times for EN 16931, thirteen for Peppol), attributes
included, a second time a pattern in a mode that has no rules, and reports every rule that fired; only what failed is
a finding. `lean` takes the reporting and the walking out and leaves every rule's context, tests, order of precedence
and message as they are, so the findings stay the same; a stylesheet or a pattern of another shape than the skeleton's
is left alone. Measured with 20 lines: 20 ms of CPU as published, 7 ms lean.

Source   Schematron, ISO/IEC 19757-3, and the skeleton `iso_svrl_for_xslt2.xsl`
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from lxml import etree

from schemas.errors import ConfigurationError, EngineUnavailable

XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

EN16931_VERSION = "1.3.16"
PEPPOL_VERSION = "2026.5"

#: OpenPeppol's releases in the jar, with the first day on which each is mandatory (phive-rules' VALID_PER).
PEPPOL_VALID_FROM = {"2025.11": date(2026, 2, 23), "2026.5": date(2026, 8, 17)}

#: Which of CEN's versions OpenPeppol ships with its release, where the two are the same rule by rule (a test compares).
PEPPOL_SHIPS_EN16931 = {"2026.5": "1.3.16"}

_EN16931 = "external/schematron/{version}/ubl/EN16931-UBL-validation.xslt"
_PEPPOL = "external/schematron/openpeppol/{version}/xslt/{name}.xslt"

_RECURSION = "@*|*"
_GENERIC = ("text()", "@*|node()")
_OWN = {"map": "http://www.w3.org/2005/xpath-functions/map", "lean": "urn:entrega:lean"}
_QNAME = re.compile(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?")
# How EN 16931's rules ask for a code of a list: the value has no blank inside, and it stands in the list between two.
_CODE_LIST = re.compile(
    r"\(not\(contains\(normalize-space\((?P<value>\.|@\w+)\), ' '\)\) and contains\('(?P<codes> [^' ]+(?: [^' ]+)* )', "
    r"concat\(' ', normalize-space\((?P<looked>(?P=value)|upper-case\((?P=value)\))\), ' '\)\)\)"
)

# A prohibition: no more than names, from the context downwards.
_STEP = r"(?:c[ab]c:\w+|\(c[ab]c:\w+\|c[ab]c:\w+\))"
_FORBIDDEN = re.compile(rf"not\({_STEP}(?:/{_STEP})*\)")
_NAME = re.compile(r"\bc[ab]c:(\w+)")
# A condition that does not look at the node: global variables and literals, compared and combined.
_GLOBAL = re.compile(r"(?:\s+|\$[\w.-]+|'[^']*'|\band\b|\bor\b|=|[()])+")


def peppol_in_force(on: date) -> str:
    """The newest OpenPeppol release that is mandatory on that day."""
    versions = [version for version, first in PEPPOL_VALID_FROM.items() if first <= on]
    if not versions:
        raise ConfigurationError(f"no Peppol rule set is known for {on}")
    return max(versions, key=lambda version: PEPPOL_VALID_FROM[version])


def en16931(jars: Sequence[Path], version: str) -> bytes:
    """The EN 16931 rules for UBL as CEN publishes them."""
    return _read(jars, _EN16931.format(version=version))


def peppol(jars: Sequence[Path], version: str, *, self_billing: bool) -> tuple[bytes, bytes]:
    """(EN 16931 rules as OpenPeppol ships them, Peppol BIS Billing rules); self-billing has its own second part."""
    own = "PEPPOL-EN16931-UBL-SB" if self_billing else "PEPPOL-EN16931-UBL"
    names = ("CEN-EN16931-UBL", own)
    return tuple(_read(jars, _PEPPOL.format(version=version, name=name)) for name in names)  # type: ignore[return-value]


def _read(jars: Sequence[Path], name: str) -> bytes:
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                if name in archive.namelist():
                    return archive.read(name)
        except (OSError, zipfile.BadZipFile) as error:
            raise EngineUnavailable(f"rule set {jar.name} cannot be read: {type(error).__name__}") from error
    raise EngineUnavailable(f"no jar of the rule sets holds {name}")


def lean(published: bytes) -> bytes:
    """The same rules without reporting of what held, and without walking where no rule looks.

    In a skeleton's mode every template ends with a descent into attributes and children, so every element of the
    document is met once, in document order, by its best rule of that mode. The lean mode meets the elements directly:
    those whose name the last step of some rule's context can have (all, where a context does not name one). Elements
    left out had only the catch-all template, which reports nothing. Contexts that can match something else than an
    element make the mode stay as published. Code lists become maps: `_CODE_LIST` tells why that is the same.
    """
    sheet = etree.fromstring(published, etree.XMLParser(remove_comments=True, resolve_entities=False, no_network=True))
    templates = sheet.findall(f"{XSL}template")
    unnamed = [t for t in templates if t.get("mode") is None]
    entry = next((t for t in unnamed if t.get("match") == "/"), None)
    output = sheet.find(f"{XSL}output")
    report = None if entry is None else entry.find(f"{SVRL}schematron-output")
    if entry is None or report is None or len(entry) != 1 or output is None:
        return published
    # The walk in the unnamed mode may go only if that mode can put out nothing.
    if any(t is not entry and (t.get("match") != "text()" or len(t) or t.text) for t in unnamed):
        return published

    if output.get("standalone") is not None:
        del output.attrib["standalone"]
    output.attrib.update({"indent": "no", "omit-xml-declaration": "yes"})
    for fired in list(sheet.iter(f"{SVRL}fired-rule")):
        _drop(fired)
    for part in list(report):
        if part.tag != f"{XSL}apply-templates":
            _drop(part)
    if _OWN.keys() & set(sheet.nsmap) or None in sheet.nsmap:
        return published
    own: list[etree._Element] = []  # our global variables
    for call in list(report):
        mode = call.get("mode")
        of_mode = [t for t in templates if t.get("mode") == mode]
        _go_straight(call, of_mode)
        own += _ask_first(call, [t.get("match", "") for t in of_mode])
    own += _map_code_lists(sheet)
    own += _skip_forbidden(sheet)
    spaces = {str(prefix): uri for prefix, uri in sheet.nsmap.items()} | _OWN
    whole = etree.Element(sheet.tag, {str(name): str(value) for name, value in sheet.attrib.items()}, nsmap=spaces)
    whole.extend(own)
    whole.extend(list(sheet))
    return etree.tostring(whole, encoding="UTF-8", xml_declaration=True)


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _go_straight(call: etree._Element, templates: list[etree._Element]) -> None:
    """Replace a mode's descent by one selection of the elements that its rules can match; or leave it all."""
    mode = call.get("mode")
    names: set[str] = set()
    descents: list[etree._Element] = []
    for template in templates:
        inside = [a for a in template.iter(f"{XSL}apply-templates") if a.get("mode") == mode]
        context = template.get("match", "")
        if context == _GENERIC[0]:
            if len(template):
                return
            continue
        # One descent, the last thing the template does, without parameters.
        if len(inside) != 1 or template[-1] is not inside[0] or len(inside[0]) or inside[0].get("select") != _RECURSION:
            return
        descents.append(inside[0])
        if context == _GENERIC[1]:
            if len(template) != 1:
                return
            continue
        last = _last_steps(context)
        if last is None:
            return
        names |= last
    if call.get("select") != "/" or not names:
        return
    for descent in descents:
        _drop(descent)
    tests = " or ".join(f"self::{name}" for name in sorted(names))
    call.set("select", "//*" if "*" in names else f"//*[{tests}]")


def _last_steps(context: str) -> set[str] | None:
    """Names of the elements that a match pattern can match, `*` for any; None where it can match something else.

    >>> sorted(_last_steps("cac:A[x = ']']/cbc:B | (/cn:CreditNote)[1]") or ())
    ['cbc:B', 'cn:CreditNote']
    >>> _last_steps("//*[ends-with(name(), 'Amount')]"), _last_steps("cac:A/@x"), _last_steps("cac:A/text()")
    ({'*'}, None, None)
    """
    bare = "|".join(branch for branch, _ in _branches(context))
    if "@" in bare or "::" in bare or re.search(r"\w\s*\(", bare):
        return None
    steps = {branch.split("/")[-1].strip() for branch in bare.replace("(", "").replace(")", "").split("|")}
    if any(step != "*" and not _QNAME.fullmatch(step) for step in steps):
        return None
    return steps


def _branches(context: str) -> list[tuple[str, list[str]]]:
    """The alternatives of a pattern: each without its predicates, and those predicates that it must meet to match.

    >>> _branches("cac:A[$a]/cbc:B[c[d]] | (e[f] | g)[$h]")
    [('cac:A/cbc:B ', ['$a', 'c[d]']), (' (e | g)', ['$h'])]
    """
    found: list[tuple[str, list[str]]] = []
    bare, predicates, predicate = "", list[str](), ""
    brackets = parentheses = 0
    quote = ""
    for character in context:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "]":
            brackets -= 1
            if not brackets:
                predicates += [predicate] if not parentheses else []
                predicate = ""
                continue
        elif character == "[":
            brackets += 1
            if brackets == 1:
                continue
        if brackets:
            predicate += character
            continue
        if character == "|" and not parentheses:
            found.append((bare, predicates))
            bare, predicates = "", []
            continue
        parentheses += {"(": 1, ")": -1}.get(character, 0)
        bare += character
    return [*found, (bare, predicates)]


def _ask_first(call: etree._Element, contexts: list[str]) -> list[etree._Element]:
    """Leave out a mode whose every context asks for a global condition, such as the seller's country, that is not met.

    A pattern that asks for `[$supplierCountryIsNL]` matches nothing where that is false. An error in a condition
    makes a pattern not match, and must not stop the stylesheet here: the mode is then entered as ever.
    """
    conditions: set[str] = set()
    for context in contexts:
        for _, predicates in _branches(context) if context not in _GENERIC else ():
            fixed = [each for each in predicates if "$" in each and _GLOBAL.fullmatch(each)]
            if not fixed:
                return []
            conditions.add(fixed[0].strip())
    if not conditions:
        return []
    name = f"lean:{call.get('mode')}"
    question = etree.Element(f"{XSL}variable", {"name": name, "as": "item()*"}, nsmap=_OWN)
    asked = etree.SubElement(question, f"{XSL}try", select=" or ".join(f"({each})" for each in sorted(conditions)))
    etree.SubElement(asked, f"{XSL}catch", select="true()")
    gate = etree.Element(f"{XSL}if", test=f"${name}", nsmap=_OWN)
    call.addprevious(gate)
    gate.append(call)
    return [question]


def _map_code_lists(sheet: etree._Element) -> list[etree._Element]:
    """Look codes up in maps made at compile time, instead of searching strings of up to 8 KB for each code.

    `not(contains(V, ' ')) and contains(' A B C ', concat(' ', V, ' '))` is true exactly where V is one of A, B, C: with
    no blank inside, V between two blanks can only be a whole entry, and an empty V would need two blanks in a row,
    which the expression above lets no list have. Upper case changes no blanks.
    """
    names: dict[str, str] = {}

    def look_up(match: re.Match[str]) -> str:
        name = names.setdefault(match["codes"], f"lean:list-{len(names)}")
        return f"map:contains(${name}, normalize-space({match['looked']}))"

    for when in sheet.iter(f"{XSL}when"):
        when.set("test", _CODE_LIST.sub(look_up, when.get("test", "")))
    return [_static_set(name, codes.split()) for codes, name in names.items()]


def _skip_forbidden(sheet: etree._Element) -> list[etree._Element]:
    """Gather once which elements the document has of those that only prohibitions name.

    `not(cac:Delivery/cbc:TrackingID)` holds, without looking, in a document without a TrackingID anywhere. EN 16931
    forbids 600 paths of UBL this way, each sought on every invoice, many of them on every line. Names that other
    rules ask for too are common, and prohibitions of nothing but these stay as they are.
    """
    forbidding: dict[etree._Element, set[str]] = {}
    for choose in sheet.iter(f"{XSL}choose"):
        when = choose[0]
        path = _FORBIDDEN.fullmatch(when.get("test", ""))
        if path and len(choose) == 2 and not len(when) and not (when.text or "").strip():
            forbidding[choose] = set(_NAME.findall(path[0]))
    tests = {choose[0] for choose in forbidding}
    common: set[str] = set()
    for element in sheet.iter(etree.Element):
        if element not in tests and str(element.tag).startswith(XSL):
            for expression in ("match", "test", "select"):
                common.update(_NAME.findall(element.get(expression, "")))
    rare = set().union(*forbidding.values()) - common
    if not rare:
        return []
    gate: etree._Element | None = None
    for choose, names in forbidding.items():
        if not names & rare:
            continue
        test = f"map:contains($lean:present, '{min(names & rare)}')"
        if gate is None or choose.getprevious() is not gate or gate.get("test") != test:
            gate = etree.Element(f"{XSL}if", test=test, nsmap=_OWN)
            choose.addprevious(gate)
        gate.append(choose)
    present = etree.Element(f"{XSL}variable", name="lean:present", nsmap=_OWN)
    names_here = "distinct-values(//*/local-name()[map:contains($lean:rare, .)])"
    present.set("select", f"map:merge(for $name in {names_here} return map:entry($name, true()))")
    return [_static_set("lean:rare", sorted(rare)), present]


def _static_set(name: str, members: list[str]) -> etree._Element:
    entries = f"for $member in tokenize('{' '.join(members)}', ' ') return map:entry($member, true())"
    variable = etree.Element(f"{XSL}variable", name=name, static="yes", nsmap=_OWN)
    variable.set("select", f"map:merge({entries})")
    return variable
