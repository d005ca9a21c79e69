"""What `entrega doctor` says where nobody answers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from pipeline.cli import health
from pipeline.settings import load
from schemas.errors import ConfigurationError


async def test_a_broker_that_is_not_there_is_told_of_the_stages_by_the_settings_name(tmp_path: Path) -> None:
    """As it is of the broker itself: no class of a library, and nothing left open."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # taken, and nobody listens
        server = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=f"kafka_servers: nobody listens at {server}"):
            await health._stages(load(tmp_path, kafka_servers=server))
