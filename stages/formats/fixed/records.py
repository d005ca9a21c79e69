"""Where one fixed-width record ends and the next begins: by line ends, those of EBCDIC too, or by width alone."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

RECORD_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


def is_ebcdic(encoding: str) -> bool:
    """Does this encoding (a name that Python knows) put letters where ASCII has none? No byte of such a text tells."""
    return " 0A".encode(encoding) not in (b" 0A", b" \x000\x00A\x00", b"\x00 \x000\x00A")


class Records:
    """Raw records from a byte offset, each with its line end. `offset` is where the next one begins.

    Line ends are LF or CR LF; in EBCDIC LF (0x25) or NEL (0x15), which mainframes' files have. A file without any, of
    a `width` that the profile says, is cut by that width, in characters: so data sets of RECFM F and FB come
    from mainframes. Raises Unfit for a record of more than `RECORD_BYTES`, and for bytes that are no characters.
    """

    def __init__(self, file: BinaryIO, encoding: str, width: int | None, offset: int) -> None:
        self.file, self.encoding, self.width, self.offset = file, encoding, width, offset
        wide = {end.encode(encoding) for end in ("\n", "\x85")} if is_ebcdic(encoding) else {b"\n"}
        self._ends = frozenset(wide)
        file.seek(0)
        head = file.read(_CHUNK)
        self.unterminated = width is not None and not any(end in head for end in self._ends)
        self._held = b""
        file.seek(offset)

    def take(self, line: int) -> bytes:
        """The next record; empty at the end of the file. `line` is its number, for the place of a finding."""
        raw = self._of_width(line) if self.unterminated else self._of_line(line)
        self.offset += len(raw)
        return raw

    def _of_line(self, line: int) -> bytes:
        searched = 0
        while True:
            found = [at for at in (self._held.find(end, searched) for end in self._ends) if at >= 0]
            if found:
                return self._cut(min(found) + 1)
            searched = len(self._held)
            if searched > RECORD_BYTES:
                raise Unfit(refuse("fixed-limit", f"a record of more than {RECORD_BYTES} bytes", f"line {line}"))
            more = self.file.read(_CHUNK)
            if not more:
                return self._cut(searched)
            self._held += more

    def _of_width(self, line: int) -> bytes:
        width = self.width or 0
        while len(self._held) < 4 * width and (more := self.file.read(_CHUNK)):
            self._held += more
        decoder = codecs.getincrementaldecoder(self.encoding)()
        try:
            text = decoder.decode(self._held[: 4 * width])
        except UnicodeDecodeError as error:
            message = f"the text is not {self.encoding.upper()}, the encoding that is declared"
            found = f"byte 0x{self._held[error.start]:02X}"
            raise Unfit(refuse("fixed-encoding", message, f"record {line}", found)) from None
        return self._cut(len(text[:width].encode(self.encoding)))

    def _cut(self, length: int) -> bytes:
        raw, self._held = self._held[:length], self._held[length:]
        return raw
