"""An edition of the native rules: what one release asks of one kind of document.

Rules are shared wherever two editions ask the same. Where a published rule set asks one of them otherwise, its layer
says so in `deviations`, with the reason: what the layers below find by that name is passed over, and a function of
`own` asks it as that rule set does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from stages.rules.catalogue import RuleSet

if TYPE_CHECKING:
    from schemas.documents import Invoice

Hit = tuple[str, str, object, object]
"""(rule, place, found, expected): what a rule that does not hold yields; None where there is nothing to show."""
Hits = Iterator[Hit]
Rule = Callable[[Any], Hits]


@dataclass(frozen=True)
class Layer:
    """What is asked alike (`shared`, functions or other layers), less `deviations`, with what is asked otherwise."""

    shared: tuple[Rule, ...]
    deviations: Mapping[str, str] = field(default_factory=dict, hash=False)
    own: tuple[Rule, ...] = ()

    def __call__(self, facts: Any) -> Hits:
        otherwise = self.deviations
        for rule in self.shared:
            for hit in rule(facts):
                if hit[0] not in otherwise:
                    yield hit
        for rule in self.own:
            yield from rule(facts)


class Sight(Protocol):
    """How a syntax shows a document: facts.py's `Facts`, or a subclass of it, which the rules then ask."""

    def __call__(self, document: Invoice, edition: Edition, *, written: bool) -> Any: ...


@dataclass(frozen=True)
class Edition:
    """`asks` are its functions, `texts` every rule that it has; `facts` sees a document as its syntax does.

    `lists` names the version of the code lists, where they are not the newest of UBL; `older` says that it stands on
    1.3.15 of the norm's rules. `names` is how it calls the rules of the norm, where it calls them otherwise: one that
    is neither there nor in `texts` it does not ask.
    """

    rules: RuleSet
    facts: Sight = field(hash=False)
    asks: Layer
    texts: Mapping[str, str] = field(hash=False)
    warnings: frozenset[str] = frozenset()
    lists: str = ""
    older: bool = False
    names: Mapping[str, tuple[str, ...]] | None = field(default=None, hash=False)

    def hits(self, document: Invoice, *, written: bool) -> Hits:
        """What does not hold. `written`: as our own writer writes the document, else as it was read."""
        found = self.asks(self.facts(document, self, written=written))
        if self.names is None:
            yield from found
            return
        for rule, place, given, expected in found:
            for name in self.names.get(rule, (rule,) if rule in self.texts else ()):
                yield name, place, given, expected
