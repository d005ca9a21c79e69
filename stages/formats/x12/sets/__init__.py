"""The transaction sets that are read and written, by their code (143)."""

from __future__ import annotations

from functools import cache

from stages.formats.x12.meaning import Grammar


@cache
def grammars() -> dict[str, Grammar]:
    from stages.formats.x12.sets import acknowledgement, catalogue, invoice, order, remittance, response, ship_notice

    modules = (invoice, order, response, ship_notice, catalogue, remittance, acknowledgement)
    return {module.GRAMMAR.code: module.GRAMMAR for module in modules}
