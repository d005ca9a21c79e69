"""Bytes of a good file, damaged: flipped, cut, doubled, with strangers between them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from itertools import chain

from lxml import etree

from schemas.errors import ExportUnreadable, LimitExceeded
from stages.formats.reading.step import read


def mangled(sample: bytes, count: int, seed: int = 4) -> Iterator[bytes]:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        data = bytearray(sample)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 60)]
                case 2:
                    data[at:at] = data[at : at + chance.randint(1, 200)]
                case _:
                    data[at:at] = bytes(chance.randrange(32, 127) for _ in range(3))
        yield bytes(data)


_TEXTS = ("", "-", "1e9", "12,5", "NaN", "9" * 39, "-0.00", "2026-02-30", "\u00a0", "ES", "0", "x" * 6000)


def mangled_xml(sample: bytes, count: int, seed: int = 5) -> Iterator[bytes]:
    """Well formed, with elements lost, doubled, moved and filled with other texts."""
    chance = random.Random(seed)  # noqa: S311
    for _ in range(count):
        root = etree.fromstring(sample)
        for _ in range(chance.randint(1, 4)):
            elements = [each for each in root.iter(etree.Element) if each.getparent() is not None]
            element = chance.choice(elements)
            parent = element.getparent()
            assert parent is not None
            match chance.randrange(5):
                case 0:
                    parent.remove(element)
                case 1:
                    parent.append(deepcopy(element))
                case 2:
                    chance.choice(elements).append(deepcopy(element))
                case _:
                    element.text = chance.choice(_TEXTS)
        yield etree.tostring(root)


def survive(sample: bytes, name: str, count: int = 300) -> int:
    """How many of the damaged files were read at all; any other error than those two is let through."""
    survived = 0
    damaged = chain(mangled(sample, count), mangled_xml(sample, count) if sample.startswith(b"<") else ())
    for data in damaged:
        with suppress(ExportUnreadable, LimitExceeded):
            survived += len(read(io.BytesIO(data), name, None, None).records)
    return survived
