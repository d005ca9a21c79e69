"""The code lists that the official rules carry inside them, by rule id, as `code_lists.json` beside this file has them.

The file is taken from the pinned stylesheets (`derive`); a test holds both together, `make golden` writes it anew.

Source   EN 16931 code lists in CEN's Schematron; OpenPeppol BIS Billing 3
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

FILE = Path(__file__).with_name("code_lists.json")

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_ASKED = re.compile(r"BR-CL-|BR-CO-09|PEPPOL-EN16931-(CL|P010[01])")
_TOKENIZED = re.compile(r"tokenize\('([^']+)', ?'\\s'\)")


@cache
def _file() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(FILE.read_text())
    return content


@cache
def codes(rule: str, norm: str = "") -> frozenset[str]:
    """The codes that a rule allows: `codes("BR-CL-23")` are units. `BR-CL-01 (2)` are the types of credit notes."""
    return frozenset(raw(rule, norm).split())


@cache
def raw(rule: str, norm: str = "") -> str:
    """The list as the rule has it, codes between blanks: some rules ask only whether a text stands anywhere in it.

    `norm` is an older version of the norm's rules, as `1.3.15`, whose list counts where it is another one.
    """
    content = _file()
    name = content["rules"].get(f"{norm} {rule}") or content["rules"][rule]
    return str(content["lists"][name])


def derive(sheets: Iterable[bytes], others: Mapping[str, Iterable[bytes]]) -> dict[str, dict[str, str]]:
    """`lists` by name and `rules` with the name of their list, out of the published stylesheets.

    A list is named for the first rule that has it. `others` are other versions of the same rules, or those of another
    syntax: a rule of theirs is there as `1.3.15 BR-CL-03` where its list differs.
    """
    lists: dict[str, str] = {}
    rules: dict[str, str] = {}
    versions = [("", tuple(sheets)), *((name, tuple(each)) for name, each in others.items())]
    for version, sheet in ((name, sheet) for name, each in versions for sheet in each):
        for rule, found in _of_sheet(sheet):
            if version and lists.get(rules.get(rule, "")) == found:
                continue
            name = f"{version} {rule}".strip()
            same = next((known for known, value in lists.items() if value == found), None)
            if same is None:
                lists[name] = found
            rules.setdefault(name, same or name)
    return {"lists": lists, "rules": rules}


def _of_sheet(sheet: bytes) -> Iterator[tuple[str, str]]:
    """(rule, list); a rule's second list is `BR-CL-01 (2)`."""
    root = etree.fromstring(sheet, etree.XMLParser(resolve_entities=False, no_network=True))
    variables = {
        f"${variable.get('name')}": found[1]
        for variable in root.iter(f"{_XSL}variable")
        if (found := _TOKENIZED.fullmatch(variable.get("select", "")))
    }
    for failed in root.iter(f"{_SVRL}failed-assert"):
        rule = next((str(each.text) for each in failed.iter(f"{_XSL}attribute") if each.get("name") == "id"), "")
        if _ASKED.match(rule) is not None:
            for number, found_codes in enumerate(_lists_in(failed.get("test", ""), variables)):
                yield f"{rule} ({number + 1})" if number else rule, found_codes


def _lists_in(test: str, variables: dict[str, str]) -> list[str]:
    """A list is a variable or an argument of tokenize(), a text that begins and ends with a blank, or many texts."""
    found = [value for name, value in variables.items() if re.search(re.escape(name) + r"\b", test)]
    found += _TOKENIZED.findall(test)
    if not found:
        texts = test.split("'")[1::2]
        # A code is looked for between blanks, so one that ends the text without a blank after it is never found.
        found = [text.rpartition(" ")[0] for text in texts if len(text) > 2 and text[0] == " "] or [" ".join(texts)]
    return [f" {' '.join(each.split())} " for each in found]
