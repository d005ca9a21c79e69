"""Inputs made to exhaust: each is refused within a second of CPU and 100 MB beyond the idle process."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from csv_shop import HEADER
from reading_samples import INVOICE_NAMESPACE, ubl

ROOT = Path(__file__).parents[2]
OPEN = f'<Invoice xmlns="{INVOICE_NAMESPACE}">'.encode()
CLOSE = b"</Invoice>"
MEASURED = """
import json, os, sys, time
from stages.formats.reading.step import read
from schemas.errors import PermanentError
from schemas.profiles import load_profile

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024

folder = sys.argv[1]
profile = load_profile(open(folder + "/profile.yaml").read())
for name in sorted(os.listdir(folder + "/cases")):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    before, began = peak(), time.process_time()
    with open(folder + "/cases/" + name, "rb") as file:
        try:
            step = read(file, "hostile", profile, None, limit=1)
            rule = step.records[0].error.findings[0].rule
        except PermanentError as error:
            rule = error.findings[0].rule
    print(json.dumps([name, rule, time.process_time() - began, peak() - before]), flush=True)
    os._exit(0)
"""
PROFILE = """
name: p
csv: {separator: ";", key: [Number], document: {invoice_number: Number, issue_date: Date, buyer.name: Customer},
  line: {name: Item, quantity: Qty, net_price: Price, vat_rate: VAT}}
"""


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", data)
    return file.getvalue()


CASES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "deep": ("xml-depth", lambda: OPEN + b"<a>" * 1_000_000),
    "many elements": ("xml-limit", lambda: OPEN + b"<a/>" * 1_000_000 + CLOSE),
    "as many elements as allowed": ("field-missing", lambda: OPEN + b"<a>x</a>" * 249_000 + CLOSE),
    "long attribute": ("xml-limit", lambda: b"<w>" + OPEN + b'<a b="' + b"x" * 22_000_000 + b'"/>' + CLOSE + b"</w>"),
    "long text": ("xml-limit", lambda: OPEN + b"<a>" + b"x" * 22_000_000 + b"</a>" + CLOSE),
    "long comment": ("xml-limit", lambda: OPEN + b"<!--" + b"x" * 22_000_000 + b"-->" + CLOSE),
    "many namespaces": (
        "field-missing",
        lambda: OPEN + b"".join(b'<a xmlns:n%d="u%d"/>' % (n, n) for n in range(100_000)) + CLOSE,
    ),
    "billion laughs": (
        "xml-doctype",
        lambda: b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>',
    ),
    "deep JSON": ("json-depth", lambda: b'{"invoice_number":' + b"[" * 1_000_000),
    "many numbers": ("json-limit", lambda: b'{"invoice_number":1,"x":[' + b"1," * 2_000_000 + b"1]}"),
    "long JSON text": ("json-limit", lambda: b'{"invoice_number":"' + b"x" * 22_000_000 + b'"}'),
    "JSON text without end": ("json-limit", lambda: b'{"invoice_number":"' + b'\\"' * 11_000_000),
    "quotes": ("csv-limit", lambda: HEADER.encode() + b'"\n' * 1_000_000),
    "one line": ("csv-line", lambda: HEADER.encode() + b"x" * 2200_000),
    "empty lines": ("csv-blank", lambda: HEADER.encode() + b"\n" * 2200_000),
    "one document": ("csv-limit", lambda: HEADER.encode() + b"1;1;1;1;1;1;1\n" * 200_000),
    "zip bomb": ("archive-limit", lambda: zipped(b"<a>" + b" " * 100_000_000)),
    "gzip bomb": ("archive-limit", lambda: gzip.compress(b"\0" * 100_000_000)),
    "zeros": ("format-unknown", lambda: bytes(2200_000)),
    "random": ("format-unknown", lambda: b"\x93\x01\xfe" + os.urandom(1_000_000) * 30),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_each_is_refused_early(tmp_path: Path) -> None:
    """The rule, the CPU time and the peak memory of a process that reads nothing else."""
    (tmp_path / "cases").mkdir()
    (tmp_path / "profile.yaml").write_text(PROFILE)
    for name, (_, make) in CASES.items():
        (tmp_path / "cases" / name).write_bytes(make())
    command = [sys.executable, "-c", MEASURED, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=120)
    told = {name: rest for name, *rest in map(json.loads, ran.stdout.splitlines())}
    assert {name: rest[0] for name, rest in told.items()} == {name: rule for name, (rule, _) in CASES.items()}
    assert [name for name, (_, seconds, _) in told.items() if seconds >= 1] == []
    assert [name for name, (_, _, megabytes) in told.items() if megabytes >= 100] == []


def test_ten_thousand_invoices_stay_small(tmp_path: Path) -> None:
    """A file of 10,000 invoices is read in steps under 300 MB in all, each as it is."""
    script = """
import sys
from stages.formats.reading.step import read
cursor, count = None, 0
with open(sys.argv[1], "rb") as file:
    while True:
        step = read(file, "x", None, cursor)
        assert all(record.document for record in step.records)
        count, cursor = count + len(step.records), step.cursor
        if cursor is None:
            break
print(count, next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""
    with (tmp_path / "batch.xml").open("w") as file:
        file.write("<batch>")
        for number in range(10_000):
            file.write(ubl(f"F-{number}", lines=1))
        file.write("</batch>")
    command = [sys.executable, "-c", script, str(tmp_path / "batch.xml")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, timeout=120)
    count, megabytes = ran.stdout.split()
    assert int(count) == 10_000
    assert int(megabytes) < 300
