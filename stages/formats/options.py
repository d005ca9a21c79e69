"""Options of a target: what each is for and what it takes, said once, and checked wherever somebody writes them.

They come from a tenant's profile, a recipients file and the command line; a wrong one is told there, before any
document is made with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.errors import ConfigurationError

Options = Mapping[str, str]
"""What a recipient's or tenant's profile says for one target; each target lists the names it knows in `options`."""


@dataclass(frozen=True)
class Option:
    """`what` is a sentence for people. Either `values` are the words that it takes, or a value is of the regular
    expression `form`, which `told` says in words."""

    what: str
    values: tuple[str, ...] = ()
    form: str = ".{1,200}"
    told: str = "1 to 200 characters"

    @property
    def takes(self) -> str:
        """For people: `yes, no`."""
        return ", ".join(self.values) or self.told

    def fits(self, value: str) -> bool:
        return value in self.values if self.values else re.fullmatch(self.form, value) is not None


def yes_no(what: str) -> Option:
    return Option(what, ("yes", "no"))


@dataclass(frozen=True)
class Fault:
    """An option that a target does not have, or a value that it does not take."""

    unknown: bool
    option: str
    value: str
    right: str


def fault(known: Mapping[str, Option], given: Options) -> Fault | None:
    """The first of the given options that is wrong."""
    for name, value in given.items():
        if name not in known:
            return Fault(True, name, value, ", ".join(known) or "none")
        if not known[name].fits(value):
            return Fault(False, name, value, known[name].takes)
    return None


def check(target: str, known: Mapping[str, Option], given: Options) -> None:
    """Raises ConfigurationError that names what there is. A value is repeated only where it is one of a few words:
    else it may be an address."""
    wrong = fault(known, given)
    if wrong is None:
        return
    if wrong.unknown:
        raise ConfigurationError(f"{target} has no option {wrong.option!r}; there are: {wrong.right}")
    said = f", not {wrong.value!r}" if known[wrong.option].values else ""
    raise ConfigurationError(f"{target}: the option {wrong.option} takes {wrong.right}{said}")
