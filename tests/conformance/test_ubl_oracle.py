"""Written UBL, judged by validators that nobody here wrote: XSD, EN 16931 and Peppol rules as phive applies them."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ubl_documents import DOCUMENTS, invoice, line

from schemas.documents import AllowanceCharge, Invoice, Totals
from stages.conversion.totals import complete
from stages.formats.ubl.writer import Profile, write

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


def roughly(chance: random.Random, document: Invoice) -> Invoice:
    """The document as an ERP that rounds in its own way would have given it: cents off, up to a whole unit off."""

    def off(value: Decimal | None, *choices: int) -> Decimal:
        return (value or Decimal(0)) + Decimal(chance.choice(choices)) / 100

    result, _ = complete(document)
    rows = tuple(
        row.model_copy(
            update={
                "taxable_amount": off(row.taxable_amount, 0, 0, 0, 1, 99, -99, 101),
                "tax_amount": off(row.tax_amount, 0, 0, 1, -1, 50, -99, 99, 101),
            }
            if row.category == "S"
            else {"exemption_reason": "why" if row.category == "E" else None}
        )
        for row in result.vat_breakdown
    )
    lines = tuple(each.model_copy(update={"net_amount": off(each.net_amount, 0, 0, 0, 1, -1)}) for each in result.lines)
    totals = Totals(paid_amount=off(None, 0, 100, 1234), rounding_amount=off(None, 0, -2, 3))
    return document.model_copy(update={"vat_breakdown": rows, "lines": lines, "totals": totals})


@needs_oracle
def test_what_our_totals_let_pass_the_official_rules_let_pass(tmp_path: Path) -> None:
    """Of random documents with an ERP's own rounding, those that completion calls free of errors are free of them."""
    chance = random.Random(7)  # noqa: S311
    rates = [("S", Decimal(23)), ("S", Decimal("5.5")), ("Z", None), ("E", Decimal(0))]

    def number(low: int, high: int, places: int) -> Decimal:
        return Decimal(chance.randint(low * 10**places, high * 10**places)).scaleb(-places)

    def extra(**more: Any) -> AllowanceCharge:
        return AllowanceCharge(charge=chance.random() < 0.5, amount=number(0, 40, 2), reason="x", **more)

    files: dict[str, bytes] = {}
    stopped = 0
    for index in range(200):
        lines = []
        for position in range(chance.randint(1, 5)):
            category, rate = chance.choice(rates)
            price = number(0, 999, 4)
            lines.append(
                line(
                    position + 1,
                    quantity=number(-5, 50, 3),
                    net_price=price,
                    gross_price=chance.choice([None, price + 1]),
                    base_quantity=chance.choice([None, Decimal(7), Decimal(1000)]),
                    vat_category=category,
                    vat_rate=rate,
                    allowances_charges=tuple(extra() for _ in range(chance.choice([0, 0, 2]))),
                )
            )
        category, rate = chance.choice(rates)
        extras = (extra(vat_category=category, vat_rate=rate),) if chance.random() < 0.5 else ()
        kind, currency = chance.choice(["380", "381"]), chance.choice(["EUR", "EUR", "ISK"])
        exact = invoice(f"R-{index}", *lines, allowances_charges=extras, type_code=kind, currency=currency)
        result, findings = complete(roughly(chance, exact))
        if any(each.severity == "fatal" for each in findings):
            stopped += 1
        else:
            files[f"r{index}"] = write(result, Profile.PEPPOL)
    assert stopped > 20
    assert len(files) > 50
    assert judged(tmp_path, "peppol", files) == {name: [] for name in files}
