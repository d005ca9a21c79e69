"""What surrounds every page of the operator: where one is, how much needs a person, the way out."""

from __future__ import annotations

from typing import Any

from fastapi.responses import HTMLResponse

from pipeline.store import pages
from pipeline.story.steps import elapsed, moment
from portal.desk import Desk
from portal.operator import session
from portal.templating import page

PLACES = (
    ("overview", "/operator", "Overview"),
    ("documents", "/operator/documents", "Documents"),
    ("parked", "/operator/parked", "Needs a person"),
    ("undelivered", "/operator/undelivered", "Undelivered"),
    ("outbox", "/operator/outbox", "Messages"),
)


async def framed(desk: Desk, cookie: str, place: str, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the operator's, within its frame."""
    async with desk.store.transaction() as conn:
        waiting = await pages.open_parked(conn)
    return page(
        template, status, places=PLACES, place=place, waiting=waiting, csrf=session.form_mark(desk, cookie),
        moment=moment, now=desk.store.clock(), elapsed=elapsed, **values,
    )  # fmt: skip
