"""Written CII and XRechnung, judged by validators that nobody here wrote: XSD and rules as phive applies them."""

from __future__ import annotations

from pathlib import Path

from test_ubl_oracle import completed, judged, needs_oracle
from ubl_documents import DOCUMENTS

from stages.formats import registry
from stages.formats.cii.profile import FACTUR_X

# What a document of ours lacks, by the target's own rules: no VAT rate where there is no VAT (XRechnung wants one), a
# rounding amount that the smaller profiles have no place for (conversion refuses it).
NOT_CARRIED = {
    "xrechnung-cii": {"outside-scope": ["BR-DE-14"]},
    "xrechnung-ubl": {"outside-scope": ["BR-DE-14"]},
    "factur-x-basic-wl": {"everything": ["FX-SCH-A-000122"]},
    "factur-x-basic": {"everything": ["FX-SCH-A-000122"]},
}
TARGETS = (
    ("cii", {}),
    ("xrechnung-cii", {}),
    ("xrechnung-ubl", {}),
    *(("factur-x", {"profile": profile}) for profile in FACTUR_X if profile not in ("en16931", "xrechnung")),
)


@needs_oracle
def test_every_document_passes_the_rules_of_its_target(tmp_path: Path) -> None:
    """Each document passes schema and rules as CII, both XRechnungs and each profile of Factur-X, or breaks the one
    rule that says why it cannot be carried. The profile is recognised by what the file says of itself."""
    files, expected = {}, {}
    for name, options in TARGETS:
        label = "-".join((name, *options.values()))
        for title, document in DOCUMENTS.items():
            files[f"{label}_{title}"] = registry.target(name).write(completed(document), options)
            expected[f"{label}_{title}"] = NOT_CARRIED.get(label, {}).get(title, [])
    verdicts = judged(tmp_path, "auto", files)
    broken = {
        name: [each.split()[0] for each in errors if not each.startswith("{")] for name, errors in verdicts.items()
    }
    assert {name: sorted(set(rules)) for name, rules in broken.items()} == expected


@needs_oracle
def test_factur_x_of_en16931_passes_its_own_rules(tmp_path: Path) -> None:
    """The profile that calls itself as plain EN 16931 does is judged by Factur-X's rules where they are asked for."""
    target = registry.target("factur-x")
    files = {name: target.write(completed(document), {}) for name, document in DOCUMENTS.items()}
    verdicts = judged(tmp_path, "factur-x", files)
    assert {name: [each for each in errors if not each.startswith("{")] for name, errors in verdicts.items()} == {
        name: [] for name in DOCUMENTS
    }
