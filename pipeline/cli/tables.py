"""Rows as people read them in a terminal: a table, or in a narrow one a block of lines each."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

NAME = 100
"""Letters of a name or number that are shown; whoever needs more asks with --json."""
SENTENCE = 1500
SENTENCES = frozenset({"what", "detail", "note", "meaning", "value", "takes", "reason", "summary"})
"""Columns in which we speak: cut only where a document speaks through us."""
PATHS = frozenset({"file", "output"})
"""Columns whose end tells rows apart: they are cut in the middle."""
LEAST = 8
"""Letters that a column must have, or the table is drawn as blocks."""
_GAP = 3


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, title: str | None = None) -> None:
    """As wide as the terminal; without one, as wide as it needs.

    Where a line would be folded, what is empty in all rows is left out; in a narrow terminal, of ids the first 8 digits
    are shown, which every command takes, and where that does not help, each row is a block of lines.
    """
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 200, soft_wrap=False)
    drawn = [{column: _cell(column, row.get(column)) for column in columns} for row in rows]
    if _need(columns, drawn, SENTENCE) > console.width:
        columns = [column for column in columns if not drawn or any(row[column] for row in drawn)]
    if _need(columns, drawn) > console.width:
        drawn = [{column: _ID.sub(r"\1", cell) for column, cell in row.items()} for row in drawn]
    if drawn and _need(columns, drawn) > console.width:
        _blocks(console, columns, drawn, title)
    else:
        _table(console, columns, drawn, title)


_ID = re.compile(r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


def _need(columns: Sequence[str], rows: Sequence[Mapping[str, str]], least_width: int = LEAST) -> int:
    """Letters that a table needs in order to be readable, with columns folded to `least_width`."""
    widest = {column: max(map(len, (*_head(column).split(), *(row[column] for row in rows)))) for column in columns}
    least = {column: width if _ids(rows, column) else min(width, least_width) for column, width in widest.items()}
    return sum(least.values()) + _GAP * (len(columns) - 1)


def _ids(rows: Sequence[Mapping[str, str]], column: str) -> bool:
    """These are not folded: nobody can copy an id out of two lines."""
    return any(_ID.fullmatch(row[column]) for row in rows)


def _table(console: Console, columns: Sequence[str], rows: Sequence[Mapping[str, str]], title: str | None) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(_head(column), overflow="fold", no_wrap=_ids(rows, column))
    for row in rows:
        drawn.add_row(*(Text(row[column], style=_style(column, row)) for column in columns))
    console.print(drawn)


def _blocks(console: Console, columns: Sequence[str], rows: Iterable[Mapping[str, str]], title: str | None) -> None:
    from rich.table import Table
    from rich.text import Text

    if title:
        console.print(Text(title, style="italic"))
    for row in rows:
        block = Table.grid(padding=(0, 1))
        block.add_column(no_wrap=True)
        block.add_column(overflow="fold")
        for column in columns:
            if row[column]:
                block.add_row(Text(_head(column), style="bold"), Text(row[column], style=_style(column, row)))
        console.print(block)
        console.print()


def _head(column: str) -> str:
    return column.replace("_", " ")


def _cell(column: str, value: Any) -> str:
    text = _text(value)
    if column in PATHS and len(text) > NAME:
        text = f"{text[: NAME // 3]}…{text[NAME // 3 + 1 - NAME :]}"
    return shown(text, SENTENCE if column in SENTENCES else NAME)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "strftime") and hasattr(value, "hour"):
        return str(value.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(each) for each in value)
    return str(value)


def shown(text: str, length: int = NAME) -> str:
    r"""What others wrote, as it may stand in a terminal: at most so long, in letters that stdout has, and without what
    moves the cursor or turns letters round.

    >>> shown("A" * 8, 5), shown("FT\u202e1\x1b[2J")
    ('AAAA…', 'FT\\u202e1\\x1b[2J')
    """
    if len(text) > length:
        text = f"{text[: length - 1]}…"
    escaped = "".join(_escaped(sign) if _moves(sign) else sign for sign in text)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return escaped.encode(encoding, "backslashreplace").decode(encoding, "replace")


def _moves(sign: str) -> bool:
    """A control or format character; a line break may stand in a cell."""
    return sign != "\n" and not sign.isprintable() and unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Cs")


def _escaped(sign: str) -> str:
    return sign.encode("ascii", "backslashreplace").decode() if ord(sign) > 0x7F else f"\\x{ord(sign):02x}"


_COLOURS = {
    "delivered": "green", "accepted": "green", "captured": "green", "parked": "yellow", "refused": "red",
    "undeliverable": "red", "duplicate": "dim", "superseded": "dim", "waiting": "cyan", "moving": "cyan",
    "running": "green", "crashed": "red", "stopped": "dim", "ok": "green", "wrong": "red",
}  # fmt: skip


def _style(column: str, row: Mapping[str, str]) -> str:
    return _COLOURS.get(row[column], "") if column in ("state", "end", "is") else ""
