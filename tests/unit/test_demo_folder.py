"""The demo's data folder and environment: nothing of anybody else's is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.demo import End, folder
from pipeline.demo.outcome import Row, link
from pipeline.settings import load
from schemas.errors import ConfigurationError


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """A folder with other files, or with settings of its own, is refused and keeps its files."""
    (tmp_path / "entrega.toml").write_text('default_tenant = "padaria"\n')
    with pytest.raises(ConfigurationError, match="left as it is"):
        folder.prepare(tmp_path, fresh=True)
    assert (tmp_path / "entrega.toml").read_text() == 'default_tenant = "padaria"\n'
    (tmp_path / "entrega.toml").unlink()
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(ConfigurationError, match="left as it is"):
        folder.prepare(tmp_path, fresh=False)


def test_its_own_folder_is_emptied_only_where_a_fresh_one_is_asked_for(tmp_path: Path) -> None:
    """What an earlier demo left is kept with a named folder, and goes with the default one."""
    folder.write_settings(tmp_path, folder.SENDER)
    (tmp_path / "artefacts").mkdir()
    folder.prepare(tmp_path, fresh=False)
    assert (tmp_path / "artefacts").exists()
    folder.prepare(tmp_path, fresh=True)
    assert list(tmp_path.iterdir()) == []


def test_the_settings_that_it_writes_are_read_back(tmp_path: Path) -> None:
    """The file is TOML that `load` takes, readable by its owner alone."""
    folder.write_settings(tmp_path, {**folder.SENDER, "sendgrid_key": 'a"b\\c'})
    settings = load(tmp_path)
    assert settings.email_sender == "faturas@vale-escondido.example"
    assert settings.sendgrid_key is not None
    assert settings.sendgrid_key.get_secret_value() == 'a"b\\c'
    assert (tmp_path / "entrega.toml").stat().st_mode & 0o077 == 0


def test_settings_of_the_environment_are_left_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """ENTREGA_* would send the demo's mail to somebody's provider; the cache's place may stay."""
    monkeypatch.setenv("ENTREGA_EMAIL_PROVIDER", "smtp")
    monkeypatch.setenv("ENTREGA_CACHE_DIR", "/var/cache")
    assert "ENTREGA_EMAIL_PROVIDER" in folder.forget_environment()
    assert "ENTREGA_EMAIL_PROVIDER" not in os.environ
    assert os.environ["ENTREGA_CACHE_DIR"] == "/var/cache"
    assert load(Path("nowhere")).email_provider == "outbox"


def row(end: str, *channels: str, reason: str = "", again: bool = False) -> Row:
    return Row(None, "FT 1", "invoice", "Casa", channels, end, reason, "", again)


def test_an_end_is_right_only_with_its_channel_and_reason() -> None:
    """The last channel counts, the reason must be the one; of a second drop nothing but a duplicate is right."""
    sms = {"FT 1": End("delivered", "sms")}
    assert row("delivered", "email", "sms").as_expected(sms)
    assert not row("delivered", "sms", "email").as_expected(sms)
    assert not row("accepted", "sms").as_expected(sms)
    refused = {"FT 1": End("refused", reason="document-invalid")}
    assert row("refused", reason="document-invalid").as_expected(refused)
    assert not row("refused", reason="export-unreadable").as_expected(refused)
    assert row("duplicate", reason="duplicate", again=True).as_expected(sms)
    assert not row("delivered", "sms", again=True).as_expected(sms)
    assert row("refused", reason="document-invalid", again=True).as_expected(refused)
    assert not row("delivered", "sms").as_expected({})


def test_the_recipients_link_is_the_one_of_the_message() -> None:
    """Found in the text of the message with that number, below the public address only."""
    token = "a" * 32
    log = [
        {"subject": "Invoice FT 2", "text": f"http://h/d/{'b' * 32}"},
        {"subject": "Invoice FT 1", "text": f"Look: http://evil/d/{token} or http://h/d/{token}."},
    ]
    assert link(log, "FT 1", "http://h") == f"http://h/d/{token}"
    assert link(log, "FT 3", "http://h") is None
