"""All formats, in one place. Adding one is a package with a `FORMAT`, and its name here.

Asked in this order when an export is recognised: what tells itself by its first bytes before what nearly any text could
be; CSV last.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from schemas.errors import ConfigurationError
from stages.formats.format import Format, Target

PACKAGES = (
    "ubl",
    "cii",
    "spool",
    "pdf",
    "idoc",
    "cnab",
    "erp_json",
    "x12",
    "edifact",
    "facturae",
    "cxml",
    "fatturapa",
    "ksef",
    "nfe",
    "canonical",
    "xlsx",
    "fixed",
    "delimited",
)
"""Packages of `stages.formats`."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format, in the order in which they are asked. The packages are imported at the first call."""
    return tuple(import_module(f"stages.formats.{name}").FORMAT for name in PACKAGES)


@cache
def targets() -> dict[str, Target]:
    """Every target by its name."""
    return {target.name: target for each in formats() for target in each.targets}


def format_of(one: Target) -> Format:
    """The syntax that a target is of."""
    return next(each for each in formats() if any(known.name == one.name for known in each.targets))


def target(name: str) -> Target:
    """Raises ConfigurationError for a name that no format writes."""
    try:
        return targets()[name]
    except KeyError:
        raise ConfigurationError(f"there is no format {name!r}; there are: {', '.join(sorted(targets()))}") from None
