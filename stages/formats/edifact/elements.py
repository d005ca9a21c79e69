"""How long each element of a segment may be, in D.96A and D.01B: components joined by `:`, elements by a blank.

`n18` is a number of 18 digits, anything else a text. A text of several equal components goes on from one to the next.

Source: UN/EDIFACT directories D.96A and D.01B, EDSD, EDCD and EDED; ISO 9735 (service segments, CONTRL).
"""

from __future__ import annotations

D96A = """
AJT 3 n6
ALC 3 35:3 3 3 3:3:3:35:35
ALI 3 3 3 3 3 3 3
BGM 3:3:3:35 35 3 3
CNT 3:n18:3
COM 512:3
CPS 12 12 3
CTA 3 17:35
CUX 3:3:3:n4 3:3:3:n4 n12 3
DOC 3:3:3:35 35:3:35:3 3 n2 n2
DTM 3:35:3
FII 3 35:35:35:3 11:3:3:17:3:3:70:70 3
FTX 3 3 3:3:3 70:70:70:70:70 3
GIN 3 35:35 35:35 35:35 35:35 35:35
IMD 3 3 17:3:3:35:35:3 3
LIN n6 3 35:3:3:3 3:n6 n2 3
LOC 3 25:3:3:70 25:3:3:70 25:3:3:70 3
MEA 3 3:3:3:70 3:n18:n18:n18:n2 3
MOA 3:n18:3:3:3
NAD 3 35:3:3 35:35:35:35:35 35:35:35:35:35:3 35:35:35:35 35 9 9 3
PAC n8 3:3:3 17:3:3:35 3:35:3:35:3 3:3
PAI 3:3:3:3:3:3
PAT 3 17:3:3:35:35 3:3:3:n3
PCD 3:n10:3:3:3
PCI 3 35:35:35:35:35:35:35:35:35:35 3 3:3:3
PGI 3 3:3:3:35
PIA 3 35:3:3:3 35:3:3:3 35:3:3:3 35:3:3:3 35:3:3:3
PRI 3:n15:3:3:n9:3 3
QTY 3:n15:3
QVR n15:3 3 3:3:3:35
RFF 3:35:6:35
TAX 3 3:3:3:35 6:3:3 15 7:3:3:17:12:3:3 3 20
TDT 3 17 3:17 8:17 17:3:3:35 3 3:3:17 9:3:3:35:3 3
TOD 3 3 3:3:3:70:70
CDI 3 3:3:3:35
UNS 1
UCI 14 35:4:14 35:4:14 3 3 3 3:3
UCM 14 6:3:3:2:6 3 3 3 3:3
UCS n6 3
UCD 3 n3:n3
UCF 14 35:4 35:4 2 3 3 3 3:3
"""
D01B = """
AJT 3 6
ALC 3 35:3 3 3 3:17:3:35:35
BGM 3:17:3:35 35:9:6 3 3
COM 512:3 512:3 512:3
CPS 35 35 3
DOC 3:17:3:35 35:3:70:3:9:6 3 n2 n2
FII 3 35:35:35:3 11:17:3:17:17:3:70:70 3
FTX 3 3 17:17:3 512:512:512:512:512 3 3
IMD 3 3:17:3 17:17:3:256:256:3 3
LIN 6 3 35:3:17:3 3:6 n2 3
LOC 3 25:17:3:256 25:17:3:70 25:17:3:70 3
MEA 3 3:3:17:70 3:18:n18:n18:n2 3
MOA 3:n35:3:3:3
NAD 3 35:17:3 35:35:35:35:35 35:35:35:35:35:3 35:35:35:35 35 9:17:3:70 17 3
PAC n8 3:3:3 17:17:3:35 3:35:3:35:3 3:3
PAI 3:3:3:17:3:3
PAT 3 17:17:3:35:35 3:3:3:n3
PCD 3:n10:3:17:3 3
PCI 3 35:35:35:35:35:35:35:35:35:35 3 3:17:3
PGI 3 25:17:3:35
PIA 3 35:3:17:3 35:3:17:3 35:3:17:3 35:3:17:3 35:3:17:3
QTY 3:35:3
QVR n15:3 3 3:17:3:35
RFF 3:70:6:35:6
TAX 3 3:17:3:35 6:17:3 15 7:17:3:17:12:17:3 3 20 3
TDT 3 17 3:17 8:17 17:17:3:35 3 3:3:17 9:17:3:35:3 3
TOD 3 3 3:17:3:70:70
CDI 3 3:17:3:70
"""
"""Only what differs from D.96A."""


def lengths(release: str) -> dict[str, tuple[tuple[tuple[bool, int], ...], ...]]:
    """Tag -> for each element, for each of its components, (is it a number, how long may it be)."""
    rows = D96A.split("\n") + (D01B.split("\n") if release == "01B" else [])
    return {row[:3]: tuple(_element(each) for each in row[4:].split(" ")) for row in rows if row}


def _element(text: str) -> tuple[tuple[bool, int], ...]:
    return tuple((each[0] == "n", int(each.lstrip("n"))) for each in text.split(":"))
