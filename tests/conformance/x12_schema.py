"""Our tables of X12 as transaction schemas of StAEDI, so that an engine of another maker holds our output against them.

Schema: http://xlate.io/EDISchema/v4. Segments that our tables know by their place only may have any elements.
"""

from __future__ import annotations

from collections.abc import Iterator

from stages.formats.x12.structure import Use, structure
from stages.formats.x12.syntax import Element, segments

_BASES = {"AN": "string", "ID": "string", "R": "decimal", "N0": "numeric", "N2": "numeric", "DT": "date", "TM": "time",
          "-": "string"}  # fmt: skip


def schema(code: str, release: str) -> str:
    """The schema of one transaction set, XML."""
    known = segments(release)
    tags = sorted(set(_tags(structure(code))))
    elements, types = [], []
    for tag in tags:
        rows = known.get(tag) or (Element("-", 1, 99, False),) * 30
        elements += [_element(f"{tag}{n:02}", row) for n, row in enumerate(rows, start=1)]
        inside = "".join(
            f'<element type="{tag}{n:02}"{" minOccurs=" + chr(34) + "1" + chr(34) if row.must else ""}/>'
            for n, row in enumerate(rows, start=1)
        )
        types.append(f'<segmentType name="{tag}"><sequence>{inside}</sequence></segmentType>')
    uses = "".join(_use(use) for use in structure(code))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><schema xmlns="http://xlate.io/EDISchema/v4">'
        f"<transaction><sequence>{uses}</sequence></transaction>{''.join(elements)}{''.join(types)}</schema>"
    )


def _tags(uses: tuple[Use, ...]) -> Iterator[str]:
    for use in uses:
        yield use.tag
        yield from _tags(use.below)


def _use(use: Use) -> str:
    most = f' maxOccurs="{min(use.most, 999_999)}"' if use.most > 1 else ""
    least = ' minOccurs="1"' if use.must else ""
    if not use.loop:
        return f'<segment type="{use.tag}"{least}{most}/>'
    below = "".join(_use(each) for each in use.below)
    code = "LOOP-" + use.path.replace("/", "-")
    return f'<loop code="{code}"{least}{most}><sequence><segment type="{use.tag}"/>{below}</sequence></loop>'


def _element(name: str, row: Element) -> str:
    scale = ' scale="2"' if row.kind == "N2" else ""
    sizes = f' minLength="{row.least}" maxLength="{row.most}"'
    return f'<elementType name="{name}" base="{_BASES[row.kind]}"{scale}{sizes}/>'
