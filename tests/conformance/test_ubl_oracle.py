"""Written UBL, judged by validators that nobody here wrote: XSD, EN 16931 and Peppol rules as phive applies them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ubl_documents import DOCUMENTS

from schemas.documents import Invoice
from stages.conversion.totals import complete
from stages.conversion.ubl import Profile, write

SHARED = Path(__file__).parents[2].parent / "shared"
ORACLE = SHARED / "oracle" / "oracle"

needs_oracle = pytest.mark.skipif(
    not (ORACLE.exists() and (ORACLE.parent / "xml/target/oracle-xml-1.jar").exists() and shutil.which("java")),
    reason="skipped: no oracle",
)


def judged(folder: Path, rules: str, files: dict[str, bytes]) -> dict[str, list[str]]:
    """The errors of each file, by its name; one call, for the validator takes seconds to start."""
    for name, content in files.items():
        (folder / f"{name}.xml").write_bytes(content)
    command = [str(ORACLE), "xml", "--rules", rules, *(str(folder / f"{name}.xml") for name in files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    verdicts: dict[str, list[str]] = {}
    for row in answer.stdout.splitlines():
        verdict: dict[str, Any] = json.loads(row)
        errors = [f"{each['rule']} at {each['where']}: {each['message']}" for each in verdict["errors"]]
        assert verdict["ok"] is not bool(errors)
        verdicts[Path(verdict["file"]).stem] = errors + [str(each) for each in verdict["details"]["warnings"]]
    assert verdicts.keys() == files.keys()
    return verdicts


def completed(document: Invoice) -> Invoice:
    result, findings = complete(document)
    assert not [each for each in findings if each.severity == "fatal"]
    return result


@needs_oracle
@pytest.mark.parametrize(("profile", "rules"), [(Profile.PEPPOL, "peppol"), (Profile.EN16931, "en16931-ubl")])
def test_every_document_passes_the_official_rules(profile: Profile, rules: str, tmp_path: Path) -> None:
    """Each document written for this test passes XSD and rules, without even a warning, in both profiles."""
    files = {name: write(completed(document), profile) for name, document in DOCUMENTS.items()}
    assert judged(tmp_path, rules, files) == {name: [] for name in DOCUMENTS}


@needs_oracle
def test_the_validator_refuses_a_wrong_amount(tmp_path: Path) -> None:
    """The validator is awake: an amount due that is a cent too high is refused under the rule that we name too."""
    document = completed(DOCUMENTS["small"])
    totals = document.totals.model_copy(
        update={"amount_due": (document.totals.amount_due or 0) + document.lines[0].quantity}
    )
    wrong = document.model_copy(update={"totals": totals})
    (errors,) = judged(tmp_path, "peppol", {"wrong": write(wrong, Profile.PEPPOL)}).values()
    assert [each.split()[0] for each in errors] == ["BR-CO-16"]
    _, findings = complete(wrong)
    assert [(each.rule, each.place, each.found, each.expected) for each in findings] == [
        ("BR-CO-16", "totals.amount_due", "126.00", "123.00")
    ]
