"""Files inside of documents: Base64 as RFC 4648 (clause 4) and XML Schema have it.

Decoders, libxml2 among them, skip what is not of the alphabet; what they make of it is not what was meant.

Source   RFC 4648; W3C XML Schema Part 2, base64Binary
"""

from __future__ import annotations

import re

_BLANKS = b" \t\r\n"
_STRANGE = re.compile(r"[^A-Za-z0-9+/= \t\r\n]")
_LAST = {1: "AEIMQUYcgkosw048", 2: "AQgw"}
"""Signs of padding, and the letters that may stand before them: their bits beyond the last byte are zero."""


def base64_bare(text: str) -> str:
    """Base64 without its blanks and line breaks, which XML Schema allows anywhere. Raises ValueError, saying where."""
    import binascii

    try:
        bare = text.encode("ascii").translate(None, _BLANKS)
        binascii.a2b_base64(bare, strict_mode=True)
    except ValueError:
        raise ValueError(_fault(text)) from None
    padding = bare[-2:].count(b"=")
    if padding and chr(bare[-padding - 1]) not in _LAST[padding]:
        raise ValueError("not Base64 (RFC 4648): it ends within a byte")
    return bare.decode()


def _fault(text: str) -> str:
    if strange := _STRANGE.search(text):
        return f"not Base64 (RFC 4648): character {strange.start() + 1} is U+{ord(strange.group()):04X}"
    return "not Base64 (RFC 4648): its length or its padding is wrong"
