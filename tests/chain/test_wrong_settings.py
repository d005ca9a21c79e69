"""Wrong settings stop the start: exit 2, and one sentence with the setting's name."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bad_input_house import environment, signing_files, write_profiles

WRONG = {
    "ENTREGA_NOSUCH is not a setting": {"ENTREGA_NOSUCH": "1"},
    "email_provider: ": {"ENTREGA_EMAIL_PROVIDER": "pigeon"},
    "smtp_host must be set, for email_provider is smtp": {"ENTREGA_EMAIL_PROVIDER": "smtp"},
    "twilio_account must be set": {"ENTREGA_SMS_PROVIDER": "twilio"},
    "kafka_partitions: ": {"ENTREGA_KAFKA_PARTITIONS": "none"},
    "signing_pkcs12_file: ": {"ENTREGA_SIGNING_PKCS12_FILE": "nowhere.p12"},
    "profiles: there is no profile for tenant elsewhere": {"ENTREGA_DEFAULT_TENANT": "elsewhere"},
}


def start(data: Path, **settings: str) -> tuple[int, str]:
    """Exit status and words of a worker that must not start."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "worker", "--data", str(data)],
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
