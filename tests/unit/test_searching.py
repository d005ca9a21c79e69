"""What people type to look for documents is read the same however it is quoted."""

from __future__ import annotations

import pytest

from pipeline.store.searching import parse_query, typed
from schemas.errors import ConfigurationError

ROLHA = [("buyer", "A Rolha"), ("state", "delivered")]


@pytest.mark.parametrize(
    ("arguments", "pairs"),
    [
        (['buyer:"A Rolha" state:delivered'], ROLHA),
        (["buyer:'A Rolha' state:delivered"], ROLHA),
        (["buyer:A Rolha", "state:delivered"], ROLHA),
        (["buyer:'A Rolha'", "state:delivered"], ROLHA),
        (["state:delivered", '"buyer:A Rolha"'], [ROLHA[1], ROLHA[0]]),
        (["state:delivered buyer:Rolha"], [("state", "delivered"), ("buyer", "Rolha")]),
        (["state:delivered Rolha"], [("state", "delivered"), ("text", "Rolha")]),
        (["Casa Verde"], [("text", "Casa Verde")]),
        (["Casa", "Verde"], [("text", "Casa"), ("text", "Verde")]),
        (["buyer:O'Neill"], [("buyer", "O'Neill")]),
        (["'t Hooft"], [("text", "'t"), ("text", "Hooft")]),
        (["buyer:D'Angelo e D'Avo"], [("buyer", "D'Angelo e D'Avo")]),
        (['"Ref: 5"'], [("text", "Ref: 5")]),
        (["2026-17", "12:30"], [("text", "2026-17"), ("text", "12:30")]),
        ([], []),
    ],
)  # fmt: skip
def test_a_query_is_read_as_it_was_meant(arguments: list[str], pairs: list[tuple[str, str]]) -> None:
    """Whole in one argument, as the operator's page takes it, or a word each, whose quotes the shell took."""
    assert parse_query(typed(arguments)) == pairs


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('buyer:"A Rolha', 'the " in buyer:"A has no second one'),
        ("state:nope", "there is no state 'nope'"),
        ("colour:red", "colour is no field of a query"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, told: str) -> None:
    """With what there is."""
    with pytest.raises(ConfigurationError, match=told):
        parse_query(text)
