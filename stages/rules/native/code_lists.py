"""The code lists that the official rules carry inside them, by rule id, as `code_lists.json` beside this file has them.

The file is taken from the pinned stylesheets (`derive`); a test holds both together, `make golden` writes it anew.

Source   EN 16931 code lists in CEN's Schematron; OpenPeppol BIS Billing 3
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
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
def codes(rule: str) -> frozenset[str]:
    """The codes that a rule allows: `codes("BR-CL-23")` are units. `BR-CL-01 (2)` are the types of credit notes."""
    return frozenset(raw(rule).split())


@cache
def raw(rule: str) -> str:
    """The list as the rule has it, codes between blanks: some rules ask only whether a text stands anywhere in it."""
    content = _file()
    return str(content["lists"][content["rules"][rule]])


def derive(sheets: Iterable[bytes]) -> dict[str, dict[str, str]]:
    """`lists` by name and `rules` with the name of their list, out of the published stylesheets.

    A list is named for the first rule that has it.
    """
    lists: dict[str, str] = {}
    rules: dict[str, str] = {}
    for sheet in sheets:
        root = etree.fromstring(sheet, etree.XMLParser(resolve_entities=False, no_network=True))
        variables = {
            f"${variable.get('name')}": found[1]
            for variable in root.iter(f"{_XSL}variable")
            if (found := _TOKENIZED.fullmatch(variable.get("select", "")))
        }
        for failed in root.iter(f"{_SVRL}failed-assert"):
            rule = next((str(each.text) for each in failed.iter(f"{_XSL}attribute") if each.get("name") == "id"), "")
            if _ASKED.match(rule) is None:
                continue
            for number, found_codes in enumerate(_lists_in(failed.get("test", ""), variables)):
                name = f"{rule} ({number + 1})" if number else rule
                same = next((known for known, value in lists.items() if value == found_codes), None)
                if same is None:
                    lists[name] = found_codes
                rules.setdefault(name, same or name)
    return {"lists": lists, "rules": rules}


def _lists_in(test: str, variables: dict[str, str]) -> list[str]:
    """A list is a variable or an argument of tokenize(), a text that begins and ends with a blank, or many texts."""
    found = [value for name, value in variables.items() if re.search(re.escape(name) + r"\b", test)]
    found += _TOKENIZED.findall(test)
    if not found:
        texts = test.split("'")[1::2]
        found = [text for text in texts if len(text) > 2 and text[0] == " " == text[-1]] or [" ".join(texts)]
    return [f" {' '.join(each.split())} " for each in found]
