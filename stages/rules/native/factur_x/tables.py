"""What the stylesheet of each Factur-X profile has in its own way, as `tables.json` beside this file has it.

Of every profile: `names`, how it calls the rules of the norm (BASIC has numbers of its own for all of them); `wanted`,
what must be in an element; `once`, what may stand there once; `coded`, whose text or attribute comes from a list: all
three by the keys of `paths`. `given` are the rules of those kinds that are asked of nothing among these keys. The file
is taken from the pinned stylesheets (`derive`); a test holds both together, `make golden` writes it anew.

Source   Factur-X 1.09 (FNFE-MPE, FeRD)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from stages.rules.native.factur_x.paths import CODED, ONCE, WANTED

FILE = Path(__file__).with_name("tables.json")

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_NORM = re.compile(r"\[((?:BR|CII|PEPPOL)-[\w-]+)\]")
_LIST = re.compile(r"cl\[@id=(\d+)\]")
_COUNT = re.compile(r"count\((?P<what>[^()]+)\)(?P<how>=|>=|<=)[12]")
_ATTRIBUTE = re.compile(r"@\w+")


@dataclass(frozen=True)
class Tables:
    """The tables of one profile; `coded` with the codes of the list."""

    names: Mapping[str, tuple[str, ...]]
    wanted: Mapping[str, str]
    once: Mapping[str, str]
    coded: Mapping[str, tuple[str, frozenset[str]]]
    given: Mapping[str, tuple[str, ...]]


@cache
def of_profile(profile: str) -> Tables:
    """Of a profile by the name of its rule set."""
    content = json.loads(FILE.read_text())
    lists = [frozenset(each.split()) for each in content["lists"]]
    own = content["profiles"][profile]
    return Tables(
        {name: tuple(ids) for name, ids in own["names"].items()},
        own["wanted"],
        own["once"],
        {key: (rule, lists[number]) for key, (rule, number) in own["coded"].items()},
        {kind: tuple(ids) for kind, ids in own["given"].items()},
    )


def derive(sheets: Mapping[str, bytes]) -> dict[str, Any]:
    """The content of the file, out of the stylesheets by profile, each with its code lists inside."""
    lists: list[str] = []
    return {"profiles": {name: _of_sheet(sheet, lists) for name, sheet in sheets.items()}, "lists": lists}


_KEYS = {
    kind: {path: key for key, path in paths.items()}
    for kind, paths in (("wanted", WANTED), ("once", ONCE), ("coded", CODED))
}


def _of_sheet(sheet: bytes, lists: list[str]) -> dict[str, Any]:
    root = etree.fromstring(sheet, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    own = {
        each.get("id"): " ".join(str(code.get("value")) for code in each.iter("enumeration"))
        for each in root.iter("cl")
    }
    found: dict[str, Any] = {"names": {}, "wanted": {}, "once": {}, "coded": {}}
    given: dict[str, set[str]] = {"wanted": set(), "once": set(), "coded": set()}
    for path, rule, test, text in _rules(root):
        norm = rule if not rule.startswith("FX") else next(iter(_NORM.findall(text)), "")
        kind, child, listed = _kind(test)
        key = _KEYS[kind].get(f"{path}{child}") if kind else None
        if norm:
            found["names"].setdefault(norm, []).append(rule)
        elif kind and key is None:
            given[kind].add(rule)
        elif kind == "coded":
            if own[listed] not in lists:
                lists.append(own[listed])
            found[kind][key] = [rule, lists.index(own[listed])]
        elif kind:
            found[kind][key] = rule
    return found | {"given": {kind: sorted(rules) for kind, rules in given.items()}}


def _kind(test: str) -> tuple[str, str, str]:
    """(table or "", `|child`, number of the list) of what a rule asks."""
    listed, counted = _LIST.search(test), _COUNT.fullmatch(test)
    if listed is not None:
        return "coded", "", listed[1]
    if counted is not None:
        return "once" if counted["how"] == "<=" else "wanted", f"|{_short(counted['what'])}", ""
    return ("wanted", f"|{test}", "") if _ATTRIBUTE.fullmatch(test) else ("", "", "")


def _rules(root: etree._Element) -> Iterator[tuple[str, str, str, str]]:
    """(path, rule, test, text) of every rule that has an id."""
    for template in root.iter(f"{_XSL}template"):
        for failed in template.iter(f"{_SVRL}failed-assert"):
            rule = next((str(each.text) for each in failed.iter(f"{_XSL}attribute") if each.get("name") == "id"), "")
            test = re.sub(r"\s", "", failed.get("test", ""))
            if rule:
                yield _short(template.get("match", "")), rule, test, "".join(str(each) for each in failed.itertext())


def _short(path: str) -> str:
    bare = re.sub(r"(ram|rsm|udt|qdt):|\s", "", path)
    return bare.replace("/CrossIndustryInvoice/SupplyChainTradeTransaction", "", 1).replace(
        "/CrossIndustryInvoice", "^"
    )
