"""The rows of an ERP's JSON: out of the envelopes in which OData, Odoo and log lines answer."""

from __future__ import annotations

from stages.formats.erp_json.row import Row, exact
from stages.formats.reading.json_text import Piece, parse

ENVELOPES = frozenset({("value",), ("message",), ("result",), ("result", "records"), ("d", "results"), ("records",)})


def row_of(piece: Piece) -> Row:
    """The row itself, out of the envelope of a single one. Raises Unfit."""
    data, locate = parse(piece, exact)
    path: tuple[str | int, ...] = ()
    for key in ("d", "result"):
        if isinstance(data.get(key), dict):
            data, path = data[key], (*path, key)
    return Row(data, path, locate)
