"""In which language the recipient's page speaks."""

from __future__ import annotations

import pytest

from portal import languages


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("pl,en;q=0.8", "pl"),
        ("fi;q=0.9, pl;q=0.4, fr-CH;q=0.5", "fr-CH"),
        ("pt-BR", "pt-BR"),
        ("de-AT", "de-AT"),
        ("fi", "en"),
        ("", "en"),
        (None, "en"),
        ("q=;;,,;q=z" * 300, "en"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    """Where the recipient is not known, the browser's wish is."""
    assert languages.accepted(header) == language


def test_the_readers_choice_wins() -> None:
    """A language of the list that was clicked comes first, then the recipient's; an address cannot ask for others."""
    assert languages.of_page("it", "de-AT") == "it"
    assert [languages.of_page(wanted, "de-AT") for wanted in (None, "", "fi", "../it", "de")] == ["de-AT"] * 5
