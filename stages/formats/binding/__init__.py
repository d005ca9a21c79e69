"""Tables that say where each term of a document stands in an XML message, once, for reading and for writing.

A table is a tree of elements in the order of the message's schema (`elements.py`): `text("ram:Name", "name")`,
`part("ram:SellerTradeParty", "seller", ...)`. `Table` makes of it what a reader is led by, what a writer runs, and the
list of fields that the message carries, so that these three cannot disagree.
"""

from __future__ import annotations

from stages.formats.binding.table import Table

__all__ = ["Table"]
