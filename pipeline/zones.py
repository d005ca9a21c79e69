"""Names of time zones that people wrote: whether the IANA data has them, and which one was meant."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def wanted(zone: str) -> str | None:
    """None where there is such a zone; else what its name looks like, and what may have been meant.

    >>> wanted("Europe/Lisbon"), wanted("Europe/Lisboa")
    (None, 'a name of the IANA data: Europe/Lisbon; perhaps Europe/Lisbon or Europe/Riga')
    """
    from difflib import get_close_matches

    if zone in _names():
        return None
    near = get_close_matches(zone, sorted(_names()), 2)
    return "a name of the IANA data: Europe/Lisbon" + (f"; perhaps {' or '.join(near)}" if near else "")
