"""Two tenants in one database, by the command line: each command tells of the default one, unless it is told whose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Shell
from event_store import PASSWORD
from registration_house import invoice, open_house

from pipeline.store.migrate import application_url

NUMBER = "2026-17"
"""Both tenants have an invoice of it; demo's and acme's are parked, for nobody knows their buyers."""


@pytest.fixture
def shell(migrated: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    url = application_url(migrated(), PASSWORD)

    async def fill() -> None:
        async with open_house(url, tmp_path) as house:
            for tenant in ("demo", "acme"):
                house.set_profile(tenant)
                await house.drop(invoice(NUMBER), tenant=tenant)
            await house.extract()

    asyncio.run(fill())
    monkeypatch.setenv("ENTREGA_DATA", str(tmp_path))
    monkeypatch.setenv("ENTREGA_DATABASE_URL", url)
    return Shell(monkeypatch)


@pytest.mark.parametrize("words", ["documents", f"documents {NUMBER}", "undelivered", "parked list", "events"])
def test_a_list_is_of_one_tenant_unless_all_are_asked_for(shell: Shell, words: str) -> None:
    """The default one's, the one's that is named, or everybody's."""
    assert set(shell.tenants(*words.split())) == {"demo"}
    assert set(shell.tenants(*words.split(), "--tenant", "acme")) == {"acme"}
    assert set(shell.tenants(*words.split(), "--all-tenants")) == {"acme", "demo"}


def test_a_query_may_name_the_tenant(shell: Shell) -> None:
    """As on the operator's page, which shows everybody's."""
    assert shell.tenants("documents", "tenant:acme") == ["acme"]
    assert shell.tenants("documents", "tenant:acme", "--tenant", "demo") == []


def test_a_number_is_the_tenants_own(shell: Shell) -> None:
    """Wherever a command takes one; of everybody's, those that fit are named with their tenants."""
    for more, owner in (((), "demo"), (("--tenant", "acme"), "acme")):
        assert shell("show", NUMBER, *more)[0][0]["document"]["tenant"] == owner
        assert shell("parked", "show", NUMBER, *more)[0][0]["tenant"] == owner
        assert {row["tenant"] for row in shell("events", "--document", NUMBER, *more)[0]} == {owner}
    for words in (("show",), ("parked", "show"), ("events", "--document"), ("verify",), ("parked", "replay")):
        _, said = shell(*words, NUMBER, "--all-tenants", status=2)
        assert "(acme" in said, said
        assert "(demo" in said, said
    _, said = shell("show", "nothing", status=2)
    assert "there is no document nothing of tenant demo" in said


def test_an_id_is_found_wherever_it_is(shell: Shell, tmp_path: Path) -> None:
    """A list of everybody's leads to each; but not past a tenant that was named."""
    ((row,), _) = shell("documents", "tenant:acme")
    ((stop,), _) = shell("parked", "list", "--tenant", "acme")
    for words in (("show", row["document_id"]), ("artefact", row["document_id"], "source", "-o", str(tmp_path / "x"))):
        shell(*words)
        _, said = shell(*words, "--tenant", "demo", status=2)
        assert "of tenant demo" in said
    assert shell.tenants("events", "--export", row["export_id"])[0] == "acme"
    assert shell("parked", "show", stop["parked_id"][:8])[0][0]["tenant"] == "acme"
    _, said = shell("parked", "discard", stop["parked_id"], "--reason", "x", "--tenant", "demo", status=2)
    assert "of tenant demo" in said


def test_what_is_put_back_is_the_tenants(shell: Shell) -> None:
    """`parked replay --all` leaves the other tenants' alone, and a number leads to the named tenant's."""
    assert len(shell("parked", "replay", "--all", "--all-tenants", "--dry-run")[0]) == 2
    shell("parked", "replay", "--all")
    assert shell.tenants("parked", "list", "--all-tenants") == ["acme"]
    shell("parked", "discard", NUMBER, "--reason", "x", "--tenant", "acme")
    assert shell("parked", "list", "--all-tenants")[0] == []


def test_recipients_are_a_tenants(shell: Shell, tmp_path: Path) -> None:
    """Imported for one, listed and shown as its own."""
    file = tmp_path / "recipients.csv"
    for tenant, name in (("demo", "Casa Verde"), ("acme", "Casa Azul")):
        file.write_text(f"name,erp_id,email\n{name},7,a@example.pt\n")
        shell("recipients", "import", str(file), "--tenant", tenant)
    assert [row["name"] for row in shell("recipients", "list")[0]] == ["Casa Verde"]
    assert len(shell("recipients", "list", "--all-tenants")[0]) == 2
    assert shell("recipients", "show", "7")[0][0]["name"] == "Casa Verde"
    assert shell("recipients", "show", "7", "--tenant", "acme")[0][0]["name"] == "Casa Azul"
    _, said = shell("recipients", "show", "7", "--all-tenants", status=2)
    assert "(acme, Casa Azul" in said


def test_tenants_that_contradict_each_other_are_refused(shell: Shell) -> None:
    """One and all; a tenant that nobody knows; a tenant of the log, which is one for all."""
    assert "exclude each other" in shell("documents", "--tenant", "demo", "--all-tenants", status=2)[1]
    assert "there is no 'nobody'" in shell("documents", "--tenant", "nobody", status=2)[1]
    assert "the log is one for all tenants" in shell("verify", "--tenant", "demo", status=2)[1]
