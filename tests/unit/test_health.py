"""What `entrega doctor` says where nobody answers."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from time_stamping import authority

from connectors.keys.memory import Authority
from pipeline import demo, wiring
from pipeline.cli import health
from pipeline.cli.health import machine, stages
from pipeline.cli.health.asking import Wrong
from pipeline.settings import load
from schemas.errors import ConfigurationError


async def test_a_broker_that_is_not_there_is_told_of_the_stages_by_the_settings_name(tmp_path: Path) -> None:
    """As it is of the broker itself: no class of a library, and nothing left open."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, and nobody listens
        server = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=f"kafka_servers: nobody listens at {server}"):
            await stages.taking(load(tmp_path, kafka_servers=server))


async def test_the_time_stamping_authority_is_asked_for_a_stamp(tmp_path: Path) -> None:
    """One that answers is told by its address; one that refuses, and one that is not there, by what is wrong; where
    none is set there is no row."""
    assert "time-stamps" not in dict(health.questions(load(tmp_path)))
    now = datetime.now(UTC)
    with authority(Authority.make(now), now) as running:
        ask = dict(health.questions(load(tmp_path, tsa_url=running.url)))["time-stamps"]
        assert await ask() == f"{running.url} gives them"
        running.mode = "status"
        with pytest.raises(Wrong, match=f"tsa_url: {running.url}: .*(refused|HTTP status)"):
            await ask()
    with pytest.raises(Wrong, match=f"tsa_url: {running.url}: the time-stamping authority does not answer"):
        await ask()


def test_a_profile_that_is_still_the_demonstrations_is_told(tmp_path: Path) -> None:
    """With what goes out under it, by the names of the settings; once all is the seller's own, the row is the version
    alone."""
    settings = load(tmp_path)
    demo.install_profile(settings)
    folder = settings.profile_folder
    version, _, said = machine.profile(settings).partition("; ")
    assert version.startswith("demo@")
    assert said == (
        "documents go out with the demonstration's brand.name, brand.footer, brand.reply_to, brand.logo, mailboxes, "
        f"seller of default, seller of web-shop: change them in {folder}"
    )
    for name in ("demo.yaml", "demo-default.yaml", "demo-web-shop.yaml"):
        text = (folder / name).read_text("utf-8").replace("PT509873219", "PT123456789")
        text = text.replace("5609999200306", "5609999200054")
        for its in ("Vinhos do Vale Escondido", "vale-escondido", "VALEESCONDIDO", "logo: demo-logo.png"):
            text = text.replace(its, "" if "logo" in its else "Serralharia")
        (folder / name).write_text(text.replace("ZZ:Serralharia", "ZZ:SERRALHARIA"), "utf-8")
    assert machine.profile(settings) == wiring.profiles(settings).current("demo").version
