"""Wrong settings stop the start: exit 2, and one sentence with the setting's name."""

from __future__ import annotations

import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bad_input_house import environment, signing_files, write_profiles

from pipeline import reach
from pipeline.settings import load
from schemas.errors import ConfigurationError

WRONG = {
    "ENTREGA_NOSUCH is not a setting": {"ENTREGA_NOSUCH": "1"},
    "email_provider: ": {"ENTREGA_EMAIL_PROVIDER": "pigeon"},
    "smtp_host must be set, for email_provider is smtp": {"ENTREGA_EMAIL_PROVIDER": "smtp"},
    "twilio_account must be set": {"ENTREGA_SMS_PROVIDER": "twilio"},
    "kafka_partitions: ": {"ENTREGA_KAFKA_PARTITIONS": "none"},
    "signing_pkcs12_file: ": {"ENTREGA_SIGNING_PKCS12_FILE": "nowhere.p12"},
    "public_url: it must be a URL": {"ENTREGA_PUBLIC_URL": "javascript:alert(1)"},
    "public_url: links begin with it": {"ENTREGA_PUBLIC_URL": "https://docs.example/?a=1"},
    "sendgrid_url: it must be a URL": {"ENTREGA_SENDGRID_URL": "http://x y"},
    "email_sender: it must be an address of e-mail": {"ENTREGA_EMAIL_SENDER": "not an address"},
    "email_bounce_domain: it must be a domain of e-mail": {"ENTREGA_EMAIL_BOUNCE_DOMAIN": "a b"},
    "web_proxies: it must be addresses or networks": {"ENTREGA_WEB_PROXIES": "*"},
    "profiles: there is no folder /nonexistent": {"ENTREGA_PROFILES": "/nonexistent"},
    "profiles: there is no profile for tenant elsewhere": {"ENTREGA_DEFAULT_TENANT": "elsewhere"},
}


def start(data: Path, command: str = "worker", **settings: str) -> tuple[int, str]:
    """Exit status and words of a worker that must not start, or of another command."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", command, "--data", str(data)],
        capture_output=True, text=True, env=environment(**settings), timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, said: str) -> None:
    """Exit 2, one sentence, and the setting's name in it."""
    write_profiles(tmp_path)
    code, words = start(tmp_path, **WRONG[said])
    assert (code, len(words.splitlines())) == (2, 1), words
    assert said in words


@pytest.mark.parametrize(
    ("said", "settings"),
    {
        "web_host: there is no host 256.1.1.1": {"ENTREGA_WEB_HOST": "256.1.1.1"},
        "web_host: 192.0.2.1 is no address of this machine": {"ENTREGA_WEB_HOST": "192.0.2.1"},
        "profiles: there is no folder /nonexistent": {"ENTREGA_PROFILES": "/nonexistent"},
    }.items(),
)
def test_up_names_a_setting_that_would_only_fail_later(tmp_path: Path, said: str, settings: dict[str, str]) -> None:
    """Exit 2 and one sentence before anything was started, or a folder made that nobody asked for."""
    code, words = start(tmp_path, "up", **settings)
    assert (code, len(words.splitlines())) == (2, 1), words
    assert said in words
    assert not Path("/nonexistent").exists()
    assert not (tmp_path / "run" / "state.json").exists()


def test_a_taken_port_is_told_with_its_setting(tmp_path: Path) -> None:
    """Another program listens where the pages should: `web_port` is named, not a log's end."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"web_port: somebody else listens at 127.0.0.1, port {port}"):
            reach.pages(load(tmp_path), port)


def test_doctor_leaves_an_empty_folder_empty(tmp_path: Path) -> None:
    """A diagnosis writes nothing: no keys, no artefacts; and `verify` there says that no database runs."""
    folder = tmp_path / "data"
    code, words = start(folder, "doctor")
    assert code == 1, words
    assert not folder.exists()
    code, words = start(folder, "verify")
    assert code == 2
    assert "no embedded PostgreSQL runs" in words


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("entrega.toml", 'no_such = "x"\n', "no_such in "),
        ("entrega.toml", "email_provider = \n", "entrega.toml: "),
        ("profiles/demo.yaml", "tenant: demo\nbrand: {name: A}\ncolour: red\n", "demo.yaml: colour: "),
        ("profiles/demo.yaml", "tenant: other\nbrand: {name: A}\n", "tenant: says other"),
        ("profiles/second.yaml", "tenant: second\nbrand: {nam: A}\n", "second.yaml: brand.name: "),
        ("profiles/shop.yaml", "name: shop\ncsv: {separator: ;;}\n", "shop.yaml: "),
        ("profiles/default.yaml", "name: default\nconstants: {selller: {name: A}}\n", "'selller'"),
    ],
)
def test_a_wrong_file_of_settings_stops_the_start(tmp_path: Path, file: str, content: str, said: str) -> None:
    """Exit 2, and the sentence names file and field: of the settings, of any tenant's profile and what that names."""
    write_profiles(tmp_path)
    (tmp_path / file).write_text(content)
    code, words = start(tmp_path)
    assert code == 2, words
    assert said in words
    assert "Traceback" not in words


def test_a_wrong_password_of_the_signing_key_stops_the_start(tmp_path: Path) -> None:
    """Exit 2 before the first document, with the name of the setting that is wrong, and not its value."""
    write_profiles(tmp_path)
    key, certificate = signing_files(tmp_path, datetime.now(UTC) + timedelta(days=30), password="right")  # noqa: S106
    code, words = start(
        tmp_path, ENTREGA_SIGNING_KEY_FILE=str(key), ENTREGA_SIGNING_CERTIFICATE_FILE=str(certificate),
        ENTREGA_SIGNING_PASSWORD="wrong-one",  # noqa: S106
    )  # fmt: skip
    assert code == 2, words
    assert "signing_password: wrong password" in words
    assert "wrong-one" not in words
