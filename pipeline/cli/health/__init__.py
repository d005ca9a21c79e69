"""What answers: the body of `doctor`. One module a group of questions, each a function of the settings."""

from __future__ import annotations

import asyncio

from pipeline.cli.health import channels, machine, services, signing, stages
from pipeline.cli.health.asking import Question, Wrong
from pipeline.settings import Settings
from schemas.errors import EntregaError

ANSWER_SECONDS = 30.0
"""More than a time-stamping authority may be given."""


def questions(settings: Settings) -> list[tuple[str, Question]]:
    """What is asked, and how: everything that is configured."""
    stamps: list[tuple[str, Question]] = [("time-stamps", lambda: asyncio.to_thread(signing.stamps, settings))]
    return [
        ("keeper", lambda: asyncio.to_thread(machine.keeper, settings)),
        ("kafka", lambda: services.kafka(settings)),
        ("database", lambda: services.database(settings)),
        ("stages", lambda: stages.taking(settings)),
        ("reports", lambda: services.reports(settings)),
        ("artefacts", lambda: asyncio.to_thread(services.artefacts, settings)),
        ("signing key", lambda: asyncio.to_thread(signing.key, settings)),
        *(stamps if settings.tsa_url is not None else ()),
        ("rule sets", lambda: asyncio.to_thread(machine.rules)),
        ("profile", lambda: asyncio.to_thread(machine.profile, settings)),
        ("disk", lambda: asyncio.to_thread(machine.disk, settings)),
        ("history", lambda: asyncio.to_thread(machine.history, settings)),
        ("e-mail", lambda: channels.email(settings)),
        ("sms", lambda: channels.sms(settings)),
        ("edi", lambda: asyncio.to_thread(channels.edi, settings)),
    ]


async def check(settings: Settings) -> list[dict[str, str]]:
    """Ask broker, database, artefacts, keys, rule sets, profile, providers, disk; and whether the stages take what
    waits for them.
    """
    results = []
    for what, ask in questions(settings):
        try:
            results.append({"what": what, "is": "ok", "detail": await asyncio.wait_for(ask(), ANSWER_SECONDS)})
        except Wrong as error:
            results.append({"what": what, "is": "wrong", "detail": str(error)})
        except EntregaError as error:
            results.append({"what": what, "is": "wrong", "detail": error.text})
        except Exception as error:
            results.append({"what": what, "is": "wrong", "detail": f"{type(error).__name__}: {error}"[:200]})
    return results
