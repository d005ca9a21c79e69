"""Whose rows a question is about: one tenant's, as a rule; everybody's, where somebody says so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Whose:
    """`tenant` None: everybody's. Names and numbers are the tenant's own; an id, which is nobody else's, is found
    wherever it is, as long as the tenant was not `named` but is only the default."""

    tenant: str | None = None
    named: bool = True

    @property
    def of_ids(self) -> str | None:
        """The tenant to which an id must belong."""
        return self.tenant if self.named else None

    def __str__(self) -> str:
        return f" of tenant {self.tenant}" if self.tenant else ""


EVERYBODY = Whose()
