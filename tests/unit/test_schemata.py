"""The schemas out of the pinned jars: each is whole, and says what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import maven
from schemas.errors import ConfigurationError, EngineUnavailable
from stages.rules import schemata


@pytest.fixture(scope="module")
def jars() -> tuple[Path, ...]:
    return tuple(maven.jars("rules"))


@pytest.mark.parametrize("name", schemata.SCHEMAS)
def test_every_schema_is_whole(name: str, jars: tuple[Path, ...]) -> None:
    """Each named schema compiles with all that it imports, and refuses an element that it does not know."""
    (finding,) = schemata.schema_check(b"<nothing/>", name, jars)
    assert (finding.rule, finding.place, finding.severity) == ("XSD", "line 1, /nothing", "fatal")


def test_a_signature_inside_is_judged_too(jars: tuple[Path, ...]) -> None:
    """The schema of XMLDSIG, which FatturaPA and Facturae import without an address, is the W3C's own."""
    found = schemata.schema_check(
        b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Wrong/></ds:Signature>',
        "facturae-3.2.2",
        jars,
    )
    assert [finding.rule for finding in found] == ["XSD"]
    assert "SignedInfo" in found[0].message


def test_what_is_no_xml_is_told_as_that(jars: tuple[Path, ...]) -> None:
    """A broken document and one with a DOCTYPE are no question for a schema."""
    assert [f.rule for f in schemata.schema_check(b"<a>", "facturae-3.2.2", jars)] == ["XML"]
    doctype = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    assert [f.rule for f in schemata.schema_check(doctype, "facturae-3.2.2", jars)] == ["XML"]


def test_a_missing_schema_is_never_a_verdict() -> None:
    """Without its jar a schema is not there; a wrong name is the caller's fault."""
    with pytest.raises(EngineUnavailable):
        schemata.schema_check(b"<a/>", "facturae-3.2.2", ())
    with pytest.raises(ConfigurationError):
        schemata.schema_check(b"<a/>", "facturae-9", ())
