"""What a time-stamping authority must give, and what becomes of one that does not."""

from __future__ import annotations

import hashlib
import pickle
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms
from time_stamping import Tsa, authority

from connectors.keys.memory import Authority
from connectors.timestamp import TimeStamps
from connectors.timestamp.http import HttpTimeStamps
from schemas.errors import ConfigurationError, SignerUnavailable

NOW = datetime.now(UTC)
DIGEST = hashlib.sha256(b"invoice").digest()


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with authority(Authority.make(NOW), NOW) as running:
        HttpTimeStamps(running.url).stamp(DIGEST)  # the first one, which a mode gives again
        yield running
        running.mode = "stamp"


def test_a_token_is_over_the_digest(tsa: Tsa) -> None:
    """Imprint, time and certificate are in it; the next reserve has room for it; it travels to a child process."""
    tsa.mode = "stamp"
    stamps = pickle.loads(pickle.dumps(HttpTimeStamps(tsa.url)))  # noqa: S301 - made in this line
    assert isinstance(stamps, TimeStamps)
    token = stamps.stamp(DIGEST)
    signed = cms.ContentInfo.load(token)["content"]
    info = signed["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert abs(info["gen_time"].native - datetime.now(UTC)) < timedelta(minutes=5)
    assert len(signed["certificates"]) == 2
    assert len(token) <= stamps.token_size <= len(token) + 512


def test_threads_may_ask_at_once(tsa: Tsa) -> None:
    """Eight tokens at a time, each over its own digest."""
    tsa.mode = "stamp"
    stamps = HttpTimeStamps(tsa.url)
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        for digest, token in zip(digests, pool.map(stamps.stamp, digests), strict=True):
            info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
            assert info["message_imprint"]["hashed_message"].native == digest


@pytest.mark.parametrize("mode", ["status", "redirect", "garbage", "endless", "broken", "replayed", "drops"])
def test_an_authority_that_fails_is_waited_for(tsa: Tsa, mode: str) -> None:
    """No answer, another one, a token that does not verify or is of an earlier request: SignerUnavailable."""
    tsa.mode = mode
    with pytest.raises(SignerUnavailable):
        HttpTimeStamps(tsa.url, seconds=5).stamp(DIGEST)


def test_an_authority_that_is_down_or_silent_is_waited_for() -> None:
    """Nobody listens; or somebody does, and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(SignerUnavailable):
            HttpTimeStamps(url, seconds=1).stamp(DIGEST)
        listening.listen()
        with pytest.raises(SignerUnavailable):
            HttpTimeStamps(url, seconds=0.1).stamp(DIGEST)


def test_wrong_addresses_are_told_at_the_start() -> None:
    """Another scheme, or none: the setting is named; the password shows nowhere."""
    for url in ("file:///etc/passwd", "tsa.example", "ftp://tsa.example/"):
        with pytest.raises(ConfigurationError, match="tsa_url"):
            HttpTimeStamps(url)
    assert "geheim" not in repr(HttpTimeStamps("https://tsa.example/", "me", "geheim"))
