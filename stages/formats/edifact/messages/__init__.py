"""The messages, one grammar each: a module has a MESSAGE."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from stages.formats.edifact.grammar import Grammar, compiled

NAMES = ("INVOIC", "ORDERS", "ORDRSP", "DESADV", "PRICAT", "RECADV", "REMADV", "CONTRL")
RELEASES = ("96A", "01B")


@cache
def grammar(name: str, release: str) -> Grammar:
    """Compiled at the first use."""
    return compiled(import_module(f"stages.formats.edifact.messages.{name.lower()}").MESSAGE, release)
