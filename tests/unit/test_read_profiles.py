"""Extraction profiles: wrong ones are refused when they are loaded, with the place of what is wrong."""

from __future__ import annotations

import pytest

from schemas.documents import Line
from schemas.errors import ConfigurationError
from schemas.fields import format_path, kind_at, parse_path
from schemas.profiles import load_profile

GOOD = """
name: p
constants: {currency: EUR, seller: {address: {country: NO}}, line: {vat_rate: 20.50}}
csv:
  key: [N]
  document: {invoice_number: N, "notes[0].text": T}
  line: {quantity: Q}
"""


def test_values_are_texts() -> None:
    """Norway stays Norway, and 20.50 keeps its digits; a bare name is a column."""
    profile = load_profile(GOOD)
    assert profile.constants["seller"]["address"]["country"] == "NO"
    assert profile.constants["line"]["vat_rate"] == "20.50"
    assert profile.csv is not None
    assert profile.csv.document["invoice_number"].column == "N"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("currency: EUR", "curency: EUR", "the canonical document has no field 'curency'"),
        ("country: NO", "land: NO", "constants.seller.address: the canonical document has no field 'land'"),
        ("vat_rate: 20.50", "rate: 20", "constants.line: the canonical document has no field 'rate'"),
        ("seller: {address: {country: NO}}", "seller: ACME", "constants.seller: must be a group of fields"),
        ('"notes[0].text": T', "notes.text: T", "a list needs its [number]"),
        ('"notes[0].text": T', "buyer: T", "this is a group"),
        ("quantity: Q", "quantty: Q", "quantty: the canonical document has no such field"),
        ("invoice_number: N", "issue_date: N", "invoice_number is not mapped"),
        ("key: [N]", "layout: rows", "`key` is missing"),
        ("key: [N]", "key: [N]\n  layout: records", "`records` belongs to layout records"),
        ("key: [N]", "key: [N]\n  layout: files", "`lines` needs file"),
        ("key: [N]", "key: [N]\n  layout: pages", "csv.layout"),
        ("key: [N]", "key: [N]\n  encoding: utf-9", "is no known encoding"),
        ("key: [N]", 'key: [N]\n  thousands: "."', "thousands and decimal sign are the same"),
        ("key: [N]", "key: [N]\n  separater: x", "csv.separater"),
        ("quantity: Q", "quantity: {column: Q, pattern: '('}", "not a regular expression"),
        ("quantity: Q", "quantity: {column: Q, template: x}", "must contain {} once"),
        ("name: p", "name: p\nname: q", "stands twice, line 3"),
        ("name: p", "name: [", "no YAML"),
    ],
)
def test_faults_are_named(old: str, new: str, told: str) -> None:
    """Each fault stops the load with the setting's place and what is wrong with it."""
    with pytest.raises(ConfigurationError) as refused:
        load_profile(GOOD.replace(old, new))
    assert told in refused.value.text


def test_yaml_makes_no_objects() -> None:
    """A tag that would build a Python object is only a text."""
    with pytest.raises(ConfigurationError):
        load_profile("!!python/object/apply:os.system ['true']")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("invoice_number", "text"),
        ("issue_date", "date"),
        ("delivery.date", "date"),
        ("totals.amount_due", "number"),
        ("allowances_charges[0].charge", "flag"),
        ("extras.anything", "text"),
        ("payment.credit_transfers[1].account", "text"),
    ],
)
def test_kinds_of_fields(path: str, kind: str) -> None:
    """What stands at a path is read off the canonical models."""
    assert kind_at(parse_path(path)).name == kind
    assert format_path(parse_path(path)) == path


def test_kinds_below_a_line() -> None:
    """Line paths start at the line."""
    assert kind_at(parse_path("net_price"), root=Line).name == "number"
    assert kind_at(parse_path("net_price"), root=Line).terms == ("BT-146",)
    with pytest.raises(ValueError, match="no such field"):
        kind_at(parse_path("invoice_number"), root=Line)
